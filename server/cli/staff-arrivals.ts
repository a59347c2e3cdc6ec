import { readFile } from 'node:fs/promises';
import type { Weekday } from '@parley/sdk/routing-document.ts';
import {
  type DayOfArrivals,
  dayMs,
  type MeasuredDays,
  meanDay,
  measuredDay,
  minuteMs,
  quarterMs,
  spanOf,
  weekdayOf,
} from '../routing/arrivals-day.ts';
import { UsageError } from './command.ts';
import type { SqlConnection } from './sql-connection.ts';

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

/**
 * Conversations that began in the last whole days, as clocks in the time zone show them. Reads alone. One that was reopened
 * counts once, when it began.
 */
export async function measuredArrivals(connection: SqlConnection, measured: MeasuredDays): Promise<DayOfArrivals> {
  const { from, to } = spanOf(measured);
  // The last activity is never before the beginning, and it is what there is an index of.
  const found = await connection.rows(
    `select created_at - created_at % ${quarterMs} as quarter, count(*) from conversations
     where sort_at >= ? and created_at >= ? and created_at < ? group by created_at - created_at % ${quarterMs}`,
    [from, from, to],
  );
  const quarters = found.map(([at, count]) => ({ at: Number(at), count: Number(count) }));
  return measuredDay(connection.place, quarters, measured);
}
