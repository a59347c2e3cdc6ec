import { hash } from 'node:crypto';

/**
 * An entry of a timeline as it lies in the archive: all that the warm store kept of it, under the columns' own names.
 * Numbers are whole; times are epoch milliseconds.
 */
export interface ArchivedMessage {
  readonly conversation_id: number;
  readonly seq: number;
  readonly channel_id: string;
  readonly contact_id: string;
  readonly client_id: string | null;
  readonly direction: string;
  readonly sender_type: string;
  readonly sender_id: string | null;
  readonly sender_name: string | null;
  /** JSON, exactly as it was stored. */
  readonly content: string;
  readonly private: number;
  readonly state: string;
  readonly state_reason: string | null;
  readonly delivered_as: string | null;
  readonly recalled_at: number | null;
  readonly edited_at: number | null;
  readonly sent_at: number | null;
  readonly created_at: number;
  /** The conversation's change number of its last change; 0: it never changed. */
  readonly change_no: number;
}

type Kind = 'number' | 'number?' | 'text' | 'text?';

/** The columns in the order in which they stand in a line; `?`: may be null. */
export const archivedColumns = {
  conversation_id: 'number',
  seq: 'number',
  channel_id: 'text',
  contact_id: 'text',
  client_id: 'text?',
  direction: 'text',
  sender_type: 'text',
  sender_id: 'text?',
  sender_name: 'text?',
  content: 'text',
  private: 'number',
  state: 'text',
  state_reason: 'text?',
  delivered_as: 'text?',
  recalled_at: 'number?',
  edited_at: 'number?',
  sent_at: 'number?',
  created_at: 'number',
  change_no: 'number',
} as const satisfies Record<keyof ArchivedMessage, Kind>;

const columnNames = Object.keys(archivedColumns) as (keyof ArchivedMessage)[];

/**
 * The marks of an archived line: they are characters that neither numbers nor JSON hold. `escaped` begins a text that
 * holds a control character (a name that somebody else's system gave, say), and is followed by it as JSON.
 */
export const lineMarks = { between: '\u001f', absent: '\u001e', escaped: '\u001d', end: '\n' } as const;

/** The columns that may hold any character; the other texts are ours, or JSON. */
const freeColumns: ReadonlySet<keyof ArchivedMessage> = new Set([
  'client_id',
  'sender_id',
  'sender_name',
  'state_reason',
]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const control = /[\u0000-\u001f]/;

/** How a text is written that may hold any character. */
function escapeText(text: string): string {
  return control.test(text) ? lineMarks.escaped + JSON.stringify(text) : text;
}

/** What `escapeText` was given. */
function unescapeText(text: string): string {
  return text.startsWith(lineMarks.escaped) ? (JSON.parse(text.slice(1)) as string) : text;
}

const isFree = columnNames.map((name) => freeColumns.has(name));

/**
 * An entry as one line of text, without its end: what is written, and what is fingerprinted.
 *
 * @param values in the order of the columns
 */
export function lineOf(values: readonly (string | number | null)[]): string {
  let line = '';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) line += lineMarks.between;
    const value = values[i] ?? null;
    if (value === null) line += lineMarks.absent;
    else line += isFree[i] === true ? escapeText(String(value)) : value;
  }
  return line;
}

/** A row as an engine answers it, where texts lie as they were written. */
export function archivedMessageFrom(row: Readonly<Record<string, unknown>>): ArchivedMessage {
  const message: Record<string, unknown> = {};
  for (const name of columnNames) {
    const value = row[name] ?? null;
    if (value === null) message[name] = null;
    else if (archivedColumns[name].startsWith('number')) message[name] = Number(value);
    else message[name] = freeColumns.has(name) ? unescapeText(value as string) : value;
  }
  return message as unknown as ArchivedMessage;
}

/**
 * Entries that are fingerprinted together: those of one conversation whose `seq` fall into the same so many. A hash costs as
 * much to begin as a few kilobytes cost to go through it.
 */
export const fingerprintedTogether = 32;

/**
 * What the lines of one group add to a checksum: the last eight bytes of the MD5 of the lines in order of `seq`, each with
 * its end, as a little-endian number. An engine computes the same from the columns that it reads back, so that bytes that
 * changed on their way are noticed.
 */
function fingerprint(lines: string): bigint {
  return hash('md5', lines, 'buffer').readBigUInt64LE(8);
}

/** The sum of fingerprints: whatever the order, and twice the same row is not once. */
export const addFingerprints = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a + b);

/** How many rows, and their checksum as a decimal number. */
export interface Tally {
  readonly count: number;
  readonly checksum: string;
}

