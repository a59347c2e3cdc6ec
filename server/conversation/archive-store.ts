import type { Message } from '@parley/sdk/protocol.ts';
import type { ArchiveChunk, ArchivedMessage, Place, Tally, TimeRange } from './cold-store.ts';

/** A conversation as an archiver found it: nothing of it is taken if it is another by then. */
export interface ArchiveEntry {
  readonly id: number;
  readonly archivedSeq: number;
  readonly lastSeq: number;
  readonly changes: number;
}

/** The part of an entry behind `afterSeq`, up to and with `toSeq`. */
export interface ArchiveSlice extends ArchiveEntry {
  readonly afterSeq: number;
  readonly toSeq: number;
}

/** Where a conversation stands among those that are due. */
export interface DuePlace {
  readonly dueAt: number;
  readonly id: number;
}

export interface ArchiveBatch {
  readonly id: string;
  readonly state: 'writing' | 'verified';
  /** In order of their numbers: as they are written. */
  readonly entries: readonly ArchiveEntry[];
}

/** The warm store's side of the archive: what is due, what is under way, and taking away what lies safely there. */
export interface ArchiveStore {
  /**
   * Records a batch of closed conversations that have been due since before this time, the longest due first; undefined
   * when there is none. At least one conversation, then as many as have `maxMessages` together. `after`: the end of a
   * batch whose conversations are not yet taken away.
   */
  begin(batch: {
    id: string;
    dueBefore: number;
    maxMessages: number;
    at: number;
    after?: DuePlace;
  }): Promise<(ArchiveBatch & { last: DuePlace }) | undefined>;
  /** Batches that somebody began and did not end. */
  unfinished(): Promise<ArchiveBatch[]>;
  read(slices: readonly ArchiveSlice[]): Promise<ArchiveChunk>;
  markVerified(batchId: string, tally: Tally): Promise<void>;
  /**
   * Takes archived entries away, in one transaction; conversations that have changed since the batch was recorded are
   * left as they are, and come with a later batch. Answers how many conversations were taken and left.
   */
  settle(slices: readonly ArchiveSlice[]): Promise<{ taken: number; left: number }>;
  markDone(batchId: string): Promise<void>;
  forget(batchId: string): Promise<void>;
  totals(): Promise<{ batches: number; messages: number }>;

  /** Puts archived entries back, so that they can change; ones that are here already stay as they are. */
  restore(rows: readonly ArchivedMessage[]): Promise<void>;
  /**
   * Of these entries, those that lie in the archive and not here as well, as `<conversation>.<seq>`, each with what its
   * contact has read.
   */
  onlyArchived(places: readonly { conversationId: number; seq: number }[]): Promise<Map<string, number>>;

  /** The newest entries of a contact that hold the text, newest first, as far as they are here and one page may cost. */
  search(query: WarmSearch): Promise<WarmFound>;
  /** Numbers of those conversations of a contact of which the archive has something; undefined when there is no such contact. */
  archivedOf(contactId: string): Promise<number[] | undefined>;
  /** Some conversations behind this one in order of their numbers, with how many entries each has. */
  exportPlan(query: ExportQuery): Promise<{ id: number; lastSeq: number }[]>;
  /** What is here of these conversations. */
  exportChunk(part: ExportPart): Promise<ExportChunk>;

  /**
   * Erases a contact with everything that is here of it, and records what the archive must still lose. Answers what
   * the caller must delete besides, undefined when there is no such contact. The same again goes on where it was.
   */
  erase(contactId: string, by: { agentId: string; at: number }): Promise<Erasure | undefined>;
  unfinishedErasures(): Promise<Erasure[]>;
  markErased(contactId: string, at: number): Promise<void>;
  /** Some files that were kept before this time, the oldest first. */
  filesBefore(at: number, limit: number): Promise<string[]>;
  /** Their bytes are gone. */
  forgetFiles(ids: readonly string[]): Promise<void>;
  /** Removes some closed conversations without activity since before this time. Answers how many. */
  dropClosed(before: number, limit: number): Promise<number>;
  /** Whether contacts were ever erased. */
  hasErased(): Promise<boolean>;
  /** Every channel that ids of messages may belong to, removed ones too. */
  channelIds(): Promise<string[]>;
  /**
   * Looks through some of a channel's ids and removes those whose conversation is no more: ids that we received when they came
   * before this time, since the platform may repeat them; ids that we sent at once. Answers where to go on.
   */
  dropIds(page: IdPage): Promise<string | undefined>;
}

export interface IdPage {
  readonly table: 'received_ids' | 'sent_ids';
  readonly channelId: string;
  /** Behind this id. */
  readonly after: string;
  readonly receivedBefore: number;
  readonly limit: number;
}

export interface WarmSearch extends TimeRange {
  readonly contactId: string;
  readonly text?: string;
  readonly before?: Place;
  readonly limit: number;
}

export interface WarmFound {
  readonly found: readonly FoundMessage[];
  /** Nothing is missing that is newer than this or in this place; undefined: nothing is missing at all. */
  readonly edge?: Place;
}

export interface FoundMessage {
  readonly place: Place;
  readonly message: Message;
}

export interface ExportQuery {
  /** Goes on behind this conversation. */
  readonly after: number;
  readonly limit: number;
  readonly contactId?: string;
}

/** Some whole conversations, or some entries of one: those behind `afterSeq`, up to and with `toSeq`. */
export interface ExportPart extends TimeRange {
  readonly ids: readonly number[];
  readonly afterSeq?: number;
  readonly toSeq?: number;
}

export interface ExportChunk {
  readonly messages: Message[];
  /** Every conversation of the chunk; read after the messages, so that none can fall between the tiers. */
  readonly conversations: {
    id: number;
    archivedSeq: number;
    contactReadSeq: number;
    contactId: string;
    channelId: string;
  }[];
}

/** What an erased contact has left where the warm store cannot reach. */
export interface Erasure {
  readonly contactId: string;
  readonly conversationIds: readonly number[];
  /** What the contact brought, and what its messages here named; those in the archive name more. */
  readonly fileIds: readonly string[];
}
