/**
 * The wire protocol of Parley: what a client and the server say to each other, over WebSocket and HTTP alike.
 * Types and constants only. The server imports them too, so that both ends cannot drift apart.
 *
 * All times are epoch milliseconds in UTC; sizes are bytes; `seq` counts a conversation's timeline 1, 2, 3 …
 */

/** The subprotocol of every Parley socket; the token follows as `bearer.<token>`. */
export const subprotocol = 'parley.v1';

/** A frame over the soft limit is answered with an error frame; one over the hard limit closes the socket (1009). */
export const frameLimits = { softBytes: 128 * 1024, hardBytes: 1024 * 1024 } as const;

/** Longest text of one message, in UTF-8 bytes. */
export const maxTextBytes = 64 * 1024;

/** Largest file a visitor or an agent may send, in bytes. */
export const maxFileBytes = 20 * 1024 * 1024;

export type Media = {
  /** Where the bytes are: absolute, or a path on this server (`/files/…`). Empty while `unavailable` says why. */
  url: string;
  fileName?: string;
  mimeType?: string;
  sizeBytes?: number;
  width?: number;
  height?: number;
  durationMs?: number;
  /** Why there are no bytes (for example: the platform's copy expired before we could fetch it). */
  unavailable?: string;
};

export type TextContent = { type: 'text'; text: string };
export type ImageContent = { type: 'image'; caption?: string } & Media;
export type AudioContent = { type: 'audio'; transcript?: string } & Media;
export type VideoContent = { type: 'video'; caption?: string; thumbnailUrl?: string } & Media;
export type FileContent = { type: 'file' } & Media;
export type LocationContent = {
  type: 'location';
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
};
export type StickerContent = { type: 'sticker'; id?: string; emoji?: string; url?: string };
export type LinkContent = { type: 'link'; url: string; title: string; description?: string; pictureUrl?: string };
export type CardContent = {
  type: 'card';
  kind: 'product' | 'order';
  id?: string;
  title: string;
  description?: string;
  price?: string;
  url?: string;
  pictureUrl?: string;
};
export type Choice = { id: string; label: string };
export type ChoicesContent = { type: 'choices'; text: string; choices: Choice[] };
export type FormField = {
  name: string;
  label: string;
  kind: 'text' | 'email' | 'phone' | 'number' | 'date' | 'select';
  required?: boolean;
  options?: string[];
};
export type FormContent = { type: 'form'; title: string; fields: FormField[]; values?: Record<string, string> };
export type RatingContent = { type: 'rating'; scale: number; question?: string; score?: number; comment?: string };
export type CallContent = { type: 'call'; media: 'audio' | 'video'; outcome: string; durationMs?: number };
/** Something that happened rather than was said: `event` is a stable key, `text` an English fallback. */
export type SystemContent = { type: 'system'; event: string; text: string; data?: Record<string, string> };

export type Content =
  | TextContent
  | ImageContent
  | AudioContent
  | VideoContent
  | FileContent
  | LocationContent
  | StickerContent
  | LinkContent
  | CardContent
  | ChoicesContent
  | FormContent
  | RatingContent
  | CallContent
  | SystemContent;
export type ContentType = Content['type'];

export type SenderType = 'contact' | 'agent' | 'bot' | 'system';
export type Sender = { type: SenderType; id?: string; name?: string };

/**
 * Where an outgoing message is on its way. `unknown`: a send without an idempotency key got no answer, so a person
 * decides whether to send it again. An incoming message is `received`.
 */
export const messageStates = ['received', 'queued', 'sent', 'delivered', 'read', 'failed', 'unknown'] as const;
export type MessageState = (typeof messageStates)[number];

