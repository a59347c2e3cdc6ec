import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FoundMessage, WarmFound, WarmSearch } from '../../conversation/archive-store.ts';
import { lastPlaceAt } from '../../conversation/cold-store.ts';
import { messageFromRow } from '../../conversation/stored-message.ts';
import { sortGranularityMs } from './append.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Messages read for one page, found or not: what a page may cost. One that finds less goes on from there. */
const readAtMost = 400;
/** Read in one statement, over some conversations … */
const readAtOnce = 100;
/** … and of one of them. */
const readOfEach = 50;
/** Conversations that are opened in one statement. */
const openedAtOnce = 25;
/** Conversations of a contact that are looked at for one page: the latest within the time. */
const maxConversations = 2_000;
/** In a longer one, where the time begins is found by halving. */
const longConversation = 200;
/** A clock may have gone back by so much since a conversation began. */
const clockSlackMs = 2 * 60 * 60_000;

/** One conversation of the contact, read from its end. */
interface Source {
  readonly id: number;
  /** No entry that is still to be read is later than this. */
  latest: number;
  /** What its own row says: looked up when it is its turn, which for most of many it never is. */
  opened?: OpenedSource;
}

interface OpenedSource {
  readonly contactReadSeq: number;
  /** Entries below this one are still to be read. */
  below: number;
}

type MessageRow = Tables['messages'];

/**
 * A contact's messages, newest first over all its conversations. They lie in the order of each conversation, so these are
 * merged by time: always the one that may have the latest unread entry is read on. A page costs a bounded number of
 * messages, also of a contact who has written for years.
 */
export async function searchMessages(engine: SqlEngine, query: WarmSearch): Promise<WarmFound> {
  const { from = 0, text, limit } = query;
  const { sources, beyond } = await sourcesOf(engine, query);
  const isSought = textFilter(text);
  const found: FoundMessage[] = [];
  let read = 0;
  let edge = latestOf(sources, beyond);
  const start = edge;
  for (;;) {
    const sure = found.filter(({ place }) => place.at > edge).length;
    // Until there is a page, or enough was read for one; but some way must have been made, or the next page were this one.
    if (edge < from || sure >= limit || (read >= readAtMost && edge < start)) break;
    for (const { row, contactReadSeq } of await readOn(engine.db, sources, query)) {
      read += 1;
      const place = { at: row.created_at, conversationId: row.conversation_id, seq: row.seq };
      if (isWithin(place, query) && isSought(row.content)) {
        found.push({ place, message: messageFromRow(row, contactReadSeq) });
      }
    }
    edge = latestOf(sources, beyond);
  }
  const isEnd = edge < from;
  const sure = found.filter(({ place }) => isEnd || place.at > edge).sort(newestFirst);
  const page = sure.slice(0, limit);
  const last = sure.length > limit ? page.at(-1)?.place : isEnd ? undefined : lastPlaceAt(edge);
  return { found: page, ...(last === undefined ? {} : { edge: last }) };
}

/** How late a message of the search may be. */
const untilOf = ({ to, before }: WarmSearch): number =>
  Math.min(before?.at ?? Number.POSITIVE_INFINITY, to ?? Number.POSITIVE_INFINITY);

/**
 * The contact's conversations that can have messages of the time, by the index alone; `beyond`: how late those can be that
 * are left out.
 */
async function sourcesOf({ db, name }: SqlEngine, query: WarmSearch): Promise<{ sources: Source[]; beyond: number }> {
  const { contactId, from } = query;
  const until = untilOf(query);
  const along =
    name === 'mysql' ? sql`force index (conversations_of_contact)` : sql`indexed by conversations_of_contact`;
  const conditions = [
    sql`contact_id = ${contactId}`,
    ...(from === undefined ? [] : [sql`sort_at > ${from - sortGranularityMs}`]),
  ];
  const { rows } = await sql<Pick<Tables['conversations'], 'id' | 'sort_at'>>`
    select id, sort_at from conversations ${along}
    where ${sql.join(conditions, sql` and `)} order by sort_at desc, id desc limit ${sql.lit(maxConversations + 1)}`.execute(
    db,
  );
  const latestIn = (row: { sort_at: number }) => Math.min(row.sort_at + sortGranularityMs, until);
  const sources = rows.slice(0, maxConversations).map((row) => ({ id: row.id, latest: latestIn(row) }));
  const last = rows[maxConversations];
  return { sources, beyond: last === undefined ? Number.NEGATIVE_INFINITY : latestIn(last) };
}

