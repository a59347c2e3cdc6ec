import {
  conversationStatuses,
  messageStates,
  participantKinds,
  presences,
  priorities,
  slaTargets,
} from '@parley/sdk/protocol.ts';
import Type, { type TSchema } from 'typebox';

/** The shapes of the API, for validation and for the OpenAPI document alike. Types for the code are in the protocol. */

const literals = <const T extends readonly string[]>(values: T) => Type.Enum([...values] as [...T]);

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable: branch on this.' }),
    detail: Type.String({ description: 'What, where, and what to do.' }),
    field: Type.Optional(Type.String()),
  },
  { description: 'RFC 9457 problem details.' },
);

export const Content = Type.Object(
  {
    type: Type.String({
      description:
        'text, image, audio, video, file, location, sticker, link, card, choices, form, rating, call or system',
    }),
  },
  { additionalProperties: true, description: 'A standard content: a union on `type` (see docs/api.md).' },
);

export const Message = Type.Object({
  id: Type.String(),
  conversationId: Type.String(),
  seq: Type.Integer(),
  clientId: Type.Optional(Type.String()),
  direction: literals(['in', 'out']),
  sender: Type.Object({
    type: literals(['contact', 'agent', 'bot', 'system']),
    id: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
  }),
  content: Content,
  private: Type.Boolean(),
  whisper: Type.Optional(Type.Boolean({ description: 'A supervisor’s word to the agents; private always.' })),
  state: literals(messageStates),
  stateReason: Type.Optional(Type.String()),
  deliveredAs: Type.Optional(Content),
  recalledAt: Type.Optional(Type.Integer()),
  editedAt: Type.Optional(Type.Integer()),
  sentAt: Type.Optional(Type.Integer()),
  createdAt: Type.Integer(),
});

export const Participant = Type.Object({
  agentId: Type.String(),
  kind: literals(participantKinds),
  byId: Type.String({ description: 'Who asked them; their own id where nobody did.' }),
  since: Type.Integer(),
  askedUntil: Type.Optional(Type.Integer({ description: 'While they have not said whether they come.' })),
  note: Type.Optional(Type.String()),
});

export const Conversation = Type.Object({
  id: Type.String(),
  channelId: Type.String(),
  channelType: Type.String(),
  contact: Type.Object({
    id: Type.String(),
    name: Type.String(),
    avatarUrl: Type.Optional(Type.String()),
    vip: Type.Optional(Type.Literal(true, { description: 'Of a VIP alone.' })),
  }),
  status: literals(conversationStatuses),
  ownerEpoch: Type.Integer(),
  assigneeId: Type.Union([Type.String(), Type.Null()]),
  skillGroupId: Type.Union([Type.String(), Type.Null()]),
  participants: Type.Optional(
    Type.Array(Participant, { description: 'Who takes part beside the one who has it; contacts are never told.' }),
  ),
  priority: literals(priorities),
  tags: Type.Array(Type.String()),
  subject: Type.Optional(Type.String()),
  language: Type.Optional(Type.String({ description: 'BCP 47 tag' })),
  lastSeq: Type.Integer(),
  changes: Type.Integer(),
  contactReadSeq: Type.Integer(),
  agentReadSeq: Type.Integer(),
  unread: Type.Integer(),
  lastMessage: Type.Optional(
    Type.Object({
      seq: Type.Integer(),
      direction: literals(['in', 'out']),
      senderType: literals(['contact', 'agent', 'bot', 'system']),
      preview: Type.String(),
      createdAt: Type.Integer(),
    }),
  ),
  waitingSince: Type.Optional(Type.Integer()),
  snoozedUntil: Type.Optional(Type.Integer({ description: 'When it comes back by itself, while it is snoozed.' })),
  sla: Type.Optional(
    Type.Array(
      Type.Object({
        target: literals(slaTargets),
        state: literals(['running', 'warned', 'breached', 'paused']),
        dueAt: Type.Union([Type.Integer(), Type.Null()], { description: 'null while it stands still.' }),
        warnAt: Type.Union([Type.Integer(), Type.Null()]),
        pausedBy: Type.Optional(literals(['waiting-for-customer', 'snoozed', 'bot'])),
        leftMs: Type.Optional(Type.Integer({ description: 'Working time that is left when it goes on.' })),
      }),
      { description: 'Clocks of the service level, the first to end first. For agents alone.' },
    ),
  ),
  abandonedAt: Type.Optional(Type.Integer({ description: 'The customer left while waiting, and has not come back.' })),
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
  closedAt: Type.Optional(Type.Integer()),
});