export type Message = {
  id: string;
  conversationId: string;
  seq: number;
  clientId?: string;
  direction: 'in' | 'out';
  sender: Sender;
  content: Content;
  /** A note that only agents see. */
  private: boolean;
  /** A supervisor's word to whoever has the conversation, and to those who help: private always. */
  whisper?: true;
  state: MessageState;
  /** Why the state is `failed` or `unknown`, in words a person understands. */
  stateReason?: string;
  /** What the customer really saw, where the channel could not carry `content` as it is. */
  deliveredAs?: Content;
  /** Set when the message was recalled or edited on its platform. */
  recalledAt?: number;
  editedAt?: number;
  /** The platform's own time of the message, where it told one; order is by `seq` alone. */
  sentAt?: number;
  createdAt: number;
};

/**
 * Who owns a conversation; changed by compare-and-set together with `ownerEpoch`. `snoozed`: its agent has put it off, and it
 * takes nothing of their capacity until it comes back.
 */
export const conversationStatuses = ['bot', 'queued', 'agent', 'snoozed', 'closed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];
export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof priorities)[number];

/** `vip`: absent for everybody else; customers are not told. */
export type ContactSummary = { id: string; name: string; avatarUrl?: string; vip?: true };
/**
 * How an agent takes part in a conversation that another one has. invited: asked by a colleague; joined: came as a supervisor, or
 * stayed after having had it; both read it and may answer under their own name. listening: a supervisor who only follows it.
 */
export const participantKinds = ['invited', 'joined', 'listening'] as const;
export type Participant = {
  agentId: string;
  kind: (typeof participantKinds)[number];
  /** Who asked them; their own id where nobody did. */
  byId: string;
  since: number;
  /** While they have not said whether they come: until when they are asked, by the server's clock. */
  askedUntil?: number;
  /** What they were asked with, while they are asked. */
  note?: string;
};
/** A conversation into which an agent is asked. */
export type Invitation = {
  conversationId: string;
  byId: string;
  note?: string;
  expiresAt: number;
  /** How long there was for an answer, in milliseconds. */
  timeoutMs: number;
};
export const invitationEnds = ['accepted', 'declined', 'missed', 'withdrawn'] as const;
export type InvitationEnd = (typeof invitationEnds)[number];
export const slaTargets = ['first-answer', 'next-answer', 'resolution'] as const;
/** What must happen in time: a person's first answer, each later one, and the end of the conversation. */
export type SlaTarget = (typeof slaTargets)[number];
/** One clock of a conversation. Times are reckoned in working hours already. */
export type SlaClockView = {
  target: SlaTarget;
  state: 'running' | 'warned' | 'breached' | 'paused';
  /** When its time is over, or was; null while it stands still. */
  dueAt: number | null;
  /** When it warns; null: not before the end, or while it stands still. */
  warnAt: number | null;
  /** Why it stands still, and how much working time is left then, in milliseconds. */
  pausedBy?: 'waiting-for-customer' | 'snoozed' | 'bot';
  leftMs?: number;
};

export type Conversation = {
  id: string;
  channelId: string;
  channelType: string;
  contact: ContactSummary;
  status: ConversationStatus;
  ownerEpoch: number;
  assigneeId: string | null;
  skillGroupId: string | null;
  /** Who takes part beside the one who has it; absent: nobody. Contacts are never told. */
  participants?: Participant[];
  priority: Priority;
  tags: string[];
  subject?: string;
  /** A BCP 47 tag; absent while it is not known. */
  language?: string;
  /** Latest `seq` of the timeline, and how many changes of earlier messages there were (see `sync`). */
  lastSeq: number;
  changes: number;
  /** Read marks: the contact's side (where the channel tells) and the agents' side. */
  contactReadSeq: number;
  agentReadSeq: number;
  /** Inbound messages that no agent has read. */
  unread: number;
  lastMessage?: { seq: number; direction: 'in' | 'out'; senderType: SenderType; preview: string; createdAt: number };
  /** Since when the customer waits for an answer; absent when the last word was ours. */
  waitingSince?: number;
  /** When it comes back by itself, while it is snoozed. */
  snoozedUntil?: number;
  /** Its clocks, the first to end first; absent where nothing is measured. For agents alone. */
  sla?: SlaClockView[];
  /** When the customer left while waiting, and has not come back since. */
  abandonedAt?: number;
  createdAt: number;
  updatedAt: number;
  closedAt?: number;
};

