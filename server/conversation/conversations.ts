import type {
  Contact,
  Content,
  Conversation,
  ConversationStatus,
  Message,
  MessageState,
  SystemContent,
} from '@parley/sdk/protocol.ts';
import { createBatcher } from '../base/batcher.ts';
import type { Clock } from '../base/clock.ts';
import { Lru } from '../base/lru.ts';
import type { InboundContact } from '../gateway/channel-adapter.ts';
import { previewOf } from '../gateway/content.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type AppendBatcher, isStoreFault } from './append-batcher.ts';
import type {
  AppendItem,
  AppendResult,
  ContactPatch,
  ConversationHead,
  ConversationPatch,
  ConversationStore,
  DecisionNote,
  MessageChange,
  QueueTransition,
} from './conversation-store.ts';
import type { DomainEvents, EventBus } from './event-bus.ts';
import { messageJson } from './message-json.ts';
import type { ParticipantChange } from './participants.ts';

/** Heads kept in memory: one for each conversation that something happens in. */
const maxHeads = 50_000;

/** How old a head may be that says whom to show something to, where other processes write too. */
const recentMs = 2_000;

/** An agent as the author of a message. */
export interface Author {
  readonly id: string;
  readonly name: string;
}

/** A stored entry and its JSON, as every screen gets it. */
export interface Appended {
  readonly messageJson: string;
  readonly head: ConversationHead;
  readonly seq: number;
  readonly previousPublicSeq: number;
  readonly duplicate: boolean;
}

export interface Conversations {
  fromVisitor(message: VisitorMessage): Promise<Appended>;
  fromAgent(message: AgentMessage): Promise<Appended>;
  /** What the installation says by itself: nobody has answered with it. The same `clientId` says it once. */
  fromServer(message: ServerMessage): Promise<Appended>;
  /** What the bot says, while it has the conversation since `epoch`. @throws Refusal `conflict`: it has it no more */
  fromBot(message: BotMessage): Promise<Appended>;
  /** Something happened that agents see in the timeline. The same id notes it once. */
  happened(entry: HappenedEntry): Promise<Appended>;
  /**
   * What a platform brought. A repeat changes nothing, whatever became of what it repeats: archived, erased, or removed
   * after its time.
   */
  fromChannel(message: ChannelMessage): Promise<void>;
  /** Changes who owns a conversation, by compare-and-set, with an entry in the timeline that says so. */
  changeOwner(change: OwnerChange): Promise<ConversationHead>;
  /** Notes what agents alone see in the timeline, and changes with it who takes part. @throws Refusal as the change says */
  recordForAgents(entry: {
    conversationId: string;
    content: SystemContent;
    participants?: ParticipantChange;
  }): Promise<ConversationHead>;
  /** A supervisor's word to the agents of a conversation: it is stored as private, and no channel is asked to carry it. */
  whisper(message: Omit<AgentMessage, 'private'>): Promise<Appended>;
  changeMessage(change: MessageChange): Promise<void>;
  /** Tells screens of a change that the outbox has already stored. */
  announceChange(changed: { message: Message; changes: number }): void;
  patch(id: string, patch: ConversationPatch): Promise<Conversation>;
  patchContact(id: string, patch: ContactPatch): Promise<Contact>;
  markRead(id: string, by: 'contact' | 'agent', seq: number, origin?: object): Promise<void>;
  /**
   * What is stored of a conversation now.
   * @throws Refusal `not-found`
   */
  head(id: string): Promise<ConversationHead>;
  /**
   * The same, at most some seconds old where other processes write too: enough to know whom to show something to.
   * @throws Refusal `not-found`
   */
  recentHead(id: string): Promise<ConversationHead>;
  /** Heads of many; unknown ids are left out. */
  heads(ids: readonly string[]): Promise<ReadonlyMap<string, ConversationHead>>;
  /** They were erased: nothing that was known of them is answered any more. */
  forget(ids: readonly string[]): void;
}

