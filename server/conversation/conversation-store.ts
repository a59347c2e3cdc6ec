import type {
  Contact,
  Conversation,
  ConversationStatus,
  Message,
  MessageState,
  Page,
  Participant,
  Priority,
  SenderType,
} from '@parley/sdk/protocol.ts';
import type { InboundContact } from '../gateway/channel-adapter.ts';
import type { RefusalCode } from '../gateway/refusal.ts';
import type { ParticipantChange } from './participants.ts';

/**
 * Where an entry goes: a conversation by its id, or the current conversation of a known contact or of whoever the
 * platform names, which is made (with contact and identity) in the same transaction when there is none.
 */
export type AppendTarget =
  | { readonly conversationId: string }
  | { readonly contactId: string; readonly channelId: string; readonly threadId: string }
  | { readonly contact: InboundContact; readonly channelId: string; readonly threadId: string };

/** Entries with the same key are stored in the order in which they were given: one author's, that is. */
export function orderKeyOf(target: AppendTarget): string {
  if ('conversationId' in target) return `conversation ${target.conversationId}`;
  if ('contactId' in target) return `contact ${target.contactId}`;
  return `${target.channelId} ${target.contact.externalId}`;
}

/** One entry of a timeline, ready to be stored. */
export interface AppendItem {
  readonly target: AppendTarget;
  /** The platform's id: a repeat within the channel has the effect of once. */
  readonly externalId?: { readonly channelId: string; readonly id: string };
  /** Our own clients' id: a repeat within the conversation has the effect of once. */
  readonly clientId?: string;
  readonly direction: 'in' | 'out';
  readonly senderType: SenderType;
  readonly senderId?: string;
  readonly senderName?: string;
  /** The content as JSON text: made once, stored and sent as it is. */
  readonly content: string;
  /** The first words, for lists; absent for entries that are not messages. */
  readonly preview?: string;
  readonly private: boolean;
  /** A whisper: private too, else it is refused. */
  readonly whisper?: true;
  readonly state: MessageState;
  readonly at: number;
  readonly sentAt?: number;
  /** Writes an outbox row with it: the message leaves through the channel's adapter. */
  readonly deliver?: boolean;
  /** Changes the owner with it, by compare-and-set on `ownerEpoch`. */
  readonly transition?: Transition;
  /** Refused as `conflict` unless the conversation is in this state since this epoch: whoever began it has it still. */
  readonly whileOwned?: { readonly status: ConversationStatus; readonly epoch: number };
  /** Changes who takes part with it, after the change of owner where there is one. */
  readonly participants?: ParticipantChange;
  /** Takes a queued or bot conversation for this agent when it is not assigned: who answers has it. */
  readonly claimFor?: string;
  /** A customer who writes within this time after closing continues the conversation; later begins a new one. */
  readonly reopenWithinMs?: number;
  /** The queue's entry that this came from: leaves the queue in the same transaction. */
  readonly queueEntryId?: string;
  /** What a conversation that begins with it takes of its agent's capacity, in hundredths of one; absent: 100. */
  readonly loadWeight?: number;
}

/** A change of owner. Refused as `conflict` when the epoch has moved: somebody was faster. */
export interface Transition {
  readonly to: ConversationStatus;
  readonly assigneeId?: string | null;
  readonly expectEpoch?: number;
  /** Refused unless the conversation is in one of these. */
  readonly from?: readonly ConversationStatus[];
  /** Refused when the agent does not owe an answer since just then: they have answered. */
  readonly owedSince?: number;
  /** When it comes back, where it is snoozed. */
  readonly until?: number;
  /** Refused as `capacity-reached` when the assignee's conversations leave no room in this many, by what they weigh. */
  readonly capacity?: number;
  /** What it takes of its agent's capacity from now on, in hundredths of a conversation. */
  readonly loadWeight?: number;
  /** Where it waits from now on. */
  readonly queue?: QueueTransition;
  /** Since when it counts as waiting, of one that comes back to the queue; absent: as before, or from now on. */
  readonly queuedAt?: number;
  /** Kept as the reason of the change, whoever has it then; where it is absent, that somebody did it by hand. */
  readonly note?: DecisionNote;
}

/** Where a conversation waits from now on. */
export interface QueueTransition {
  /** Absent: in the group in which it waited before. */
  readonly groupId?: string | null;
  /** JSON (`StoredRouting`). */
  readonly routing: string;
  /** Where it has no place in the queue yet it stands as if it had come then; absent: now. */
  readonly since?: number;
}

/** Why a conversation changed hands. */
export interface DecisionNote {
  /** The group through which it came to its agent. */
  readonly groupId: string | null;
  readonly why: string;
  /** JSON: what there is to say about it. */
  readonly record: string;
}

/** What became of an item. `previousPublicSeq`: the entry before this one that the contact may see. */
export type AppendResult =
  | {
      readonly kind: 'stored' | 'duplicate';
      readonly conversationId: string;
      readonly seq: number;
      readonly previousPublicSeq: number;
      readonly head: ConversationHead;
      readonly opened?: 'created' | 'reopened';
      /** Who owns the conversation changed with this entry. */
      readonly ownerChanged: boolean;
      readonly previousAssigneeId: string | null;
      /** The agent whose capacity it took before this entry. */
      readonly previousHolderId: string | null;
      /** It counted less while the customer was quiet, and takes the whole of its weight again. */
      readonly isWhole?: true;
      /** Who took part before this entry; absent: nobody. */
      readonly participantsBefore?: readonly Participant[];
    }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string };