/** Channels, agents and contacts as the API shows them. */
export type Channel = {
  id: string;
  type: string;
  name: string;
  enabled: boolean;
  /** Secrets are write-only: they read as `{ "set": true }`. */
  settings: Record<string, unknown>;
  /** Where the platform must send its callbacks; absent for channels without one. */
  callbackUrl?: string;
  health: ChannelHealth;
  createdAt: number;
  updatedAt: number;
};
export type ChannelHealth = {
  /** green: works; amber: not proved yet or shaky; red: needs a person; off: switched off. */
  light: 'green' | 'amber' | 'red' | 'off';
  reason?: string;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  lastErrorAt?: number;
};
export const presences = ['online', 'away', 'busy', 'offline'] as const;
export type Presence = (typeof presences)[number];
export type Agent = {
  id: string;
  email: string;
  name: string;
  role: 'admin' | 'supervisor' | 'agent';
  enabled: boolean;
  capacity: number;
  presence: Presence;
  /** Why they are not online: `auto` (idle), `missed-offers`, `finishing`, or what they said. */
  presenceReason?: string;
  /** Open conversations assigned to this agent. */
  load: number;
  /** What these take of the capacity together: an e-mail less than one, a quiet customer less than one who writes. */
  used: number;
  createdAt: number;
};
export type Contact = {
  id: string;
  name: string;
  email?: string;
  phone?: string;
  avatarUrl?: string;
  /** The identity was proved by the host site (HMAC or JWT). */
  verified: boolean;
  attributes: Record<string, string>;
  identities: { channelId: string; channelType: string; externalId: string }[];
  createdAt: number;
  updatedAt: number;
};

/** A conversation that an agent is asked to take. */
export type Offer = {
  conversationId: string;
  groupId: string;
  /** When it goes to somebody else, by the server's clock. */
  expiresAt: number;
  /** How long there was for an answer, in milliseconds. */
  timeoutMs: number;
};

/** Time runs out, or has run out. The same `id` may come twice. */
export type SlaAlert = {
  id: string;
  conversationId: string;
  contactName: string;
  target: SlaTarget;
  dueAt: number;
  /** It is for this agent to act: who has the conversation, or whom the policy names. */
  toAct: boolean;
};

/** A reason for a person: a stable key and what fills it, for words in another language, and the English words. */
export type Sentence = { key: string; data: Record<string, string | number>; text: string };
/** Each time that a conversation changed hands, or was sent on, and why. */
export type RoutingDecision = {
  epoch: number;
  n: number;
  at: number;
  kind: string;
  agentId: string | null;
  groupId: string | null;
  why: string;
  words: Sentence[];
};
/** "Why not me?": what keeps an agent from having it now (`waiting`), or why another one came first (`decided`). */
export type RoutingVerdicts = {
  state: 'waiting' | 'decided' | 'by-hand' | 'unknown';
  items: { agentId: string; groupId: string | null; key: string; words: Sentence[] }[];
};

/** What a customer who waits can choose instead. */
export const waitOffers = ['message-form', 'call-back'] as const;
export type WaitOffer = (typeof waitOffers)[number];
/** What a customer who waits is told. */
export type WaitNotice = {
  /** 1 is next; where `atLeast`, at least so many stand there; null: it is not known yet. */
  position: number | null;
  atLeast: boolean;
  /** Within which about eight of ten waits lie, from now on, in whole minutes; null: it is not known. */
  estimate: { lowMs: number; highMs: number } | null;
  /** Another group of people has it now than at first. */
  movedOn: boolean;
  offers: WaitOffer[];
};

export const callBackStates = ['open', 'taken', 'done', 'unreached', 'cancelled'] as const;
export type CallBackState = (typeof callBackStates)[number];
/** A customer who chose not to wait: to be called back, or (`message`) to be answered in writing. */
export type CallBack = {
  id: string;
  conversationId: string;
  contactId: string;
  kind: 'call-back' | 'message';
  name: string | null;
  phone: string | null;
  email: string | null;
  note: string | null;
  dueAt: number;
  state: CallBackState;
  /** Times that nobody answered. */
  tries: number;
  /** Who has taken it, or had it last. */
  agentId: string | null;
  createdAt: number;
  updatedAt: number;
};

