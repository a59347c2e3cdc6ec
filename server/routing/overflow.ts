import type { OverflowCondition } from '@parley/sdk/routing-document.ts';
import type { RelaxStep } from './decision-record.ts';
import type { Entry } from './routing-state.ts';

/** What the conditions of an overflow are held against. */
export interface Situation {
  readonly waitedMs: number;
  /** How many wait before it. */
  ahead(): number;
  /** The middle of the expected wait; undefined: not known. */
  estimateMs(): number | undefined;
  readonly isOpen: boolean;
  readonly isStaffed: boolean;
}

/** Whether all of the conditions hold. */
export function overflowHolds(when: OverflowCondition, situation: Situation): boolean {
  return (
    (when.afterMs === undefined || situation.waitedMs >= when.afterMs) &&
    (when.waiting === undefined || situation.ahead() >= when.waiting) &&
    (when.estimateMs === undefined || (situation.estimateMs() ?? -1) >= when.estimateMs) &&
    (when.outOfHours === undefined || !situation.isOpen) &&
    (when.nobodyStaffed === undefined || !situation.isStaffed)
  );
}

/** What is waived by now that was not before, in the order in which it is waived. */
export function relaxationsDue(entry: Entry, now: number): RelaxStep[] {
  const { relax } = entry.group.config;
  const waitedMs = now - entry.since;
  const steps: RelaxStep[] = [];
  if (!entry.isLanguageDropped && entry.language !== null && isPast(relax.dropLanguageAfterMs, waitedMs)) {
    steps.push({ kind: 'language' });
  }
  const lowerBy = loweredBy(entry, waitedMs);
  if (lowerBy > entry.lowerBy) steps.push({ kind: 'level', lowerBy });
  if (!entry.isWidened && isPast(relax.widenAfterMs, waitedMs)) {
    steps.push({ kind: 'widen', groupIds: relax.widenTo ?? [] });
  }
  return steps;
}

/** When, after a time, time alone changes what it asks for, or sends it on; Infinity: never. */
export function nextStepAt(entry: Entry, after: number): number {
  const { relax, overflow } = entry.group.config;
  const lowerMs = relax.lowerLevelAfterMs;
  let next = Number.POSITIVE_INFINITY;
  const look = (ms: number | undefined) => {
    if (ms !== undefined && entry.since + ms > after) next = Math.min(next, entry.since + ms);
  };
  if (entry.language !== null && !entry.isLanguageDropped) look(relax.dropLanguageAfterMs);
  if (lowerMs !== undefined && entry.lowerBy < levelsAbove(entry)) look(lowerMs * (entry.lowerBy + 1));
  if (!entry.isWidened) look(relax.widenAfterMs);
  for (const [index, { when }] of overflow.entries()) if (!entry.followed.includes(index)) look(when.afterMs);
  return next;
}

/** Whether the time of an overflow came after one time and by another. */
export function hasOverflowTime({ group, since }: Entry, after: number, by: number): boolean {
  return group.config.overflow.some(({ when: { afterMs } }) => {
    return afterMs !== undefined && since + afterMs > after && since + afterMs <= by;
  });
}

function loweredBy(entry: Entry, waitedMs: number): number {
  const lowerMs = entry.group.config.relax.lowerLevelAfterMs;
  return lowerMs === undefined ? 0 : Math.min(levelsAbove(entry), Math.floor(waitedMs / lowerMs));
}

/** How many levels there are to go down. */
function levelsAbove({ facts, group }: Entry): number {
  return Math.max(group.config.minLevel, facts.minLevel) - 1;
}

function isPast(ms: number | undefined, waitedMs: number): boolean {
  return ms !== undefined && waitedMs >= ms;
}