export interface VisitorMessage {
  readonly contactId: string;
  readonly contactName: string | undefined;
  readonly channelId: string;
  readonly clientId: string;
  readonly content: Content;
  readonly origin?: object;
}
export interface AgentMessage {
  readonly author: Author;
  readonly conversationId: string;
  readonly clientId: string;
  readonly content: Content;
  readonly private: boolean;
  readonly origin?: object;
}
export interface ServerMessage {
  readonly conversationId: string;
  readonly clientId: string;
  readonly content: Content;
  /** For agents alone; absent: the customer sees it. */
  readonly private?: boolean;
  /** Refused as `conflict` where it is not so any more. */
  readonly whileOwned?: NonNullable<AppendItem['whileOwned']>;
}
export interface HappenedEntry {
  readonly conversationId: string;
  readonly clientId?: string;
  /** Of what a platform brought, where that is all that it means. */
  readonly externalId?: NonNullable<AppendItem['externalId']>;
  readonly queueEntryId?: string;
  readonly content: SystemContent;
}
export interface BotMessage {
  readonly conversationId: string;
  readonly clientId: string;
  readonly content: Content;
  readonly name: string;
  readonly epoch: number;
}
export interface ChannelMessage {
  readonly channelId: string;
  readonly externalId: string;
  readonly contact: InboundContact;
  readonly threadId: string;
  readonly content: Content;
  readonly sentAt: number | undefined;
  /** Of the queue's log in the store. */
  readonly queueEntryId?: string;
}
export interface OwnerChange {
  readonly conversationId: string;
  readonly to: ConversationStatus;
  readonly assignee?: Author | null;
  readonly expectEpoch?: number;
  readonly from?: readonly ConversationStatus[];
  /** Refuse when the agent does not owe an answer since just then. */
  readonly owedSince?: number;
  /** When it comes back, where it is snoozed. */
  readonly until?: number;
  /** Refuse when what the assignee holds leaves no room in this many. */
  readonly capacity?: number;
  /** What it takes of the assignee's capacity, in hundredths of a conversation; absent: what it took before. */
  readonly loadWeight?: number;
  /** Where it waits from now on. */
  readonly queue?: QueueTransition;
  /** Since when it counts as waiting, where it was closed meanwhile. */
  readonly queuedAt?: number;
  /** Who did it; absent when the dispatcher did. */
  readonly by?: Author;
  /** The dispatcher's reasons. */
  readonly note?: DecisionNote;
  /** The rule that a person goes against, kept with what they do; null: none; absent: it was not asked. */
  readonly against?: string | null | undefined;
  readonly why:
    | 'assigned'
    | 'resolved'
    | 'reopened'
    | 'given-back'
    | 'agent-gone'
    | 'transferred'
    | 'no-first-answer'
    | 'inactivity'
    | 'snoozed'
    | 'woken'
    | 'left'
    | 'came-back'
    | 'answer-later'
    | 'to-bot'
    | 'handed-off'
    | 'bot-done';
  /** Changes who takes part with it. */
  readonly participants?: ParticipantChange;
  /** How the group is called into whose queue it goes, for the timeline. */
  readonly groupName?: string;
  /** Whose time for an answer is over. */
  readonly late?: Author;
  /** What else there is to say about it: words for the timeline, and what they are made from. */
  readonly told?: { readonly text: string; readonly data: Readonly<Record<string, string>> };
}

export interface ConversationsDeps {
  readonly store: ConversationStore;
  readonly batcher: AppendBatcher;
  readonly bus: EventBus;
  readonly clock: Clock;
  /**
   * What the channel says: whether messages leave through the outbox, how long a closed conversation reopens, and what one takes
   * of an agent's capacity (in hundredths; absent: 100).
   */
  readonly channelPolicy: (channelId: string) => { outbox: boolean; reopenWithinMs: number; loadWeight?: number };
  /** Other processes write to the store too: what we wrote last need not be what is stored. */
  readonly isShared?: boolean;
  /** Told of what went wrong after the commit: nobody's request fails for it. */
  readonly onError: (error: unknown) => void;
}