/** What agent and bot alike know of a conversation when they answer. */
export type ConversationContext = {
  conversation: Conversation;
  contact: Contact;
  /** The last ones, at most 50, in order of `seq`; notes among them. */
  messages: readonly Message[];
  known: ConversationKnown;
  /** The customer has proved by a one-time code who they are; null: not, or it is over; absent: not asked. `address`: masked. */
  identity?: { at: number; until: number; address: string } | null;
};

/** Something that was said, where, and when. The text is cut where it is long. */
export type Said = { seq: number; at: number; text: string };
/** A value that the customer named: never to be asked for again. */
export type KnownEntity = {
  type: string;
  text: string;
  /** In its one form, whichever way it was written. */
  value: string;
  unit?: string;
  seq: number;
  at: number;
  /** The former conversation in which it was said, where it was not this one. */
  from?: string;
};
/** What a message of the customer's is recognised as. */
export type KnownIntent = {
  intent: string;
  confidence: number;
  seq: number;
  at: number;
  /** Which one it had, as an agent says; null: none of those that there are. */
  label?: { intent: string | null; by: { id: string; name: string }; at: number };
};
/** What was made of the words of a conversation, beside the words themselves. */
export type ConversationKnown = {
  /** A BCP 47 tag of what the customer writes in; absent while it is not known. */
  language?: string;
  /** The page on which the customer was last, where the channel tells. */
  page?: string;
  /** The newest first, each value once. */
  entities: KnownEntity[];
  /** What the customer wanted, the latest first, each once, but for those of which an agent said it. `confidence`: how sure that is, 0 … 1. */
  intents: KnownIntent[];
  /** Asked since our last answer, or handed over by the bot, and not answered yet. */
  openQuestions: Said[];
  /** The running summary, in the customer's and our own words. */
  summary: {
    firstQuestion?: Said;
    /** The latest ones, in order. */
    exchanges: { question: Said; answer: Said; by: 'agent' | 'bot' }[];
  };
  /** The contact's former conversations from which something is known, the latest first. */
  former: {
    conversationId: string;
    channelType: string;
    at: number;
    firstQuestion?: string;
    openQuestions: string[];
  }[];
  orders: KnownOrders;
};

/** The contact's orders, as the shop's own server tells them. `off`: nobody has set it up. */
export type KnownOrders = {
  state: 'off' | 'none-to-ask-for' | 'loading' | 'ready' | 'failed';
  /** When they were read; old ones stay while the server does not answer. */
  at?: number;
  /** Why the last look failed. */
  why?: string;
  items: { id: string; title?: string; status?: string; url?: string; fields: Record<string, string> }[];
};
/** How orders are asked for. The header's value is write-only. */
export type OrdersSettings = {
  enabled: boolean;
  /** With `{externalId}`, `{contactId}`, `{email}`, `{phone}`, `{channelId}` or `{channelType}` in its path or query. */
  url: string;
  headerName: string;
  headerValue: { set: boolean };
};

/** A reply that is recommended for a conversation: ready to be sent, with what is known filled in. */
export type Suggestion = {
  /** What its use is told by; the same for the same source. */
  id: string;
  text: string;
  /** How likely it answers, 0 … 1. */
  score: number;
  source: { kind: 'canned-reply' | 'article' | 'past-answer'; id: string; title: string };
  why: Sentence[];
};
/** An answer that agents give again and again. */
export type ReplyProposal = {
  id: string;
  title: string;
  text: string;
  language?: string;
  times: number;
  /** How many agents gave it. */
  agents: number;
  lastAt: number;
  /** What it was an answer to. */
  examples: string[];
};

/** Lists answer this; `nextCursor` is null at the end. */
export type Page<T> = { items: T[]; nextCursor: string | null };
/** RFC 9457. `code` is stable; `detail` says what, where and what to do. */
export type Problem = { type: string; title: string; status: number; code: string; detail: string; field?: string };