export const Agent = Type.Object({
  id: Type.String(),
  email: Type.String(),
  name: Type.String(),
  role: literals(['admin', 'supervisor', 'agent']),
  enabled: Type.Boolean(),
  capacity: Type.Integer(),
  presence: literals(presences),
  presenceReason: Type.Optional(
    Type.String({ description: 'Why not online: `auto`, `missed-offers`, `finishing`, or what the agent said.' }),
  ),
  load: Type.Integer({ description: 'Open conversations that the agent has.' }),
  used: Type.Number({ description: 'What these take of the capacity together, by what they weigh.' }),
  createdAt: Type.Integer(),
});
export const NewAgent = Type.Object({
  ...Agent.properties,
  password: Type.Optional(Type.String({ description: 'Made up and shown this once.' })),
});

export const Contact = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.Optional(Type.String()),
  phone: Type.Optional(Type.String()),
  avatarUrl: Type.Optional(Type.String()),
  verified: Type.Boolean(),
  attributes: Type.Record(Type.String(), Type.String()),
  identities: Type.Array(
    Type.Object({ channelId: Type.String(), channelType: Type.String(), externalId: Type.String() }),
  ),
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
});

export const ChannelHealth = Type.Object({
  light: literals(['green', 'amber', 'red', 'off']),
  reason: Type.Optional(Type.String()),
  lastInboundAt: Type.Optional(Type.Integer()),
  lastOutboundAt: Type.Optional(Type.Integer()),
  lastErrorAt: Type.Optional(Type.Integer()),
});
const Settings = Type.Record(Type.String(), Type.Unknown());
export const Channel = Type.Object({
  id: Type.String(),
  type: Type.String(),
  name: Type.String(),
  enabled: Type.Boolean(),
  settings: Settings,
  callbackUrl: Type.Optional(Type.String()),
  health: ChannelHealth,
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
});
const LocalText = Type.Object({ en: Type.String(), 'zh-CN': Type.String() });
export const ChannelType = Type.Object({
  type: Type.String(),
  name: LocalText,
  description: LocalText,
  settings: Type.Array(Type.Object({ key: Type.String(), kind: Type.String() }, { additionalProperties: true })),
  capabilities: Type.Object({ content: Type.Array(Type.String()) }, { additionalProperties: true }),
});
export const Media = Type.Object({
  url: Type.String(),
  fileName: Type.String(),
  mimeType: Type.String(),
  sizeBytes: Type.Integer(),
});
export const DeadLetter = Type.Object({
  id: Type.String(),
  kind: literals(['inbound', 'outbound']),
  channelId: Type.String(),
  conversationId: Type.Optional(Type.String()),
  seq: Type.Optional(Type.Integer()),
  reason: Type.String(),
  attempts: Type.Integer(),
  createdAt: Type.Integer(),
});

export const page = (item: TSchema) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) });

/** In the body of what publishes. */
export const Anyway = Type.Optional(
  Type.Boolean({ description: 'Publish it although it is worse: kept with its author.' }),
);
export const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 32 }) });
export const PageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};
export const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' });
export const Password = Type.String({ minLength: 8, maxLength: 200 });
export const Email = Type.String({ maxLength: 190, pattern: '^[^\\s@]+@[^\\s@]+$' });

/** What a route may answer beside its success. */
export const problems = { '4xx': Problem, '5xx': Problem };