/** Rows on their way into the archive, in order of (conversation, seq): one line each, with its end. */
export interface ArchiveChunk extends Tally {
  readonly lines: string;
  readonly firstConversation: number;
  readonly lastConversation: number;
}

/** Gathers lines, which come in order of (conversation, seq), into a chunk. */
export class ChunkWriter {
  readonly #groups: string[] = [];
  #group = '';
  #conversation = -1;
  #block = -1;
  #count = 0;
  #checksum = 0n;
  #first = Number.POSITIVE_INFINITY;
  #last = 0;

  add(conversation: number, seq: number, line: string): void {
    const block = Math.floor((seq - 1) / fingerprintedTogether);
    if (conversation !== this.#conversation || block !== this.#block) {
      this.#endGroup();
      this.#conversation = conversation;
      this.#block = block;
      this.#first = Math.min(this.#first, conversation);
      this.#last = Math.max(this.#last, conversation);
    }
    this.#group += line + lineMarks.end;
    this.#count += 1;
  }

  #endGroup(): void {
    if (this.#group === '') return;
    this.#checksum += fingerprint(this.#group);
    this.#groups.push(this.#group);
    this.#group = '';
  }

  end(): ArchiveChunk {
    this.#endGroup();
    return {
      lines: this.#groups.join(''),
      count: this.#count,
      checksum: String(BigInt.asUintN(64, this.#checksum)),
      firstConversation: this.#first,
      lastConversation: this.#last,
    };
  }
}

export function encodeChunk(rows: readonly ArchivedMessage[]): ArchiveChunk {
  const writer = new ChunkWriter();
  for (const row of rows) writer.add(row.conversation_id, row.seq, lineOf(columnNames.map((name) => row[name])));
  return writer.end();
}

/** Times at and after `from`, before `to`, in epoch milliseconds. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/**
 * The archive: entries of conversations that were closed long ago, partitioned by the month of their time. An entry may lie in it
 * more than once (it was brought back, changed, and archived again, or an archiver was killed): what the latest batch
 * says of it holds, and reading answers each entry once. Whether an entry counts at all, the warm store says.
 */
export interface ColdStore {
  /** Durable when it resolves. Batches have ids that grow with time. @throws when it cannot be written; then nothing counts */
  write(batch: string, chunks: AsyncIterable<ArchiveChunk>): Promise<void>;
  /** What lies there of a batch, read back from where it was written. */
  verify(batch: string): Promise<Tally>;
  /** Removes what was written of a batch; nothing where nothing was. */
  discard(batch: string): Promise<void>;

  /** Entries of one conversation in order of `seq`: the first of the range, or the last with `fromEnd`. */
  messages(conversationId: number, range: ColdRange): Promise<ArchivedMessage[]>;
  /** Entries that changed after the given change, in the order of their last change. */
  changedAfter(conversationId: number, changeNo: number, limit: number): Promise<ArchivedMessage[]>;
  /** All entries of the conversations within the time, in order of (conversation, seq). */
  ofConversations(ids: readonly number[], range: TimeRange): Promise<ArchivedMessage[]>;
  /** The newest entries of the conversations whose content holds the text whatever the case, newest first. */
  search(query: ColdSearch): Promise<ArchivedMessage[]>;

  /** Removes every entry of the conversations; goes on where it was when it is asked again after a kill. */
  erase(ids: readonly number[]): Promise<void>;
  /** Removes the months that ended at or before this time. Answers how many. */
  dropBefore(at: number): Promise<number>;
  /** Puts together what lies in many small pieces. */
  compact(): Promise<void>;
  /** Removes what a kill left behind. Called while nobody writes. */
  sweep(): Promise<void>;
  size(): Promise<{ messages: number; bytes: number }>;
  close(): Promise<void>;
}

export interface ColdRange {
  readonly after?: number;
  readonly before: number;
  readonly limit: number;
  readonly publicOnly?: boolean;
  readonly fromEnd?: boolean;
}

export interface ColdSearch extends TimeRange {
  readonly conversationIds: readonly number[];
  readonly text?: string;
  /** Goes on behind this entry. */
  readonly before?: Place;
  readonly limit: number;
}

/** An entry's place among those of all conversations in the order of time. */
export interface Place {
  readonly at: number;
  readonly conversationId: number;
  readonly seq: number;
}

/** The place behind all entries of a time: what is not before it is later. */
export const lastPlaceAt = (at: number): Place => ({ at, conversationId: 10 ** 15 - 1, seq: 10 ** 10 - 1 });
