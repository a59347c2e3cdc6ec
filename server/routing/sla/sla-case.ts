import { type ConversationStatus, type SlaTarget, slaTargets } from '@parley/sdk/protocol.ts';
import type { SlaPause, SlaStage } from '@parley/sdk/routing-document.ts';
import type { SlaTerms } from './sla-policies.ts';

/**
 * What happens to a conversation, as far as its clocks go by it: who owns it (`closed` ends it, anything else after that
 * reopens it), that the customer asked and that a person answered, that it was put aside and is back. `changed`: group or
 * priority may be other ones.
 */
export const slaEventKinds = [
  'bot',
  'queued',
  'agent',
  'closed',
  'asked',
  'answered',
  'snoozed',
  'woken',
  'changed',
] as const;
export type SlaEventKind = (typeof slaEventKinds)[number];

/** What is known of a conversation's clocks: plain data, kept with it. */
export interface SlaCase {
  /** The last that happened: time does not go back. */
  readonly at: number;
  readonly status: ConversationStatus;
  /** The customer has asked, and no person has answered since. */
  readonly isAsked: boolean;
  /** A person has answered before. */
  readonly isAnswered: boolean;
  readonly isSnoozed: boolean;
  /** Those that have begun and not ended, one of a target at most. */
  readonly clocks: readonly SlaClock[];
  /** How many of each have begun: numbers them. */
  readonly begun: Readonly<Partial<Record<SlaTarget, number>>>;
  /** What has to be said and done of a warning or a breach, and is not known to be. */
  readonly todo: readonly SlaTodo[];
}

export interface SlaTodo {
  readonly stage: SlaStage;
  readonly target: SlaTarget;
  readonly n: number;
  readonly policyId: string;
  readonly dueAt: number;
  /** Until then whoever stored it carries it out, and nobody else; absent: nobody does. */
  readonly claimedUntil?: number;
}

export interface SlaClock {
  readonly target: SlaTarget;
  /** 1, 2, … within the conversation. */
  readonly n: number;
  readonly policyId: string;
  readonly startedAt: number;
  readonly targetMs: number;
  /** Working time that had passed, without pauses, at `countedTo`. */
  readonly spentMs: number;
  readonly countedTo: number;
  /** null: it runs. */
  readonly pausedBy: SlaPause | 'bot' | null;
  /** When it warns and ends, while it runs; null: not while it is as it is. */
  readonly warnAt: number | null;
  readonly dueAt: number | null;
  readonly isWarned: boolean;
  /** When its time was over; null: it is not. */
  readonly breachedAt: number | null;
}

/** What came of it: for the record, and for whoever is told. Times are working time, in milliseconds. */
export type SlaHappening = {
  readonly target: SlaTarget;
  readonly n: number;
  readonly policyId: string;
  readonly at: number;
} & (
  | { readonly kind: 'warned' | 'breached'; readonly dueAt: number }
  | { readonly kind: 'met'; readonly tookMs: number }
  /** Done at last. */
  | { readonly kind: 'late'; readonly tookMs: number; readonly lateMs: number }
);

export interface SlaStep {
  readonly slaCase: SlaCase;
  readonly happened: readonly SlaHappening[];
}

/** A conversation of which nothing is measured yet. */
export function newSlaCase(of: Pick<SlaCase, 'at' | 'status' | 'isAsked' | 'isAnswered' | 'isSnoozed'>): SlaCase {
  return { ...of, clocks: [], begun: {}, todo: [] };
}

/**
 * Time has passed, and nothing happened: what was due warns, or is breached. Looking more often, or late, changes nothing
 * of what comes out.
 */
