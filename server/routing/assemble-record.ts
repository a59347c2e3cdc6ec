import type { Content, Presence } from '@parley/sdk/protocol.ts';
import { presences } from '@parley/sdk/protocol.ts';
import { previewOf } from '../gateway/content.ts';
import { languageTag } from './language-tags.ts';
import { lostReason, unseenReason } from './presence-recorder.ts';
import type { PresenceRow, QueueRow, RecordedDecision, RecordedRow, VisitRows } from './record-store.ts';
import { absencesOf, type RecordedAgent, type RecordedConversation, type RecordedDays } from './recorded-days.ts';
import { isAnswered, type Stint, type Visit, visitsOf } from './recorded-visits.ts';
import type { RuleFacts } from './router-rules.ts';
import { noFacts } from './tested-rules.ts';
import { isVip } from './vip.ts';

/** Conversations of which the record does not say all, or which are not replayed as they were: how many of each kind. */
export interface RecordGaps {
  /** They were removed since: erased, or older than what is kept. */
  readonly removed: number;
  /** Their words and answers lie in the archive, and are not read. */
  readonly archived: number;
  /** They came from an agent who gave them back, passed them on or put them off, and count as arrivals of their own. */
  readonly sentOn: number;
  /** They were passed from agent to agent, and count as the first one's. */
  readonly passedOn: number;
  /** They came back from an agent who vanished. */
  readonly cameBack: number;
  /** Their agents' capacity was another one for some of the time. */
  readonly capacityChanged: number;
}

export interface AssembledRecord {
  readonly recorded: RecordedDays;
  readonly gaps: RecordGaps;
}

/** Puts together what the store has kept, page by page, into what a dry run replays. */
export interface RecordAssembly {
  addQueue(rows: readonly QueueRow[], visits: VisitRows): void;
  addPresences(rows: readonly PresenceRow[]): void;
  /**
   * Once: what was added is let go.
   *
   * @param span.from where it begins
   * @param span.countFrom from when on it counts
   * @param agents.graceMs how long who was cut off had to come back
   * @param agents.keep channel types of which agents gave nothing back when they went
   */
  finish(
    span: { from: number; countFrom: number; to: number },
    agents: { names: ReadonlyMap<string, string>; graceMs: number; keep: readonly string[] },
  ): AssembledRecord;
}

export function createRecordAssembly(): RecordAssembly {
  const queue = new Map<number, QueueRow[]>();
  const conversations = new Map<number, RecordedRow>();
  const decisions = new Map<number, RecordedDecision[]>();
  const words = new Map<string, string>();
  const answers = new Map<number, Map<number, number>>();
  const presenceRows = new Map<string, PresenceRow[]>();

  return {
    addQueue: (rows, visits) => {
      for (const row of rows) listed(queue, row.conversationId).push(row);
      for (const row of visits.conversations) conversations.set(row.id, row);
      for (const [id, some] of Map.groupBy(visits.decisions, ({ conversationId }) => conversationId)) {
        decisions.set(id, some);
      }
      for (const { conversationId, seq, content } of visits.words) words.set(`${conversationId} ${seq}`, content);
      for (const { conversationId, seq, at } of visits.answers) {
        const known = answers.get(conversationId) ?? new Map<number, number>();
        answers.set(conversationId, known.set(seq, at));
      }
    },
    addPresences: (rows) => {
      for (const row of rows) listed(presenceRows, row.agentId).push(row);
    },
    finish: ({ from, countFrom, to }, { names, graceMs, keep }) => {
      const gaps = { removed: 0, archived: 0, sentOn: 0, passedOn: 0, cameBack: 0, capacityChanged: 0 };
      const offers = { missed: 0, accepted: 0 };
      const changed = capacityChanged(presenceRows, from);
      const all: RecordedConversation[] = [];
      const agents = [...presenceRows].flatMap(([id, rows]) => agentOf(id, names.get(id) ?? id, rows, from));
      const given = collectGivenBack(agents, { graceMs, to });
      for (const [id, rows] of queue) {
        const conversation = conversations.get(id);
        if (conversation === undefined) {
          gaps.removed += rows.some(({ at, kind }) => kind === 'came' && at >= countFrom) ? 1 : 0;
          continue;
        }
        const visits = visitsOf(rows, decisions.get(id) ?? [], answers.get(id) ?? new Map(), to);
        noteLeft(visits.at(-1), conversation);
        for (const [i, visit] of visits.entries()) {
          const said = visit.seq === null ? undefined : words.get(`${id} ${visit.seq}`);
          all.push(recordedOf(conversation, visits, i, said));
          if (!keep.includes(conversation.channelType)) given.add(visit);
          if (visit.cameAt < countFrom) continue;
          offers.missed += visit.missed;
          offers.accepted += visit.accepted;
          gaps.archived += conversation.archivedSeq >= (visit.seq ?? Number.POSITIVE_INFINITY) ? 1 : 0;
          gaps.sentOn += visit.seq === null ? 1 : 0;
          gaps.passedOn += visit.isPassedOn ? 1 : 0;
          gaps.cameBack += visit.requeues > 0 ? 1 : 0;
          gaps.capacityChanged += visit.agentId !== null && changed.has(visit.agentId) ? 1 : 0;
        }
      }
      // What was read is needed no more, and there is much of it.
      for (const rows of [queue, conversations, decisions, words, answers, presenceRows]) rows.clear();
      return { recorded: { countFrom, to, conversations: all, agents, offers, givenBack: given.all }, gaps };
    },
  };
}

