import { api } from '../app/api.ts';

/** A mean with the 95 % interval of the simulated days. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
export interface HalfHour {
  readonly time: string;
  readonly arrivals: number;
  readonly agents: number;
  readonly byErlang: { readonly agents: number; readonly answeredInTime: number };
  readonly simulated: Interval | null;
}
export interface Plan {
  readonly meanOfDays: number;
  readonly halfHours: readonly HalfHour[];
  readonly agentHours: number;
  readonly simulated: {
    readonly answeredInTime: Interval;
    readonly abandonment: Interval;
    readonly meanWaitMs: Interval;
    readonly occupancy: number;
    readonly days: number;
  } | null;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** What the form holds; what is empty is not said, and the server's own value holds. */
export interface PlanForm {
  readonly kind: 'stated' | 'measured';
  /** Numbers with anything between them. */
  readonly counts: string;
  readonly start: string;
  readonly measuredDays: number | undefined;
  readonly weekdays: readonly Weekday[];
  readonly handlingMs: number | undefined;
  /** Empty: nobody gives up. */
  readonly patienceMs: number | undefined;
  readonly concurrency: number | undefined;
  readonly sharePercent: number | undefined;
  readonly withinMs: number | undefined;
  readonly minAgents: number | undefined;
  readonly scale: number | undefined;
  readonly days: number | undefined;
}

export const usualForm: PlanForm = {
  kind: 'stated',
  counts: '12, 20, 40, 60, 70, 66, 60, 50, 55, 60, 50, 30',
  start: '09:00',
  measuredDays: 28,
  weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'],
  handlingMs: 300_000,
  patienceMs: 300_000,
  concurrency: 1,
  sharePercent: 95,
  withinMs: 20_000,
  minAgents: 0,
  scale: 1,
  days: 20,
};

/** The numbers in a text; undefined: something in it is none. */
export function countsIn(text: string): number[] | undefined {
  const counts = text.split(/[\s,;，、]+/).filter((part) => part !== '');
  return counts.every((part) => /^\d+(\.\d+)?$/.test(part)) && counts.length > 0 ? counts.map(Number) : undefined;
}

/** What is sent to the server. Empty fields are left out, but for the patience, where empty means something. */
export function requestOf(form: PlanForm, timeZone: string): Record<string, unknown> {
  const arrivals =
    form.kind === 'stated'
      ? { kind: form.kind, perHalfHour: countsIn(form.counts) ?? [], start: form.start }
      : { kind: form.kind, days: form.measuredDays, weekdays: form.weekdays, timeZone };
  const { handlingMs, patienceMs, concurrency, sharePercent = 95, withinMs = 20_000, minAgents, scale, days } = form;
  const target = { share: Math.round(sharePercent * 10) / 1_000, withinMs };
  return { arrivals, handlingMs, patienceMs: patienceMs ?? null, concurrency, target, minAgents, scale, days };
}

export function makePlan(form: PlanForm): Promise<Plan> {
  return api.call('POST', '/api/v1/staffing', requestOf(form, Intl.DateTimeFormat().resolvedOptions().timeZone));
}

/** A round number that is not less, of which quarters are round as well. */
export function roundedUp(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 1.2, 2, 4, 6, 8, 10].map((part) => part * magnitude).find((round) => round >= value && round >= 4) ?? 4;
}
