import type { SlaClockView } from '@parley/sdk/protocol.ts';

/** How a clock looks: calm until it warns, paused while it stands still. */
export type SlaTone = 'calm' | 'warned' | 'breached' | 'paused';

/** What a row shows of a clock at a moment: its tone, and how long is left, or (late) has passed since. */
export interface SlaShown {
  readonly clock: SlaClockView;
  readonly tone: SlaTone;
  readonly ms: number;
}

/** The server tells each turn of a clock; between two of them the time alone says how it stands. */
export function slaShown(clock: SlaClockView, now: number): SlaShown {
  const { state, dueAt, warnAt, leftMs = 0 } = clock;
  if (dueAt === null) return { clock, tone: state === 'breached' ? 'breached' : 'paused', ms: leftMs };
  if (dueAt <= now) return { clock, tone: 'breached', ms: now - dueAt };
  const isWarned = state === 'warned' || (warnAt !== null && warnAt <= now);
  return { clock, tone: isWarned ? 'warned' : 'calm', ms: dueAt - now };
}
