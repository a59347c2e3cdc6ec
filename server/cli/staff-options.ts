import { weekdays as allWeekdays, type Weekday } from '@parley/sdk/routing-document.ts';
import { isTimeZone } from '../base/zone-time.ts';
import type { StaffingInput } from '../routing/staffing.ts';
import type { CheckOptions } from '../routing/staffing-check.ts';
import { UsageError } from './command.ts';

/** As they are given. */
export const staffOptions = {
  'per-half-hour': 'value',
  arrivals: 'value',
  measured: 'value',
  handling: 'value',
  patience: 'value',
  concurrency: 'value',
  variation: 'value',
  target: 'value',
  within: 'value',
  'min-agents': 'value',
  scale: 'value',
  start: 'value',
  weekdays: 'value',
  'time-zone': 'value',
  days: 'value',
  svg: 'value',
  json: 'flag',
} as const;

type Given = { readonly [Name in keyof typeof staffOptions]: Name extends 'json' ? boolean : string | undefined };

/** As they are meant. */
export interface StaffOptions {
  readonly source:
    | { readonly kind: 'stated'; readonly counts: readonly number[]; readonly startMinute: number }
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'measured'; readonly days: number };
  readonly input: Omit<StaffingInput, 'perHalfHour'>;
  readonly check: CheckOptions;
  readonly scale: number;
  readonly weekdays: readonly Weekday[];
  readonly timeZone: string;
  readonly svg: string | undefined;
  readonly json: boolean;
}

/** @throws UsageError that names the option, what was given and what is expected */
export function readStaffOptions(given: Given): StaffOptions {
  if (given.handling === undefined) throw new UsageError('say how long a conversation takes: --handling TIME');
  const handlingMs = timeOf('handling', given.handling, 1);
  const variation = numberOf('variation', given.variation ?? '1', { from: 0, to: 10 });
  const days = numberOf('days', given.days ?? '40', { from: 0, to: 1_000, whole: true });
  if (days === 1) throw new UsageError('--days: expected 0 or at least 2, got 1: one day says nothing of chance');
  return {
    source: sourceOf(given),
    input: {
      handlingMs,
      patienceMs: given.patience === 'never' ? null : timeOf('patience', given.patience ?? '5m', 1),
      concurrency: numberOf('concurrency', given.concurrency ?? '1', { from: 1, to: 100, whole: true }),
      target: {
        share: numberOf('target', given.target ?? '95', { from: 1, to: 99.9 }) / 100,
        withinMs: timeOf('within', given.within ?? '20s', 0),
      },
      minAgents: numberOf('min-agents', given['min-agents'] ?? '0', { from: 0, to: 10_000, whole: true }),
    },
    check: {
      days,
      ...(variation === 1 ? {} : { handling: { kind: 'lognormal', meanMs: handlingMs, variation } }),
    },
    scale: numberOf('scale', given.scale ?? '1', { from: 0.01, to: 100 }),
    weekdays: weekdaysOf(given.weekdays),
    timeZone: timeZoneOf(given['time-zone']),
    svg: given.svg,
    json: given.json,
  };
}

function sourceOf(given: Given): StaffOptions['source'] {
  const sources = (['per-half-hour', 'arrivals', 'measured'] as const).filter((name) => given[name] !== undefined);
  const [name] = sources;
  if (name === undefined || sources.length > 1) {
    throw new UsageError('say what comes, in one way: --per-half-hour N,N,…, --arrivals FILE or --measured DAYS');
  }
  const value = given[name] ?? '';
  if (name === 'arrivals') return { kind: 'file', path: value };
  if (name === 'measured') {
    return { kind: 'measured', days: numberOf('measured', value, { from: 1, to: 3_660, whole: true }) };
  }
  const counts = value.split(',').map((text) => numberOf(name, text.trim(), { from: 0, to: 100_000 }));
  if (counts.length > 336)
    throw new UsageError(`--${name}: expected at most 336 numbers (a week), got ${counts.length}`);
  return { kind: 'stated', counts, startMinute: startOf(given.start ?? '00:00') };
}

function numberOf(name: string, text: string, range: { from: number; to: number; whole?: true }): number {
  const value = Number(text);
  const isNumber = /^\d+(\.\d+)?$/.test(text) && (range.whole !== true || Number.isInteger(value));
  if (!isNumber || value < range.from || value > range.to) {
    const kind = range.whole === true ? 'a whole number' : 'a number';
    throw new UsageError(`--${name}: expected ${kind} from ${range.from} to ${range.to}, got ${shown(text)}`);
  }
  return value;
}

const units = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

function timeOf(name: string, text: string, leastMs: number): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * units[match[2] as keyof typeof units];
  if (!(ms >= leastMs && ms <= 24 * units.h)) {
    const never = name === 'patience' ? ', or never' : '';
    throw new UsageError(
      `--${name}: expected a time such as 90s, 5m or 1.5h, of a day at most${never}, got ${shown(text)}`,
    );
  }
  return ms;
}

function startOf(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) throw new UsageError(`--start: expected a time of day such as 08:30, got ${shown(text)}`);
  return Number(match[1]) * 60 + Number(match[2]);
}

function weekdaysOf(text: string | undefined): readonly Weekday[] {
  if (text === undefined) return allWeekdays;
  return text.split(',').map((name) => {
    const found = allWeekdays.find((weekday) => weekday === name.trim().toLowerCase());
    if (found === undefined)
      throw new UsageError(`--weekdays: expected some of ${listOf(allWeekdays)}, got ${shown(name)}`);
    return found;
  });
}

function timeZoneOf(text: string | undefined): string {
  if (text === undefined) return Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(text)) throw new UsageError(`--time-zone: expected a name such as Europe/Berlin, got ${shown(text)}`);
  return text;
}

export const listOf = (names: readonly string[]): string => names.join(', ');

/** What was given, on one line and not too long. */
const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