/** The facts of conversations and what follows from each: stored first, told afterwards. */
export function createConversations(deps: ConversationsDeps): Conversations {
  const { store, batcher, bus, clock } = deps;
  const heads = new Lru<string, KnownHead>(maxHeads);
  /** Of which a read that began before may still answer something. */
  const forgotten = new Lru<string, true>(1_000);

  /** As screens show them: many that change hands at once are read at once. */
  const shown = createBatcher<string, Conversation | undefined>({
    run: async (ids) => {
      const found = new Map((await store.getAll([...new Set(ids)])).map((one) => [one.id, one]));
      return ids.map((id) => found.get(id));
    },
    maxBatch: 256,
    isFault: isStoreFault,
  });

  async function append(item: AppendItem, origin?: object): Promise<Appended> {
    const result = await batcher.append(item);
    if (result.kind === 'refused') throw new Refusal(result.code, result.message);
    keep(result.head);
    return result.kind === 'duplicate' ? answerDuplicate(result) : tell(item, result, origin);
  }

  function tell(item: AppendItem, result: Extract<AppendResult, { head: unknown }>, origin?: object): Appended {
    const json = messageJson(item, result);
    bus.publish('message.created', {
      head: result.head,
      seq: result.seq,
      previousPublicSeq: result.previousPublicSeq,
      messageJson: json,
      private: item.private,
      direction: item.direction,
      senderType: item.senderType,
      origin,
    });
    if (item.deliver === true) bus.publish('outbox.filled', { channelId: result.head.channelId });
    // Not waited for: the message is stored, and its sender need not wait for what the lists show.
    if (result.isWhole === true) announceWeight(result.head);
    if (result.ownerChanged) announceOwner(result, item).catch(unlessGone);
    else if (item.participants !== undefined) announceParticipants(result).catch(unlessGone);
    const { id, status } = result.head;
    if (status === 'bot' && item.direction === 'in') bus.publish('bot.asked', { conversationId: id });
    if (status === 'snoozed' && item.direction === 'in') bus.publish('snooze.ends', { conversationId: id });
    return {
      messageJson: json,
      head: result.head,
      seq: result.seq,
      previousPublicSeq: result.previousPublicSeq,
      duplicate: false,
    };
  }

  function announceWeight({ id, assigneeId, loadWeight }: ConversationHead): void {
    if (assigneeId === null) return;
    bus.publish('weight.changed', { conversationId: id, agentId: assigneeId, weight: loadWeight });
  }

  /** Nobody has to hear of a conversation that was erased, or whose time was over, before it could be shown. */
  function unlessGone(error: unknown): void {
    if (!(error instanceof Refusal && error.code === 'not-found')) deps.onError(error);
  }

  /** A repeat gets the first result: as it was stored, whatever the repeat says. */
  async function answerDuplicate(result: Extract<AppendResult, { head: unknown }>): Promise<Appended> {
    const [message] = await store.messages(result.conversationId, {
      after: result.seq - 1,
      before: result.seq + 1,
      limit: 1,
    });
    if (message === undefined) throw new Refusal('not-found', 'The message that this repeats was removed.');
    return {
      messageJson: JSON.stringify(message),
      head: result.head,
      seq: result.seq,
      previousPublicSeq: result.previousPublicSeq,
      duplicate: true,
    };
  }

  async function announceOwner(result: Extract<AppendResult, { head: unknown }>, item: AppendItem): Promise<void> {
    bus.publish('owner.changed', { head: result.head, previousHolderId: result.previousHolderId });
    const what = result.opened === 'created' ? 'created' : item.transition?.to === 'agent' ? 'assigned' : 'updated';
    await announce(result.conversationId, what, beforeOf(result));
  }

  async function announceParticipants(result: Extract<AppendResult, { head: unknown }>): Promise<void> {
    await announce(result.conversationId, 'updated', { ...beforeOf(result), isInternal: true });
  }

  async function announce(
    id: string,
    what: 'created' | 'updated' | 'assigned',
    before: Omit<DomainEvents['conversation.changed'], 'what' | 'conversation'>,
  ): Promise<Conversation> {
    const conversation = await shown.add(id);
    if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    bus.publish('conversation.changed', { what, conversation, ...before });
    return conversation;
  }

  function said(content: Content) {
    return { content: JSON.stringify(content), preview: previewOf(content) };
  }

  async function head(id: string): Promise<ConversationHead> {
    const known = deps.isShared === true ? undefined : heads.get(id);
    return known?.head ?? load(id);
  }

  async function recentHead(id: string): Promise<ConversationHead> {
    const known = heads.get(id);
    const isRecent = known !== undefined && (deps.isShared !== true || clock.elapsed() - known.at < recentMs);
    return isRecent ? known.head : load(id);
  }

  async function load(id: string): Promise<ConversationHead> {
    const [loaded] = await store.heads([id]);
    if (loaded === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    return keep(loaded);
  }

  /** What was stored while we read is newer than what we read. Answers the newest of both. */
  function keep(head: ConversationHead): ConversationHead {
    const known = heads.get(head.id)?.head;
    const newest = known === undefined ? head : newestOf(known, head);
    if (forgotten.get(head.id) === undefined)
      heads.set(head.id, { head: newest, at: deps.isShared === true ? clock.elapsed() : 0 });
    return newest;
  }

  async function outgoing(message: Pick<AgentMessage, 'conversationId' | 'clientId' | 'content' | 'private'>) {
    // A conversation never changes its channel, so whatever we know of it will do.
    const { channelId } = heads.get(message.conversationId)?.head ?? (await load(message.conversationId));
    const leaves = !message.private && deps.channelPolicy(channelId).outbox;
    const state: MessageState = leaves ? 'queued' : 'sent';
    return {
      target: { conversationId: message.conversationId },
      clientId: message.clientId,
      direction: 'out',
      ...said(message.content),
      private: message.private,
      state,
      at: clock.now(),
      deliver: leaves,
    } as const;
  }

  async function lookAgainAt(contactId: string): Promise<void> {
    const { items } = await store.list({ contactId, status: 'open' }, { limit: 100 });
    for (const { id, status, assigneeId } of items) {
      if (status === 'queued') bus.publish('queue.changed', { conversationId: id });
      await announce(id, 'updated', { previousAssigneeId: assigneeId, isInternal: true });
    }
  }

  /** What holds for a conversation that begins, or goes on, with a message. */
  function opening(channelId: string): Pick<AppendItem, 'reopenWithinMs' | 'loadWeight'> {
    const { reopenWithinMs, loadWeight } = deps.channelPolicy(channelId);
    return { reopenWithinMs, ...(loadWeight === undefined ? {} : { loadWeight }) };
  }

  return {
    fromVisitor: (message) =>
      append(
        {
          target: { contactId: message.contactId, channelId: message.channelId, threadId: '' },
          clientId: message.clientId,
          direction: 'in',
          senderType: 'contact',
          senderId: message.contactId,
          ...(message.contactName === undefined ? {} : { senderName: message.contactName }),
          ...said(message.content),
          private: false,
          state: 'received',
          at: clock.now(),
          ...opening(message.channelId),
        },
        message.origin,
      ),

    fromAgent: async (message) =>
      append(
        {
          ...(await outgoing(message)),
          senderType: 'agent',
          senderId: message.author.id,
          senderName: message.author.name,
          ...(message.private ? {} : { claimFor: message.author.id }),
        },
        message.origin,
      ),

    fromServer: async (message) =>
      append({
        ...(await outgoing({ private: false, ...message })),
        senderType: 'system',
        ...(message.whileOwned === undefined ? {} : { whileOwned: message.whileOwned }),
      }),

    fromBot: async ({ name, epoch, ...message }) =>
      append({
        ...(await outgoing({ private: false, ...message })),
        senderType: 'bot',
        senderName: name,
        whileOwned: { status: 'bot', epoch },
      }),

    happened: ({ conversationId, content, ...ids }) =>
      append({
        target: { conversationId },
        ...ids,
        direction: 'out',
        senderType: 'system',
        content: JSON.stringify(content),
        private: true,
        state: 'sent',
        at: clock.now(),
      }),

    fromChannel: async (message) => {
      const item: AppendItem = {
        target: { contact: message.contact, channelId: message.channelId, threadId: message.threadId },
        externalId: { channelId: message.channelId, id: message.externalId },
        direction: 'in',
        senderType: 'contact',
        ...(message.contact.name === undefined ? {} : { senderName: message.contact.name }),
        ...said(message.content),
        private: false,
        state: 'received',
        at: clock.now(),
        ...(message.sentAt === undefined ? {} : { sentAt: message.sentAt }),
        ...opening(message.channelId),
        ...(message.queueEntryId === undefined ? {} : { queueEntryId: message.queueEntryId }),
      };
      const result = await batcher.append(item);
      if (result.kind === 'refused') {
        // Contact and conversation are made where there are none, so only a repeat can miss what it belonged to.
        if (result.code === 'not-found') return;
        throw new Refusal(result.code, result.message);
      }
      keep(result.head);
      if (result.kind === 'stored') tell(item, result);
    },

    changeOwner: async (change) => {
      const content = ownerEntry(change);
      const appended = await append({
        target: { conversationId: change.conversationId },
        direction: 'out',
        senderType: 'system',
        content: JSON.stringify(content),
        // The customer sees who joined and that the matter is closed; the rest is our own business.
        private: !shownToCustomer.has(change.why),
        state: 'sent',
        at: clock.now(),
        transition: {
          to: change.to,
          ...(change.assignee === undefined ? {} : { assigneeId: change.assignee?.id ?? null }),
          ...(change.expectEpoch === undefined ? {} : { expectEpoch: change.expectEpoch }),
          ...(change.from === undefined ? {} : { from: change.from }),
          ...(change.owedSince === undefined ? {} : { owedSince: change.owedSince }),
          ...(change.until === undefined ? {} : { until: change.until }),
          ...(change.capacity === undefined ? {} : { capacity: change.capacity }),
          ...(change.loadWeight === undefined ? {} : { loadWeight: change.loadWeight }),
          ...(change.queue === undefined ? {} : { queue: change.queue }),
          ...(change.queuedAt === undefined ? {} : { queuedAt: change.queuedAt }),
          note: change.note ?? noteOf(change),
        },
        ...(change.participants === undefined ? {} : { participants: change.participants }),
      });
      return appended.head;
    },

    recordForAgents: async ({ conversationId, content, participants }) => {
      const appended = await append({
        target: { conversationId },
        direction: 'out',
        senderType: 'system',
        content: JSON.stringify(content),
        private: true,
        state: 'sent',
        at: clock.now(),
        ...(participants === undefined ? {} : { participants }),
      });
      return appended.head;
    },

    whisper: async (message) =>
      append(
        {
          ...(await outgoing({ ...message, private: true })),
          whisper: true,
          senderType: 'agent',
          senderId: message.author.id,
          senderName: message.author.name,
        },
        message.origin,
      ),

    changeMessage: async (change) => {
      const changed = await store.changeMessage(change);
      if (changed !== undefined) publishChange(changed);
    },
    announceChange: publishChange,

    patch: async (id, patch) => {
      const { assigneeId } = await head(id);
      await store.patch(id, patch, clock.now());
      bus.publish('queue.changed', { conversationId: id });
      return announce(id, 'updated', { previousAssigneeId: assigneeId });
    },

    patchContact: async (id, patch) => {
      const contact = await store.patchContact(id, patch, clock.now());
      if (contact === undefined) throw new Refusal('not-found', 'There is no such contact.');
      // A VIP stands elsewhere and is shown as one, and a language is asked for: whoever decides looks again at what waits.
      if (patch.attributes !== undefined) await lookAgainAt(id);
      return contact;
    },

    markRead: async (id, by, seq, origin) => {
      // Nobody has read what is not yet written.
      const upTo = Math.min(seq, (await head(id)).lastSeq);
      const moved = await store.markRead(id, by, upTo, clock.now());
      if (moved) bus.publish('read', { conversationId: id, by, seq: upTo, origin });
    },

    head,
    recentHead,
    forget: (ids) => {
      for (const id of ids) {
        forgotten.set(id, true);
        heads.delete(id);
      }
    },
    heads: async (ids) => {
      const found = new Map<string, ConversationHead>();
      const missing: string[] = [];
      for (const id of ids) {
        const known = deps.isShared === true ? undefined : heads.get(id)?.head;
        if (known === undefined) missing.push(id);
        else found.set(id, known);
      }
      for (const loaded of await store.heads(missing)) found.set(loaded.id, keep(loaded));
      return found;
    },
  };

  function publishChange(changed: { message: Message; changes: number }): void {
    const { message, changes } = changed;
    const known = heads.get(message.conversationId)?.head;
    if (known !== undefined) keep({ ...known, changes: Math.max(known.changes, changes) });
    bus.publish('message.updated', {
      conversationId: message.conversationId,
      messageJson: JSON.stringify(message),
      private: message.private,
      changes,
    });
  }
}

/** `at`: when it was read, on the clock that nobody sets. */
type KnownHead = { readonly head: ConversationHead; readonly at: number };

function beforeOf({ previousAssigneeId, participantsBefore }: Extract<AppendResult, { head: unknown }>) {
  return { previousAssigneeId, ...(participantsBefore === undefined ? {} : { participantsBefore }) };
}

/** No counter goes back, the owner goes with its epoch, and who takes part with the entry that says so. */
function newestOf(a: ConversationHead, b: ConversationHead): ConversationHead {
  const isNewer =
    b.ownerEpoch >= a.ownerEpoch &&
    b.lastSeq >= a.lastSeq &&
    b.lastPublicSeq >= a.lastPublicSeq &&
    b.changes >= a.changes;
  // As it is with nearly every message.
  if (isNewer) return b;
  const { participants: _, ...owned } = a.ownerEpoch > b.ownerEpoch ? a : b;
  const { participants } = a.lastSeq > b.lastSeq ? a : b;
  return {
    ...owned,
    ...(participants === undefined ? {} : { participants }),
    lastSeq: Math.max(a.lastSeq, b.lastSeq),
    lastPublicSeq: Math.max(a.lastPublicSeq, b.lastPublicSeq),
    changes: Math.max(a.changes, b.changes),
  };
}

/** What is kept of a change that a person made, or that nobody had to decide about. */
function noteOf({ why, by, capacity, assignee, against }: OwnerChange): DecisionNote {
  const who = by === undefined ? {} : { byId: by.id, byName: by.name };
  const isOver = assignee !== undefined && assignee !== null && capacity === undefined;
  const overridden = against === undefined && isOver ? 'full' : against;
  return {
    groupId: null,
    why: why === 'assigned' ? 'by-hand' : why,
    record: JSON.stringify({ ...who, ...(overridden == null ? {} : { overridden }) }),
  };
}

const shownToCustomer: ReadonlySet<OwnerChange['why']> = new Set(['assigned', 'resolved', 'left', 'answer-later']);

/** The timeline's words for a change of owner. */
function ownerEntry(change: OwnerChange): SystemContent {
  const by = change.by?.name ?? 'Parley';
  const late = `${change.late?.name ?? 'The agent'} did not answer in time: the conversation is back in the queue.`;
  const until = change.until === undefined ? '' : ` until ${new Date(change.until).toISOString()}`;
  const texts = {
    assigned: `${change.assignee?.name ?? 'An agent'} joined the conversation.`,
    resolved: `${by} closed the conversation.`,
    reopened: `${by} reopened the conversation.`,
    'given-back': `${by} gave the conversation back to the queue.`,
    transferred: `${by} passed the conversation on to ${change.groupName ?? 'another group'}.`,
    left: 'The conversation was closed, since the customer left while waiting.',
    'came-back': 'The customer came back: the conversation waits where it stood.',
    'answer-later': 'We will get back to you.',
    'agent-gone': 'The agent went away: the conversation is back in the queue.',
    'no-first-answer': late,
    inactivity: late,
    snoozed: `${by} snoozed the conversation${until}.`,
    woken: 'The conversation is back from its snooze.',
    'to-bot': change.by === undefined ? 'The bot answers.' : `${by} handed the conversation to the bot.`,
    'handed-off': 'The bot handed the conversation to the agents.',
    'bot-done': 'The bot closed the conversation, since the customer wrote nothing more.',
  };
  const agent = change.assignee ?? change.late;
  return {
    type: 'system',
    event: `conversation.${change.why}`,
    text: change.told?.text ?? texts[change.why],
    data: {
      ...change.told?.data,
      ...(change.by === undefined ? {} : { byId: change.by.id, byName: change.by.name }),
      ...(agent ? { agentId: agent.id, agentName: agent.name } : {}),
      ...(change.until === undefined ? {} : { until: String(change.until) }),
      ...(change.groupName === undefined ? {} : { groupName: change.groupName }),
    },
  };
}
