import type { Participant } from '@parley/sdk/protocol.ts';
import type { SqlValue, WriteSession } from './sql-session.ts';

/** Who takes part, from the column of the conversation's row. */
export function participantsFrom(column: string | null): readonly Participant[] {
  return column === null ? [] : (JSON.parse(column) as Participant[]);
}

/** The column of the conversation's row. */
export function columnOf(participants: readonly Participant[]): string | null {
  return participants.length === 0 ? null : JSON.stringify(participants);
}

/** For what shows participants only where there are any. */
export function shownParticipants(column: string | null): { participants?: Participant[] } {
  return column === null ? {} : { participants: [...participantsFrom(column)] };
}

/** Brings the rows by agent to what the conversations' rows say, within their transaction. */
export async function writeParticipations(
  session: WriteSession,
  changed: readonly { no: number; before: string | null; after: string | null }[],
): Promise<void> {
  const gone: SqlValue[][] = [];
  const come: SqlValue[][] = [];
  for (const { no, before, after } of changed) {
    const was = new Map(participantsFrom(before).map((each) => [each.agentId, each.askedUntil ?? null]));
    const is = new Map(participantsFrom(after).map((each) => [each.agentId, each.askedUntil ?? null]));
    for (const [agentId, until] of was) if (is.get(agentId) !== until) gone.push([agentId, no]);
    for (const [agentId, until] of is) if (was.get(agentId) !== until) come.push([agentId, no, until]);
  }
  if (gone.length > 0) await session.remove('participations', ['agent_id', 'conversation_id'], gone);
  const columns = ['agent_id', 'conversation_id', 'asked_until'] as const;
  if (come.length > 0) await session.insert({ table: 'participations', columns }, come);
}
