import { isoDay } from './civil-days.ts';
import type { Days } from './date-rules.ts';
import type { Finding } from './find-amounts.ts';
import type { ReadTime } from './find-times.ts';

export interface ReadDays extends Days {
  readonly start: number;
  readonly end: number;
}

/** A date, a time or both, before it is written as a value. */
export interface Moment {
  readonly start: number;
  readonly end: number;
  readonly days?: ReadDays;
  readonly time?: ReadTime;
}

/** A moment, or the range from one to another, in its one form (see `findDates`). */
export function momentValue(first: Moment, last: Moment | undefined): Finding {
  const place = { start: first.start, end: last?.end ?? first.end };
  if (first.days === undefined) return { type: 'time', ...place, value: timeValue(first.time, last?.time) };
  const [from, to] = [instantsOf(first), instantsOf(last ?? first)];
  if (from !== undefined) {
    const end = last === undefined ? from.to : (to?.to ?? to?.from ?? isoDay(last.days?.to ?? first.days.to));
    if (end === undefined) return { type: 'date', ...place, value: from.from, unit: 'minute' };
    return { type: 'date', ...place, value: `${from.from}/${end}`, unit: 'range' };
  }
  const [firstDay, lastDay] = [isoDay(first.days.from), isoDay((last ?? first).days?.to ?? first.days.to)];
  if (firstDay === lastDay) return { type: 'date', ...place, value: firstDay, unit: 'day' };
  return { type: 'date', ...place, value: `${firstDay}/${lastDay}`, unit: 'range' };
}

function timeValue(first: ReadTime | undefined, last: ReadTime | undefined): string {
  const from = first?.from ?? 0;
  const to = last?.from ?? first?.to;
  return to === undefined ? clock(from) : `${clock(from)}/${clock(to)}`;
}

const dayMinutes = 1_440;

/** The instants that a moment begins and, where it is a part of a day, ends with; undefined for whole days. */
function instantsOf({ days, time }: Moment): { from: string; to?: string } | undefined {
  if (days === undefined) return undefined;
  const at = (minute: number) => `${isoDay(days.from + Math.floor(minute / dayMinutes))}T${clock(minute)}`;
  const part = time ?? days.part;
  if (part?.to !== undefined) return { from: at(part.from), to: at(part.to) };
  const minute = part?.from ?? days.minute;
  return minute === undefined ? undefined : { from: at(minute) };
}

function clock(minute: number): string {
  const ofDay = minute % dayMinutes;
  return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
}