/** Looks up where each is read from; one that began after the time has nothing. */
async function open(db: Kysely<Tables>, sources: readonly Source[], until: number): Promise<void> {
  const rows = await db
    .selectFrom('conversations')
    .select(['id', 'last_seq', 'sort_at', 'contact_read_seq', 'created_at'])
    .where(
      'id',
      'in',
      sources.map(({ id }) => id),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const source of sources) {
    const row = byId.get(source.id);
    if (row === undefined || row.created_at > until + clockSlackMs) {
      source.latest = Number.NEGATIVE_INFINITY;
      continue;
    }
    const isCut = row.sort_at + sortGranularityMs > until && row.last_seq > longConversation;
    const below = isCut ? await firstAfter(db, row, until) : row.last_seq + 1;
    source.opened = { contactReadSeq: row.contact_read_seq, below };
  }
}

/** The number behind the entries up to a time, found by halving: times within a conversation go up. */
async function firstAfter(db: Kysely<Tables>, { id, last_seq: last }: { id: number; last_seq: number }, until: number) {
  let [low, high] = [1, last + 1];
  while (high - low > readOfEach) {
    const middle = Math.floor((low + high) / 2);
    const entry = await db
      .selectFrom('messages')
      .select('created_at')
      .where('conversation_id', '=', id)
      .where('seq', '>=', middle)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (entry === undefined || entry.created_at > until) high = middle;
    else low = middle;
  }
  // A clock that went back has left later times before earlier ones: a few more are looked at.
  return Math.min(last + 1, high + readOfEach);
}

/** Reads on where the latest unread entry may be, some conversations at once. */
async function readOn(
  db: Kysely<Tables>,
  sources: Source[],
  query: WarmSearch,
): Promise<{ row: MessageRow; contactReadSeq: number }[]> {
  const inTurn = sources
    .filter(({ latest }) => latest !== Number.NEGATIVE_INFINITY)
    .toSorted((a, b) => b.latest - a.latest)
    .slice(0, openedAtOnce);
  const unopened = inTurn.filter(({ opened }) => opened === undefined);
  if (unopened.length > 0) await open(db, unopened, untilOf(query));
  const group = new Map<number, { source: Source; opened: OpenedSource }>();
  let expected = 0;
  for (const source of inTurn) {
    if (expected >= readAtOnce) break;
    if (source.opened === undefined) continue;
    group.set(source.id, { source, opened: source.opened });
    expected += Math.min(readOfEach, source.opened.below - 1);
  }
  if (group.size === 0) return [];
  const parts = [...group].map(
    ([id, { opened }]) =>
      sql`select * from (select * from messages where conversation_id = ${id} and seq < ${opened.below} order by seq desc limit ${sql.lit(readOfEach)}) as ${sql.id(`of_${id}`)}`,
  );
  const { rows } = await (sql`${sql.join(parts, sql` union all `)}` as RawBuilder<MessageRow>).execute(db);
  const bySource = Map.groupBy(rows, (row) => row.conversation_id);
  return [...group].flatMap(([id, { source, opened }]) => {
    const own = (bySource.get(id) ?? []).sort((a, b) => b.seq - a.seq);
    const oldest = own.at(-1);
    const isWhole = own.length < readOfEach || oldest === undefined;
    opened.below = oldest?.seq ?? 0;
    source.latest = isWhole ? Number.NEGATIVE_INFINITY : Math.min(source.latest, oldest.created_at);
    return own.map((row) => ({ row, contactReadSeq: opened.contactReadSeq }));
  });
}

function latestOf(sources: readonly Source[], beyond: number): number {
  return sources.reduce((latest, source) => Math.max(latest, source.latest), beyond);
}

function isWithin(place: FoundMessage['place'], { from, to, before }: WarmSearch): boolean {
  if (from !== undefined && place.at < from) return false;
  if (to !== undefined && place.at >= to) return false;
  return before === undefined || comparePlaces(place, before) < 0;
}

/** Whatever the case; the content is JSON, so the text is looked for as JSON writes it. */
function textFilter(text: string | undefined): (content: string) => boolean {
  if (text === undefined) return () => true;
  const sought = JSON.stringify(text).slice(1, -1).toLowerCase();
  return (content) => content.toLowerCase().includes(sought);
}

const comparePlaces = (a: FoundMessage['place'], b: FoundMessage['place']): number =>
  a.at - b.at || a.conversationId - b.conversationId || a.seq - b.seq;
const newestFirst = (a: FoundMessage, b: FoundMessage): number => comparePlaces(b.place, a.place);