/** One field of a channel's settings; the console makes its forms from these. */
export type SettingsField = {
  key: string;
  kind: 'text' | 'secret' | 'number' | 'boolean' | 'select' | 'url' | 'list';
  label: LocalText;
  help?: LocalText;
  required?: boolean;
  default?: string | number | boolean | string[];
  options?: { value: string; label: LocalText }[];
  /** A regular expression (for text, secret, url) that the whole value must match. */
  pattern?: string;
  min?: number;
  max?: number;
  /** A secret that nobody issues: the operator makes it up and enters it on both sides. The console offers to make one of this form. */
  invented?: {
    prefix?: string;
    of: 'letters-and-digits' | 'base64';
    /** How many letters and digits, or how many random bytes stand behind the base64. */
    length: number;
  };
};
export type LocalText = { en: string; 'zh-CN': string };
export type ChannelType = {
  type: string;
  name: LocalText;
  description: LocalText;
  settings: SettingsField[];
  capabilities: Capabilities;
};
/** What a channel can carry. `degrade` turns what it cannot into the nearest that it can. */
export type Capabilities = {
  /** Content types that the channel can send as they are. */
  content: ContentType[];
  /** Longest text in UTF-8 bytes; longer text is split at a boundary a reader would choose. */
  maxTextBytes: number;
  maxChoices?: number;
  maxFileBytes?: number;
  typing: boolean;
  receipts: { delivered: boolean; read: boolean };
  /** The platform knows an idempotency key, so a send without an answer may be repeated safely. */
  idempotentSend: boolean;
  /** Default send rate; the platform's own rule. */
  rate: { perSecond: number; burst: number };
  /** How long and how often we may answer after the customer wrote; absent when not limited. */
  replyWindow?: { durationMs: number; messages?: number };
  recall: boolean;
  edit: boolean;
};

// ---------------------------------------------------------------------------------------------- frames

/** First frame of the server on every socket. Another `epoch` than before: drop what is cached and load afresh. */
export type HelloData = {
  epoch: string;
  /** The server's clock, for showing ages. */
  now: number;
  heartbeatMs: number;
  role: 'visitor' | 'agent';
  agentId?: string;
  contactId?: string;
  /** A visitor's current conversation; null before the first message. */
  conversationId?: string | null;
};

/** Where a client stands in one conversation: whole up to `seq`, and has seen `changes` changes. */
export type Position = { seq: number; changes: number };

export type ClientFrames = {
  /** Visitors may leave `conversationId` out. The same `clientId` again is answered with the first result. */
  'message.send': { conversationId?: string; clientId: string; content: Content; private?: boolean };
  /**
   * Asks for what follows `after`, and for earlier messages changed since `changes`; from then on the socket follows
   * the conversation. `epoch`: the one the client's cache came from.
   */
  sync: { conversationId?: string; after: number; changes?: number; epoch: string; limit?: number };
  /** Stops following (an agent closed the conversation's view). An agent always follows what is assigned to it. */
  unfollow: { conversationId: string };
  typing: { conversationId?: string; on: boolean };
  read: { conversationId?: string; seq: number };
  /**
   * `reason`: a word of the agent's (lunch, meeting …). `busy` with the reason `finishing`: nothing new, and offline as soon as the
   * last conversation is done.
   */
  presence: { status: Presence; reason?: string };
  /**
   * An agent did something at this window, now or so long ago: without it for the time that the routing configuration says
   * (`presence.autoAwayMs`) at all of their windows they are away. Writing and typing count, too.
   */
  activity: { idleMs?: number };
  /** Which list the agent looks at: events for conversations of others come only to those who look at `all`. */
  watch: { view: 'mine' | 'queue' | 'all' };
  /** What the client has, by conversation; the ack names the head of each where it differs (see `HeartbeatAck`). */
  heartbeat: { have: Record<string, Position> };
};
export type ClientFrameType = keyof ClientFrames;
export type ClientFrame = { [K in ClientFrameType]: { id: string; type: K; data: ClientFrames[K] } }[ClientFrameType];

