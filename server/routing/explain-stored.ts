import type { DecisionRow } from './assignment-store.ts';
import type { Assign, DecisionRecord } from './decision-record.ts';
import { type Names, type Sentence, whyGiven, whyNotGiven } from './explain-decision.ts';

/** What is stored of a decision, in words. */
export function wordsOfDecision(row: DecisionRow, names: Names): Sentence[] {
  const given = assignOf(row);
  return given === undefined ? [plainWords(row, names)] : whyGiven(given, names);
}

/** "Why not me?", of a conversation that an agent has. */
export function wordsOfOther(row: DecisionRow, agentId: string, names: Names): Sentence[] {
  const given = assignOf(row);
  if (row.agentId === agentId) return wordsOfDecision(row, names);
  return given === undefined ? [plainWords(row, names)] : [whyNotGiven(given, agentId, names)];
}

/** Agents whom the record speaks of beside the one who got it. */
export function agentsIn(row: DecisionRow): string[] {
  const record = assignOf(row)?.record;
  if (record === undefined) return [];
  return [...new Set([...record.candidates, ...record.others].map(({ agentId }) => agentId))];
}

/** Undefined where a person or an event decided, and nobody was compared. */
function assignOf(row: DecisionRow): Pick<Assign, 'agentId' | 'groupId' | 'why' | 'record'> | undefined {
  const record = JSON.parse(row.record) as Partial<DecisionRecord>;
  if (row.kind !== 'assign' || row.agentId === null || record.chosen === undefined) return undefined;
  const { agentId, groupId, why } = row;
  return { agentId, groupId: groupId ?? '', why: why as Assign['why'], record: record as DecisionRecord };
}

/** The words of what was not compared. */
function plainWords(row: DecisionRow, names: Names): Sentence {
  const {
    byId,
    byName,
    overridden,
    afterMs,
    margin,
    fromId = '',
  } = JSON.parse(row.record) as {
    byId?: string;
    fromId?: string;
    byName?: string;
    overridden?: string;
    afterMs?: number;
    margin?: number;
  };
  const agent = row.agentId === null ? '' : names.agent(row.agentId);
  const group = row.groupId === null ? '' : names.group(row.groupId);
  const by = byName ?? 'Parley';
  const sentence = (key: string, text: string): Sentence => ({
    key,
    data: {
      agent,
      group,
      by,
      ...(afterMs === undefined ? {} : { afterMs }),
      ...(margin === undefined ? {} : { margin }),
      ...(fromId === '' ? {} : { from: names.agent(fromId) }),
      ...(overridden === undefined ? {} : { verdict: overridden }),
    },
    text,
  });
  const over = overAs(overridden);
  switch (row.why) {
    case 'by-hand':
      return sentence(
        byId === row.agentId ? 'given.taken' : 'given.by-hand',
        byId === row.agentId ? `${agent} took it by hand${over}.` : `${by} gave it to ${agent}${over}.`,
      );
    case 'transferred':
      if (margin !== undefined) {
        return sentence(
          'given.transferred-beyond',
          `${by} passed it on to ${agent}, who was full: a transfer may go ${margin} beyond.`,
        );
      }
      return row.kind === 'assign'
        ? sentence('given.transferred', `${by} passed it on to ${agent}${over}.`)
        : sentence('requeue.transferred', `${by} passed it on to ${group}.`);
    case 'taken-over':
      return sentence('given.taken-over', `${by} took it over from ${names.agent(fromId)}${over}.`);
    case 'missed':
      return sentence('offer.missed', `${agent} was asked, and did not answer in time.`);
    case 'answered':
      return sentence('given.answered', `${agent} answered it.`);
    case 'agent-gone':
      return sentence('requeue.agent-gone', `${agent} went away before it was answered.`);
    case 'no-first-answer':
      return sentence('requeue.no-first-answer', `${agent} gave no first answer within ${seconds(afterMs)}.`);
    case 'inactivity':
      return sentence('requeue.inactivity', `${agent} left the customer without an answer for ${seconds(afterMs)}.`);
    case 'snoozed':
      return sentence('snooze.snoozed', `${by} snoozed it.`);
    case 'woken':
      return row.kind === 'assign'
        ? sentence('given.woken', `Back from its snooze, to ${agent} who had snoozed it.`)
        : sentence('requeue.woken', `Back from its snooze, when ${agent} could not have it at once.`);
    case 'given-back':
      return sentence('requeue.given-back', `${by} gave it back to the queue.`);
    case 'resolved':
      return sentence('end.resolved', `${by} closed it.`);
    default:
      return sentence(`${row.kind}.${row.why}`, plainText(row, { agent, group }));
  }
}

function overAs(overridden: string | undefined): string {
  if (overridden === undefined) return '';
  return overridden === 'full' ? ', whatever they had already' : `, although: ${overridden.replaceAll('-', ' ')}`;
}

const seconds = (ms = 0) => `${Math.round(ms / 1_000)} s`;

function plainText({ kind, why }: DecisionRow, { agent, group }: { agent: string; group: string }): string {
  if (kind !== 'overflow') return `${agent} had it until then (${why.replaceAll('-', ' ')}).`;
  switch (why) {
    case 'group':
      return `Nobody could have it in time: it went on to ${group}.`;
    case 'agent':
      return `Nobody of ${group} could have it in time: ${agent} may have it as well.`;
    case 'bot':
      return `Nobody of ${group} could have it in time: it went to the bot.`;
    default:
      return `Nobody of ${group} could have it in time: the customer may be offered another way (${why.replaceAll('-', ' ')}).`;
  }
}
