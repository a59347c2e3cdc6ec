import { readFile } from 'node:fs/promises';
import { zoneTime } from '../base/zone-time.ts';
import { weekdays as allWeekdays, type Weekday } from '../routing/routing-config.ts';
import { UsageError } from './command.ts';
import type { SqlConnection } from './sql-connection.ts';

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

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const halfHoursADay = 48;

/** Wall times (epoch milliseconds as if they were UTC) with how many came, and the days that they are of. */
interface Counted {
  readonly rows: readonly { readonly wall: number; readonly count: number }[];
  /** Midnights, as wall times. */
  readonly days: readonly number[];
}

/** The mean day, from its first to its last half hour in which anybody came. */
function meanDay(source: string, { rows, days }: Counted): DayOfArrivals {
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
const weekdayOf = (midnight: number) => allWeekdays[(((midnight / dayMs + 3) % 7) + 7) % 7] as Weekday;

/**
 * Reads lines `time,count`; a first line that begins with a word is a heading.
 * @throws UsageError that names the line
 */
export async function arrivalsFromCsv(path: string, weekdays: readonly Weekday[]): Promise<DayOfArrivals> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--arrivals: ${path} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
  const lines = text.split(/\r?\n/).map((line, i) => ({ line: line.trim(), no: i + 1 }));
  const rows = lines
    .filter(({ line, no }) => line !== '' && !(no === 1 && /^\D/.test(line)))
    .map(({ line, no }) => readLine(line, `--arrivals: line ${no} of ${path}`));
  const dates = new Set(rows.map(({ wall }) => Math.floor(wall / dayMs) * dayMs));
  // Times of day alone are all of one day, which is no weekday.
  const isDated = !dates.has(0);
  if (!isDated && dates.size > 1) throw new UsageError(`--arrivals: ${path} has times with a date and times without`);
  const days = [...dates].filter((midnight) => !isDated || weekdays.includes(weekdayOf(midnight)));
  return meanDay(path, { rows, days });
}

function readLine(line: string, where: string): { wall: number; count: number } {
  const [time = '', countText = '1', ...more] = line
    .split(/[,;\t]/)
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
  const match = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?$/.exec(time);
  const midnight = match?.[1] === undefined ? 0 : Date.parse(match[1]);
  const minutes = match === null ? Number.NaN : Number(match[2]) * 60 + Number(match[3]);
  if (Number.isNaN(midnight) || !(minutes < 24 * 60) || Number(match?.[3]) > 59) {
    throw new UsageError(`${where}: expected a time such as 09:30 or 2026-03-02T09:30, got ${JSON.stringify(time)}`);
  }
  if (!/^\d+(\.\d+)?$/.test(countText) || more.length > 0) {
    throw new UsageError(`${where}: expected "time,count", got ${JSON.stringify(line.slice(0, 60))}`);
  }
  return { wall: midnight + minutes * minuteMs, count: Number(countText) };
}

/** Time zones differ by quarters of an hour. */
const quarterMs = 15 * minuteMs;

/**
 * Conversations that began in the last whole days, as clocks in the time zone show them. Reads alone. One that was reopened
 * counts once, when it began.
 */
export async function measuredArrivals(
  connection: SqlConnection,
  { days, weekdays, timeZone, now }: { days: number; weekdays: readonly Weekday[]; timeZone: string; now: number },
): Promise<DayOfArrivals> {
  const zone = zoneTime(timeZone);
  const today = Math.floor(zone.wallAt(now) / dayMs) * dayMs;
  const midnights = Array.from({ length: days }, (_, i) => today - (i + 1) * dayMs);
  const [from, to] = [zone.instantsOf(today - days * dayMs).first, zone.instantsOf(today).first];
  // The last activity is never before the beginning, and it is what there is an index of.
  const found = await connection.rows(
    `select created_at - created_at % ${quarterMs} as quarter, count(*) from conversations
     where sort_at >= ? and created_at >= ? and created_at < ? group by created_at - created_at % ${quarterMs}`,
    [from, from, to],
  );
  const rows = found.map(([quarter, count]) => ({ wall: zone.wallAt(Number(quarter)), count: Number(count) }));
  const kept = midnights.filter((midnight) => weekdays.includes(weekdayOf(midnight)));
  return meanDay(connection.place, { rows, days: kept });
}
