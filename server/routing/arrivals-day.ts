import { weekdays as allWeekdays, type Weekday } from '@parley/sdk/routing-document.ts';
import { zoneTime } from '../base/zone-time.ts';

/** A day of half hours: the mean of some days, or one as it was stated. */
export interface DayOfArrivals {
  /** For people: where it comes from. */
  readonly source: string;
  /** Of the first half hour, from midnight. */
  readonly startMinute: number;
  readonly perHalfHour: readonly number[];
  /** Days that it is the mean of. */
  readonly days: number;
}

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;
const halfHoursADay = 48;

/** Wall times (epoch milliseconds as if they were UTC) with how many came, and the days that they are of. */
export interface Counted {
  readonly rows: readonly { readonly wall: number; readonly count: number }[];
  /** Midnights, as wall times. */
  readonly days: readonly number[];
}

/** The mean day, from its first to its last half hour in which anybody came. */
export function meanDay(source: string, { rows, days }: Counted): DayOfArrivals {
  const sums = Array.from({ length: halfHoursADay }, () => 0);
  const wanted = new Set(days);
  for (const { wall, count } of rows) {
    const midnight = Math.floor(wall / dayMs) * dayMs;
    const slot = Math.floor((wall - midnight) / (30 * minuteMs));
    if (wanted.has(midnight)) sums[slot] = (sums[slot] as number) + count;
  }
  const first = sums.findIndex((sum) => sum > 0);
  const last = sums.findLastIndex((sum) => sum > 0);
  const kept = first < 0 ? [] : sums.slice(first, last + 1);
  return {
    source,
    startMinute: Math.max(0, first) * 30,
    perHalfHour: kept.map((sum) => sum / Math.max(1, days.length)),
    days: days.length,
  };
}

/** 1 January 1970 was a Thursday. */
export const weekdayOf = (midnight: number) => allWeekdays[(((midnight / dayMs + 3) % 7) + 7) % 7] as Weekday;

/** Time zones differ by quarters of an hour. */
export const quarterMs = 15 * minuteMs;

/** Which days are meant: the last whole ones by the clocks of a time zone, and of them these weekdays. */
export interface MeasuredDays {
  readonly days: number;
  readonly weekdays: readonly Weekday[];
  readonly timeZone: string;
  readonly now: number;
}

/** The instants from which on and before which those days lie. */
export function spanOf({ days, timeZone, now }: MeasuredDays): { from: number; to: number } {
  const zone = zoneTime(timeZone);
  const today = Math.floor(zone.wallAt(now) / dayMs) * dayMs;
  return { from: zone.instantsOf(today - days * dayMs).first, to: zone.instantsOf(today).first };
}

/** @param quarters when quarters of an hour began, with how many came in each */
export function measuredDay(
  source: string,
  quarters: readonly { readonly at: number; readonly count: number }[],
  { days, weekdays, timeZone, now }: MeasuredDays,
): DayOfArrivals {
  const zone = zoneTime(timeZone);
  const today = Math.floor(zone.wallAt(now) / dayMs) * dayMs;
  const midnights = Array.from({ length: days }, (_, i) => today - (i + 1) * dayMs);
  const rows = quarters.map(({ at, count }) => ({ wall: zone.wallAt(at), count }));
  return meanDay(source, { rows, days: midnights.filter((midnight) => weekdays.includes(weekdayOf(midnight))) });
}
