import { type Hours, type Schedule, weekdays } from '@parley/sdk/routing-document.ts';
import { type ZoneTime, zoneTime } from '../base/zone-time.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const weekMs = 7 * dayMs;
/** A schedule that does not change for so long never does: special days are looked for a year ahead. */
const changeWithinWeeks = 60;
/** A time that lies further away is none: there are no working hours to speak of. */
const addWithinWeeks = 520;
/** Weeks kept: ten years. What a clock asks lies in few of them. */
const weeksKept = 520;

/** When people work: a schedule, made fast to ask. Instants are epoch milliseconds. */
export interface WorkingHours {
  isOpen(at: number): boolean;
  /** When it opens or closes next; undefined: not within a year. */
  nextChange(at: number): number | undefined;
  openMsBetween(from: number, to: number): number;
  /** When so much open time has passed; undefined: there is none within ten years. */
  addOpenMs(at: number, ms: number): number | undefined;
}

export const alwaysOpen: WorkingHours = {
  isOpen: () => true,
  nextChange: () => undefined,
  openMsBetween: (from, to) => Math.max(0, to - from),
  addOpenMs: (at, ms) => at + Math.max(0, ms),
};

/** An open time, from the first to before the second. */
type Span = readonly [from: number, to: number];
type Week = { readonly spans: readonly Span[]; readonly openMs: number };

/**
 * A day's hours begin and end as its own time zone's clock says. Where the clock shows a time twice, they begin with the
 * first and end with the last one; where it leaves it out, at the moment of the change. Hours belong to the day on which
 * they begin: a night shift before a holiday ends in the morning.
 */
export function createWorkingHours(schedule: Schedule): WorkingHours {
  const zone = zoneTime(schedule.timeZone);
  const special = new Map(schedule.special.map(({ date, hours }) => [Date.parse(date), hours]));
  const weekly = weekdays.map((weekday) => schedule.weekly.filter(({ day }) => day === weekday));
  const weeks = new Map<number, Week>();

  /** @param day midnight as a wall time */
  function hoursOf(day: number): readonly Hours[] {
    // 1 January 1970 was a Thursday; weeks begin with Monday.
    return special.get(day) ?? weekly[(((day / dayMs + 3) % 7) + 7) % 7] ?? [];
  }

  function week(index: number): Week {
    let found = weeks.get(index);
    if (found === undefined) {
      if (weeks.size >= weeksKept) weeks.clear();
      const [from, to] = [index * weekMs, (index + 1) * weekMs];
      const spans = merge(spansOf(zone, hoursOf, from, to));
      found = { spans, openMs: spans.reduce((sum, span) => sum + span[1] - span[0], 0) };
      weeks.set(index, found);
    }
    return found;
  }

  function isOpen(at: number): boolean {
    return week(weekOf(at)).spans.some(([from, to]) => from <= at && at < to);
  }

  function nextChange(at: number): number | undefined {
    const isOpenNow = isOpen(at);
    const first = weekOf(at);
    for (let index = first; index < first + changeWithinWeeks; index++) {
      for (const span of week(index).spans) {
        const edge = isOpenNow ? span[1] : span[0];
        // Where a week ends, open hours may go on.
        if (edge > at && isOpen(edge) !== isOpenNow) return edge;
      }
    }
    return undefined;
  }

  function openMsBetween(from: number, to: number): number {
    let sum = 0;
    for (let index = weekOf(from); index * weekMs < to; index++) {
      const { spans, openMs } = week(index);
      const isWhole = from <= index * weekMs && (index + 1) * weekMs <= to;
      sum += isWhole ? openMs : spans.reduce((open, span) => open + overlap(span, from, to), 0);
    }
    return sum;
  }

  function addOpenMs(at: number, ms: number): number | undefined {
    if (ms <= 0) return at;
    let left = ms;
    const first = weekOf(at);
    for (let index = first; index < first + addWithinWeeks; index++) {
      const { spans, openMs } = week(index);
      if (index > first && left > openMs) {
        left -= openMs;
        continue;
      }
      for (const [from, to] of spans) {
        const begin = Math.max(from, at);
        if (to - begin >= left) return begin + left;
        left -= Math.max(0, to - begin);
      }
    }
    return undefined;
  }

  return { isOpen, nextChange, openMsBetween, addOpenMs };
}

/** `HH:MM` as minutes; undefined when it is not one, from 00:00 to 48:00. */
export function parseMinutes(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const sum = Number(hours) * 60 + Number(minutes);
  return sum <= 48 * 60 ? sum : undefined;
}

function weekOf(at: number): number {
  return Math.floor(at / weekMs);
}

/** All open times that touch a week, cut at its ends. Hours that began up to two days before may reach into it. */
function spansOf(zone: ZoneTime, hoursOf: (day: number) => readonly Hours[], from: number, to: number): Span[] {
  const spans: Span[] = [];
  const firstDay = Math.floor(zone.wallAt(from) / dayMs) * dayMs - 3 * dayMs;
  for (let day = firstDay; day <= zone.wallAt(to) + dayMs; day += dayMs) {
    for (const hours of hoursOf(day)) {
      const begin = zone.instantsOf(day + (parseMinutes(hours.from) ?? 0) * minuteMs).first;
      const end = zone.instantsOf(day + (parseMinutes(hours.to) ?? 0) * minuteMs).last;
      const span: Span = [Math.max(begin, from), Math.min(end, to)];
      if (span[0] < span[1]) spans.push(span);
    }
  }
  return spans;
}

/** In order, without overlaps, and as one where they touch. */
function merge(spans: readonly Span[]): Span[] {
  const merged: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function overlap([begin, end]: Span, from: number, to: number): number {
  return Math.max(0, Math.min(end, to) - Math.max(begin, from));
}
