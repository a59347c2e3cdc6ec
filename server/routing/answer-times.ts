import type { Events } from '@parley/sdk/protocol.ts';
import type { RoutingConfig, SkillGroup } from '@parley/sdk/routing-document.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AssignmentStore, OwedRow } from './assignment-store.ts';
import type { DueWork } from './deadlines.ts';
import { storedRouting } from './stored-routing.ts';
import type { LaneId } from './waiting-lanes.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from './working-hours.ts';

export type LateAnswer = Events['assignment.ended']['why'];

/**
 * Takes back what an agent has not answered within the time of its group: the conversation waits where it stood, and the
 * agent is not asked again for this wait. Times count in the hours of the group, from when the agent got it or from when
 * the customer began to wait, whichever is later.
 */
export interface AnswerTimes {
  configure(config: RoutingConfig): void;
  readonly giveBackLate: DueWork;
  /** Why this one is just being given back. */
  reasonOf(conversationId: string): LateAnswer | undefined;
}

/** Those of a lane that are read at once, … */
const rowsAtOnce = 500;
/** … and given back at once: they share transactions. */
const givenAtOnce = 64;
/** Before rows are looked at again of which none could be given back. */
const retryMs = 1_000;

/** Conversations of one group whose answers have the same time. */
interface Line {
  readonly lane: LaneId;
  readonly groupId: string;
  readonly why: LateAnswer;
  readonly afterMs: number;
  readonly hours: WorkingHours;
}

/** @param deps.tell shows the agent that they have it no longer */
export function createAnswerTimes(deps: {
  conversations: Pick<Conversations, 'changeOwner'>;
  store: Pick<AssignmentStore, 'owed'>;
  config: RoutingConfig;
  nameOf: (agentId: string) => string;
  tell: (agentId: string, conversationId: string, why: LateAnswer) => void;
  now: () => number;
}): AnswerTimes {
  const { store, now } = deps;
  const underway = new Map<string, LateAnswer>();
  let lines = linesOf(deps.config);

  async function giveBackLine(line: Line): Promise<number | undefined> {
    const dueAt = (row: OwedRow) => line.hours.addOpenMs(row.owedSince, line.afterMs) ?? Number.POSITIVE_INFINITY;
    while (true) {
      const rows = await store.owed(line.lane, line.why === 'inactivity', rowsAtOnce);
      const at = now();
      const late = rows.filter((row) => dueAt(row) <= at);
      const given = await giveBackAll(late, line);
      const next = rows[late.length];
      if (next !== undefined) return dueAt(next);
      if (rows.length < rowsAtOnce) return undefined;
      if (given === 0) return at + retryMs;
    }
  }

  /** @returns how many were given back */
  async function giveBackAll(rows: readonly OwedRow[], line: Line): Promise<number> {
    let given = 0;
    for (let from = 0; from < rows.length; from += givenAtOnce) {
      const some = await Promise.all(rows.slice(from, from + givenAtOnce).map((row) => giveBack(row, line)));
      given += some.filter(Boolean).length;
    }
    return given;
  }

  async function giveBack(row: OwedRow, { groupId, why, afterMs }: Line): Promise<boolean> {
    const { id, agentId, owedSince } = row;
    underway.set(id, why);
    try {
      await deps.conversations.changeOwner({
        conversationId: id,
        to: 'queued',
        assignee: null,
        from: ['agent'],
        expectEpoch: row.epoch,
        owedSince,
        why,
        late: { id: agentId, name: deps.nameOf(agentId) },
        queue: { routing: JSON.stringify(without(agentId, row)), since: owedSince },
        note: { groupId, why, record: JSON.stringify({ afterMs, owedSince }) },
      });
    } catch (error) {
      // Somebody was faster: it was answered, closed or passed on.
      if (error instanceof Refusal && error.code !== 'unavailable') return false;
      throw error;
    } finally {
      underway.delete(id);
    }
    deps.tell(agentId, id, why);
    return true;
  }

  return {
    configure: (config) => {
      lines = linesOf(config);
    },
    giveBackLate: async () => {
      if (lines.length === 0) return undefined;
      // What begins to be owed from now on is not due before the shortest time is over.
      let next = now() + Math.min(...lines.map(({ afterMs }) => afterMs));
      for (const line of lines) next = Math.min(next, (await giveBackLine(line)) ?? next);
      return next;
    },
    reasonOf: (conversationId) => underway.get(conversationId),
  };
}

function linesOf(config: RoutingConfig): Line[] {
  const hours = new Map(config.schedules.map((schedule) => [schedule.id, createWorkingHours(schedule)]));
  return config.groups.flatMap((group) => {
    const open = hours.get(group.scheduleId ?? '') ?? alwaysOpen;
    const lanes = group.id === config.defaultGroupId ? [group.id, null] : [group.id];
    return lanes.flatMap((lane) =>
      timesOf(group).map(([why, afterMs]) => ({ lane, groupId: group.id, why, afterMs, hours: open })),
    );
  });
}

function timesOf({ firstAnswerMs, inactivityMs }: SkillGroup): (readonly [LateAnswer, number])[] {
  return [
    ...(firstAnswerMs === null ? [] : [['no-first-answer', firstAnswerMs] as const]),
    ...(inactivityMs === null ? [] : [['inactivity', inactivityMs] as const]),
  ];
}

/** What was said of the wait goes on, but for the agent: the rules have nothing to say of it again. */
function without(agentId: string, { routing, queuedAt, owedSince }: OwedRow) {
  const said = storedRouting(routing, queuedAt);
  return {
    ...said,
    queuedAt: queuedAt ?? owedSince,
    forAgent: said.forAgent === agentId ? null : said.forAgent,
    notAgents: [...new Set([...said.notAgents, agentId])],
  };
}