export function passTime(slaCase: SlaCase, at: number): SlaStep {
  const happened: SlaHappening[] = [];
  const clocks = slaCase.clocks.map((clock) => {
    const warns = !clock.isWarned && clock.warnAt !== null && clock.warnAt <= at;
    const ends = clock.breachedAt === null && clock.dueAt !== null && clock.dueAt <= at;
    if (!warns && !ends) return clock;
    const { target, n, policyId } = clock;
    const dueAt = clock.dueAt ?? at;
    if (warns) happened.push({ kind: 'warned', target, n, policyId, at: clock.warnAt ?? at, dueAt });
    if (ends) happened.push({ kind: 'breached', target, n, policyId, at: dueAt, dueAt });
    return { ...clock, isWarned: clock.isWarned || warns || ends, breachedAt: ends ? dueAt : clock.breachedAt };
  });
  return { slaCase: happened.length === 0 ? slaCase : { ...slaCase, clocks }, happened };
}

/**
 * Something happened. What was due before it is told first, however late we hear.
 *
 * @param before what the conversation was measured by until then, where that is still known
 * @param terms what it is measured by from now on; undefined: by nothing
 */
export function takeEvent(
  slaCase: SlaCase,
  kind: SlaEventKind,
  at: number,
  { before, terms }: { before: SlaTerms | undefined; terms: SlaTerms | undefined },
): SlaStep {
  const now = Math.max(at, slaCase.at);
  const passed = passTime(slaCase, now);
  const happened = [...passed.happened];
  const counted = passed.slaCase.clocks.map((clock) => countTo(clock, now, before ?? terms));
  const facts = factsAfter(passed.slaCase, kind, now);
  const left = counted.filter((clock) => {
    const end = endOf(clock, kind, passed.slaCase);
    if (end === 'ends') happened.push(resultOf(clock, now));
    return end === 'goes on';
  });
  return { slaCase: underTerms({ ...facts, clocks: left }, now, terms), happened };
}

/** What must be said and done of what has happened and is not over: of what came to its end meanwhile nobody needs to know. */
export function withTodo(slaCase: SlaCase, happened: readonly SlaHappening[]): SlaCase {
  const added = happened.flatMap((one): SlaTodo[] => {
    if (one.kind !== 'warned' && one.kind !== 'breached') return [];
    const clock = slaCase.clocks.find(({ target, n }) => target === one.target && n === one.n);
    // Both at once are one: it is breached.
    if (clock === undefined || (one.kind === 'warned' && clock.breachedAt !== null)) return [];
    const { target, n, policyId, dueAt } = one;
    return [{ stage: one.kind === 'warned' ? 'warning' : 'breach', target, n, policyId, dueAt }];
  });
  return added.length === 0 ? slaCase : { ...slaCase, todo: [...slaCase.todo, ...added] };
}

/** When something happens by itself next; null: nothing does. */
export function nextChangeAt({ clocks }: Pick<SlaCase, 'clocks'>): number | null {
  return earliest(
    clocks.flatMap(({ isWarned, breachedAt, warnAt, dueAt }) => [
      isWarned ? null : warnAt,
      breachedAt === null ? dueAt : null,
    ]),
  );
}