/** What routing, realtime and outbox need of a conversation at every message. */
export interface ConversationHead {
  readonly id: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly status: ConversationStatus;
  readonly assigneeId: string | null;
  readonly ownerEpoch: number;
  /** Since when it waits in the queue; kept over an assignment, so that what comes back is first in line. */
  readonly queuedAt: number | null;
  /** What it takes of its agent's capacity, in hundredths of a conversation. */
  readonly loadWeight: number;
  /** Who takes part beside the one who has it; absent: nobody. */
  readonly participants?: readonly Participant[];
  readonly lastSeq: number;
  readonly lastPublicSeq: number;
  readonly changes: number;
}

export interface ConversationFilter {
  readonly status?: ConversationStatus | 'open';
  /** An agent's id, or `none`. */
  readonly assigneeId?: string;
  readonly channelId?: string;
  readonly contactId?: string;
  /** With the status `agent` alone: those that came through one of these skill groups; null: through none that was said. */
  readonly skillGroupIds?: readonly (string | null)[];
  /** Those in which a clock runs, whose ends first; or those of them that were over by then. Only with `assigneeId` beside. */
  readonly sla?: Record<string, never> | { readonly overdueAt: number };
  /**
   * Looked for in the contact's name, e-mail, phone and the last message of the newest conversations of the list; in older ones
   * each word has to begin a word of the contact (`wordsOf`).
   */
  readonly q?: string;
}

/** How many conversations there are in an agent's lists. */
export interface ListCounts {
  readonly mine: number;
  /** Those that the agent has snoozed. */
  readonly snoozed: number;
  readonly queue: number;
  readonly all: number;
  readonly unreadMine: number;
}

/** A later change of a stored message; each change takes the conversation's next change number. */
export interface MessageChange {
  readonly conversationId: string;
  readonly seq: number;
  readonly state?: MessageState;
  readonly stateReason?: string | null;
  readonly deliveredAs?: string;
  readonly recalledAt?: number;
  readonly edited?: { readonly content: string; readonly at: number };
  /** Change the state only if it is one of these now: a late `delivered` does not undo `read`. */
  readonly onlyFrom?: readonly MessageState[];
}

export interface ConversationPatch {
  readonly priority?: Priority;
  readonly tags?: readonly string[];
  readonly skillGroupId?: string | null;
  readonly subject?: string | null;
}

/**
 * Contacts, conversations and their timelines in the warm store. `append` is the one place where a message becomes a
 * fact: when it resolves, the transaction is committed and synced to disk.
 */
export interface ConversationStore {
  /** In order; each item has its own result. Rejects only when nothing of the batch was stored. */
  append(items: readonly AppendItem[]): Promise<AppendResult[]>;
  /** Answers the message after the change and the number of the change; undefined where nothing changed. */
  changeMessage(change: MessageChange): Promise<{ message: Message; changes: number } | undefined>;
  patch(id: string, patch: ConversationPatch, at: number): Promise<Conversation | undefined>;
  /** Moves a read mark forward (never back). Answers whether it moved. */
  markRead(id: string, by: 'contact' | 'agent', seq: number, at: number): Promise<boolean>;

  get(id: string): Promise<Conversation | undefined>;
  /** Those of them that are there, in any order. */
  getAll(ids: readonly string[]): Promise<Conversation[]>;
  heads(ids: readonly string[]): Promise<ConversationHead[]>;
  list(filter: ConversationFilter, page: { cursor?: string; limit: number }): Promise<Page<Conversation>>;
  /** Up to a bound, at which a number says "or more". */
  counts(agentId: string): Promise<ListCounts>;
  messages(id: string, range: MessageRange): Promise<Message[]>;
  /**
   * What customer and company said up to some entries, these included: of each the last public ones among `span` entries of the
   * timeline, in order of `seq`. Many are read at once.
   */
  messagesUpTo(places: readonly EntryPlace[], span: number): Promise<Message[][]>;
  /** Earlier messages that changed after the given change number, each once, as they are now. */
  changedSince(
    id: string,
    changes: number,
    limit: number,
  ): Promise<{ messages: Message[]; changes: number; more: boolean }>;
  /** The entry that a platform's id names: one that we sent, or one that we received. */
  findByExternalId(channelId: string, externalId: string): Promise<{ conversationId: string; seq: number } | undefined>;

  contact(id: string): Promise<Contact | undefined>;
  patchContact(id: string, patch: ContactPatch, at: number): Promise<Contact | undefined>;
  /** The contact behind a platform's id, made when there is none. */
  ensureContact(
    channelId: string,
    contact: InboundContact,
    options: { verified: boolean; at: number },
  ): Promise<string>;
  findContact(channelId: string, externalId: string): Promise<string | undefined>;
  /** The identity's current conversation on a channel, open or closed. */
  currentConversation(contactId: string, channelId: string, threadId: string): Promise<string | undefined>;
  externalIdOf(contactId: string, channelId: string): Promise<string | undefined>;
}

/** An entry of a timeline. */
export interface EntryPlace {
  readonly conversationId: string;
  readonly seq: number;
}

export interface MessageRange {
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
  /** Entries that the contact must not see are left out. */
  readonly publicOnly?: boolean;
  /** Take the newest of the range (still answered in order of `seq`). */
  readonly fromEnd?: boolean;
}
export interface ContactPatch {
  readonly name?: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly attributes?: Record<string, string>;
}