/** `prev`: the `seq` of the entry before this one that this reader may see. A client that is not whole up to it has a gap. */
export type SendAck = { message: Message; prev: number; duplicate: boolean };
export type SyncAck = {
  conversation: Conversation | null;
  /** What follows `after`, in order of `seq`; earlier messages that changed are in `updated`. */
  messages: Message[];
  updated: Message[];
  /** After applying this answer the client is whole up to here. */
  position: Position;
  /** More follows: ask again from `position`. */
  more: boolean;
};
export type HeartbeatAck = { now: number; heads: Record<string, Position> };
export type Acks = {
  'message.send': SendAck;
  sync: SyncAck;
  unfollow: Record<string, never>;
  typing: Record<string, never>;
  read: Record<string, never>;
  presence: { status: Presence };
  activity: Record<string, never>;
  watch: Record<string, never>;
  heartbeat: HeartbeatAck;
};

export type Events = {
  'message.created': { message: Message; prev: number };
  /** A message changed (delivery state, recall, edit). `changes` is the number of this change in its conversation. */
  'message.updated': { message: Message; changes: number };
  'conversation.created': { conversation: Conversation };
  'conversation.updated': { conversation: Conversation };
  'conversation.assigned': { conversation: Conversation };
  typing: { conversationId: string; by: SenderType; name?: string; on: boolean };
  read: { conversationId: string; by: 'contact' | 'agent'; seq: number };
  presence: { agentId: string; status: Presence; reason?: string; load: number; used: number };
  /** To a visitor who waits: what has changed of it. `null`: there is nothing to wait for any more. */
  'wait.updated': { conversationId: string; wait: WaitNotice | null };
  /** To the agent alone who is asked. */
  'offer.made': { offer: Offer };
  'offer.ended': { conversationId: string; why: 'accepted' | 'declined' | 'missed' | 'withdrawn' };
  /** To the agent alone who had it: it went back to the queue because their answer did not come in time. */
  'assignment.ended': { conversationId: string; why: 'no-first-answer' | 'inactivity' };
  /** To the agent alone who is asked into a conversation. */
  'invitation.made': { invitation: Invitation };
  /** To the one who was asked, to who asked, and to who has the conversation. */
  'invitation.ended': { conversationId: string; agentId: string; why: InvitationEnd };
  /** To the one who had it until then. `stays`: they take part still. */
  'conversation.taken-over': { conversationId: string; byId: string; byName: string; stays: boolean };
  /** To who has the conversation, supervisors, and those that its policy names. */
  'sla.warned': { alert: SlaAlert };
  'sla.breached': { alert: SlaAlert };
  /** More of them came at once than are told one by one. */
  'sla.more': { count: number };
  /** To all agents: a customer is to be called back, or it is in another state. */
  'call-back.changed': { callBack: CallBack };
  /** An agent said which intent a customer's message had; `null`: what was said of it was taken back. */
  'intent-label.changed': { conversationId: string; seq: number; label: NonNullable<KnownIntent['label']> | null };
};
export type EventType = keyof Events;
export type EventFrame = { [K in EventType]: { type: 'event'; event: K; data: Events[K] } }[EventType];
export type ServerFrame =
  | { type: 'hello'; data: HelloData }
  | { id: string; type: 'ack'; data: unknown }
  | { id?: string; type: 'error'; error: { code: string; message: string } }
  | EventFrame;

/**
 * Close codes of ours. 4001: the token expired or was revoked; 4008: too slow a reader, resynchronise; 4029: a visitor who sends
 * far more frames than any window does, come back after half a minute at the earliest; 1012: the server restarts, come back
 * within about four seconds, at a moment that each client chooses at random.
 */
export const closeCodes = {
  unauthorized: 4001,
  forbidden: 4003,
  slowReader: 4008,
  flooding: 4029,
  restarting: 1012,
  tooBig: 1009,
} as const;