/** The end of the first of the clocks that run; also when it is past. */
export function dueAtOf({ clocks }: Pick<SlaCase, 'clocks'>): number | null {
  return earliest(clocks.map(({ dueAt }) => dueAt));
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function factsAfter(slaCase: SlaCase, kind: SlaEventKind, at: number): SlaCase {
  switch (kind) {
    case 'bot':
    case 'queued':
    case 'agent':
      return { ...slaCase, at, status: kind, isSnoozed: false };
    case 'closed':
      return { ...slaCase, at, status: kind, isAsked: false, isSnoozed: false };
    case 'asked':
      return { ...slaCase, at, isAsked: true };
    case 'answered':
      return { ...slaCase, at, isAsked: false, isAnswered: true };
    case 'snoozed':
    case 'woken':
      return { ...slaCase, at, isSnoozed: kind === 'snoozed' };
    case 'changed':
      return { ...slaCase, at };
    default:
      return kind satisfies never;
  }
}

/**
 * An answer that nobody gave before the conversation ended is neither in time nor late; nor is the end of one that nobody
 * had: the customer has left.
 */
function endOf(
  { target }: SlaClock,
  kind: SlaEventKind,
  { status, isAnswered }: SlaCase,
): 'ends' | 'is dropped' | 'goes on' {
  if (kind === 'closed') {
    const hasLeft = status === 'queued' && !isAnswered;
    return target === 'resolution' && !hasLeft ? 'ends' : 'is dropped';
  }
  return kind === 'answered' && target !== 'resolution' ? 'ends' : 'goes on';
}

function resultOf({ target, n, policyId, spentMs, targetMs, breachedAt }: SlaClock, at: number): SlaHappening {
  const common = { target, n, policyId, at, tookMs: spentMs };
  if (breachedAt === null) return { kind: 'met', ...common };
  return { kind: 'late', ...common, lateMs: Math.max(0, spentMs - targetMs) };
}

function countTo(clock: SlaClock, at: number, terms: SlaTerms | undefined): SlaClock {
  const isRunning = clock.pausedBy === null && terms !== undefined;
  const passed = isRunning ? terms.hours.openMsBetween(clock.countedTo, at) : 0;
  return { ...clock, spentMs: clock.spentMs + passed, countedTo: at };
}

/** Each target that is asked for now has a clock, and no other has; each goes or stands as it must. */
function underTerms(slaCase: SlaCase, at: number, terms: SlaTerms | undefined): SlaCase {
  const wanted = slaTargets.filter((target) => isWanted(slaCase, target));
  const begun = { ...slaCase.begun };
  const clocks = wanted.flatMap((target): SlaClock[] => {
    const targetMs = terms?.targets[target];
    if (terms === undefined || targetMs === undefined) return [];
    const known = slaCase.clocks.find((clock) => clock.target === target);
    if (known === undefined) begun[target] = (begun[target] ?? 0) + 1;
    const clock = known ?? newClock(target, begun[target] ?? 1, at);
    return [
      setClock({ ...clock, targetMs, policyId: terms.policy.id, pausedBy: pauseOf(slaCase, target, terms) }, terms),
    ];
  });
  return { ...slaCase, clocks, begun };
}

function isWanted({ status, isAsked, isAnswered }: SlaCase, target: SlaTarget): boolean {
  if (status === 'closed') return false;
  if (target === 'resolution') return true;
  return isAsked && isAnswered === (target === 'next-answer');
}

function pauseOf(
  { status, isSnoozed, isAsked }: SlaCase,
  target: SlaTarget,
  { pauses }: SlaTerms,
): SlaClock['pausedBy'] {
  // What people are measured by does not run while they do not have it.
  if (status === 'bot') return 'bot';
  if (isSnoozed && pauses.has('snoozed')) return 'snoozed';
  const waits = target === 'resolution' && !isAsked && pauses.has('waiting-for-customer');
  return waits ? 'waiting-for-customer' : null;
}

function newClock(target: SlaTarget, n: number, at: number): Omit<SlaClock, 'targetMs' | 'policyId' | 'pausedBy'> {
  return {
    target,
    n,
    startedAt: at,
    spentMs: 0,
    countedTo: at,
    warnAt: null,
    dueAt: null,
    isWarned: false,
    breachedAt: null,
  };
}

/** Nobody is late before what they are measured by holds: a target that is past already ends now. */
function setClock(clock: SlaClock, { hours, policy }: SlaTerms): SlaClock {
  const { pausedBy, countedTo, spentMs, targetMs } = clock;
  if (pausedBy !== null) return { ...clock, warnAt: null, dueAt: null };
  const after = (ms: number) => hours.addOpenMs(countedTo, Math.max(0, ms - spentMs)) ?? null;
  const dueAt = clock.breachedAt ?? after(targetMs);
  return { ...clock, warnAt: policy.warnAt >= 1 ? null : after(Math.round(policy.warnAt * targetMs)), dueAt };
}
