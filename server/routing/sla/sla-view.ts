import type { SlaClockView } from '@parley/sdk/protocol.ts';
import type { SlaCase, SlaClock } from './sla-case.ts';

/** The clocks as people see them: what ends first comes first, and what stands still last. */
export function slaView({ clocks }: SlaCase): SlaClockView[] {
  const ends = ({ dueAt }: SlaClock) => dueAt ?? Number.POSITIVE_INFINITY;
  return clocks.toSorted((a, b) => (ends(a) < ends(b) ? -1 : ends(a) > ends(b) ? 1 : 0)).map(viewOf);
}

function viewOf(clock: SlaClock): SlaClockView {
  const { target, dueAt, warnAt, pausedBy, targetMs, spentMs } = clock;
  return {
    target,
    state: stateOf(clock),
    dueAt,
    warnAt,
    ...(pausedBy === null ? {} : { pausedBy, leftMs: Math.max(0, targetMs - spentMs) }),
  };
}

function stateOf({ pausedBy, breachedAt, isWarned }: SlaClock): SlaClockView['state'] {
  if (breachedAt !== null) return 'breached';
  if (pausedBy !== null) return 'paused';
  return isWarned ? 'warned' : 'running';
}
