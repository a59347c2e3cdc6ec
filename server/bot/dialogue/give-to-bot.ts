import type { Flows } from '@parley/sdk/flow-document.ts';
import type { ConversationHead } from '../../conversation/conversation-store.ts';
import type { Author, Conversations } from '../../conversation/conversations.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { PublishedDocument } from '../../publishing/published-document.ts';
import { type StoredRouting, storedRouting } from '../../routing/stored-routing.ts';

/** What an agent gives to the bot, and what for. */
export interface Giving {
  readonly conversationId: string;
  readonly by: Author;
  /** What the bot shall do first, at once; absent: it waits for what the customer says next. */
  readonly flowId?: string;
  /** For the timeline, and for whoever gets it after the bot. */
  readonly note?: string;
  /** Where the bot cannot go on, this agent gets it again rather than somebody else. */
  readonly backToMe: boolean;
  /** Refused when the owner has changed since. */
  readonly expectEpoch?: number;
}

/** Gives conversations to the bot with an instruction. */
export interface GiveToBot {
  /** @throws Refusal `bad-request` with the field, `conflict`, `conversation-closed`; nothing has changed then */
  give(giving: Giving): Promise<ConversationHead>;
  /** Flows with which it can begin. */
  flows(): readonly { readonly id: string; readonly name: string }[];
}

export function createGiveToBot(deps: {
  conversations: Pick<Conversations, 'head' | 'changeOwner'>;
  routingOf: (conversationId: string) => Promise<string | null>;
  flows: Pick<PublishedDocument<Flows>, 'current'>;
  isOn: () => boolean;
}): GiveToBot {
  const flows = () =>
    deps.flows.current.document.flows.filter(({ enabled }) => enabled).map(({ id, name }) => ({ id, name }));

  return {
    flows,
    give: async ({ conversationId, by, flowId, note, backToMe, expectEpoch }) => {
      const head = await deps.conversations.head(conversationId);
      if (head.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: reopen it first.');
      if (!deps.isOn()) throw new Refusal('conflict', 'The bot is switched off: it takes no conversation.');
      const flow = flowId === undefined ? undefined : flows().find(({ id }) => id === flowId);
      if (flowId !== undefined && flow === undefined) {
        const message = 'flowId: there is no such flow, or it is switched off.';
        throw new Refusal('bad-request', message, { field: 'flowId' });
      }
      // What is said holds under the epoch that begins with the change: whoever is overtaken changes nothing.
      const seen = expectEpoch ?? head.ownerEpoch;
      const epoch = seen + 1;
      const routing: StoredRouting = {
        ...storedRouting(await deps.routingOf(conversationId), null),
        ...(flow === undefined ? {} : { flow: { id: flow.id, epoch } }),
        given: { epoch, by: { id: by.id, name: by.name }, note: note ?? null, backTo: backToMe ? by.id : null },
      };
      return deps.conversations.changeOwner({
        ...{ conversationId, by, to: 'bot', from: ['queued', 'agent', 'snoozed'], why: 'to-bot', expectEpoch: seen },
        queue: { routing: JSON.stringify(routing) },
        ...(flow === undefined && note === undefined ? {} : { told: toldOf(by.name, flow?.name, note) }),
      });
    },
  };
}

function toldOf(by: string, flow: string | undefined, note: string | undefined) {
  const first = flow === undefined ? '' : `, which begins with the flow ${flow}`;
  return {
    text: `${by} handed the conversation to the bot${first}${note === undefined ? '.' : `: ${note}`}`,
    data: { ...(flow === undefined ? {} : { flow }), ...(note === undefined ? {} : { note }) },
  };
}