/** That the customer has gone is noticed after a while, and need not close the conversation. */
function noteLeft(visit: Visit | undefined, { abandonedAt }: RecordedRow): void {
  if (visit === undefined || visit.assignedAt !== null || visit.ended === 'elsewhere') return;
  if (abandonedAt === null || abandonedAt < visit.cameAt) return;
  visit.ended = 'customer-left';
  visit.endedAt = abandonedAt;
}

function listed<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const made: V[] = [];
  lists.set(key, made);
  return made;
}

function recordedOf(
  row: RecordedRow,
  visits: readonly Visit[],
  index: number,
  said: string | undefined,
): RecordedConversation {
  const visit = visits[index] as Visit;
  const isLast = index === visits.length - 1;
  const before = index === 0 ? null : (visits[index - 1]?.groupId ?? row.groupId);
  const attributes = row.attributes === null ? {} : (JSON.parse(row.attributes) as Record<string, string>);
  const tags = JSON.parse(row.tags) as string[];
  const language = languageTag(row.language ?? attributes.language);
  const vip = isVip(tags, attributes.vip);
  const { id, contactId, channelId, channelType, priority } = row;
  const answeredAt = visit.firstAnswerAt ?? 0;
  return {
    id: index === 0 ? String(id) : `${id}.${index}`,
    ...{ contactId, channelId, channelType, language, priority, vip },
    minLevel: 1,
    groupId: isLast ? (row.groupId ?? visit.groupId) : visit.groupId,
    ...(before === null ? {} : { groupBefore: before }),
    facts: visit.seq === null ? null : factsOf(row, { attributes, tags, language, vip, at: visit.cameAt }, said),
    queuedAt: visit.cameAt,
    assignedAt: visit.assignedAt,
    firstAnswerAt: visit.assignedAt !== null && answeredAt >= visit.assignedAt ? visit.firstAnswerAt : null,
    agentId: visit.agentId,
    stints: visit.stints,
    ...(isKnownUnanswered(visit, row) ? { isUnanswered: true as const } : {}),
    endedAt: visit.endedAt,
    ended: visit.ended,
    missed: visit.missed,
    requeues: visit.requeues,
  };
}

/** What lies in the archive is not looked through. */
function isKnownUnanswered({ seq, firstAnswerAt }: Visit, { archivedSeq }: RecordedRow): boolean {
  return firstAnswerAt === null && seq !== null && archivedSeq < seq;
}

/** What became of answered conversations whose agent went: how long afterwards each came back, if it did. */
function collectGivenBack(agents: readonly RecordedAgent[], { graceMs, to }: { graceMs: number; to: number }) {
  const absences = new Map(agents.map((agent) => [agent.id, absencesOf(agent, to)]));
  const all = { lost: [] as (number | null)[], left: [] as (number | null)[] };

  function addStint(stint: Stint, visit: Visit): void {
    const end = stint.to ?? to;
    for (const { from, to: until, isLost } of absences.get(stint.agentId) ?? []) {
      const goneAt = from + (isLost ? graceMs : 0);
      // Who was back in time, or had come to an end with it, gave nothing back.
      if (from < stint.from || goneAt >= until || end < goneAt) continue;
      const isFirst = stint.from === visit.assignedAt;
      if (isFirst && !isAnswered(visit, from)) continue;
      all[isLost ? 'lost' : 'left'].push(stint.hasVanished && end <= until ? end - goneAt : null);
    }
  }

  return {
    all,
    add: (visit: Visit) => {
      const { assignedAt, stints } = visit;
      if (assignedAt === null) return;
      for (const stint of stints) if (stint.from >= assignedAt) addStint(stint, visit);
    },
  };
}

function factsOf(
  { channelId, channelType, isReturning }: RecordedRow,
  known: Pick<RuleFacts, 'attributes' | 'tags' | 'language' | 'vip' | 'at'>,
  said: string | undefined,
): RuleFacts {
  const page = known.attributes.page ?? null;
  const firstWords = said === undefined ? null : wordsOf(JSON.parse(said) as Content);
  return { ...noFacts, ...known, channelId, channelType, page, firstWords, returning: isReturning };
}

const wordsOf = (content: Content) => (content.type === 'text' ? content.text : previewOf(content));

/** What held when it begins comes first, whenever it was said. */
function agentOf(id: string, name: string, rows: readonly PresenceRow[], from: number): RecordedAgent[] {
  const changes: RecordedAgent['presence'][number][] = [];
  for (const row of rows) {
    const presence = presenceOf(row);
    const at = Math.max(from, row.at);
    if (changes.at(-1)?.at === at) changes.pop();
    if (changes.at(-1)?.presence === presence) continue;
    changes.push({ at, presence, ...(presence === 'offline' && row.reason === lostReason ? { lost: true } : {}) });
  }
  const capacity = rows.at(-1)?.capacity ?? 0;
  return capacity > 0 && changes.some(({ presence }) => presence === 'online')
    ? [{ id, name, capacity, presence: changes }]
    : [];
}

/** Of whom nothing was seen nothing was given back either. Any other word is that of somebody who is given nothing. */
function presenceOf({ presence, reason }: PresenceRow): Presence {
  if (reason === unseenReason) return 'away';
  return presences.find((known) => known === presence) ?? 'busy';
}

function capacityChanged(rows: ReadonlyMap<string, readonly PresenceRow[]>, from: number): Set<string> {
  const changed = [...rows].filter(([, all]) => {
    const there = all.filter(({ at, presence }, i) => presence !== 'offline' && (all[i + 1]?.at ?? at) >= from);
    return new Set(there.map(({ capacity }) => capacity)).size > 1;
  });
  return new Set(changed.map(([id]) => id));
}
