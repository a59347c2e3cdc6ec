const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * The time on the wall in a time zone, and back. A wall time is written as the epoch milliseconds that it would be in UTC,
 * so that days and hours are plain arithmetic.
 */
export interface ZoneTime {
  wallAt(instant: number): number;
  /**
   * When the wall shows this. Twice in the hour that clocks are put back by: the first and the last instant are told. In
   * the hour that is left out in spring never: both are then the instant of the change.
   */
  instantsOf(wall: number): { readonly first: number; readonly last: number };
}

/** Bounded by the number of time zones there are. */
const zones = new Map<string, ZoneTime>();

/** @throws RangeError when there is no such zone */
export function zoneTime(timeZone: string): ZoneTime {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = createZoneTime(timeZone);
    zones.set(timeZone, zone);
  }
  return zone;
}

export function isTimeZone(name: string): boolean {
  try {
    // An offset is no zone: it knows nothing of daylight saving.
    return /^[A-Za-z]/.test(name) && zoneTime(name) !== undefined;
  } catch {
    return false;
  }
}

function createZoneTime(timeZone: string): ZoneTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

  function offsetAt(instant: number): number {
    // Offsets are whole minutes since 1972, and changes fall on whole minutes.
    const minute = Math.floor(instant / minuteMs) * minuteMs;
    const at: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(minute)) at[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute: minutes = 0, second = 0 } = at;
    return Date.UTC(year, month - 1, day, hour, minutes, second) - minute;
  }

  /** The first instant after `before`, up to `after`, at which the offset is another. */
  function changeBetween(before: number, after: number): number {
    const old = offsetAt(before);
    let [low, high] = [Math.floor(before / minuteMs), Math.ceil(after / minuteMs)];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (offsetAt(middle * minuteMs) === old) low = middle;
      else high = middle;
    }
    return high * minuteMs;
  }

  return {
    wallAt: (instant) => instant + offsetAt(instant),
    instantsOf: (wall) => {
      const offsets = new Set([offsetAt(wall - dayMs), offsetAt(wall + dayMs)]);
      const found = [...offsets].filter((offset) => offsetAt(wall - offset) === offset).map((offset) => wall - offset);
      if (found.length > 0) return { first: Math.min(...found), last: Math.max(...found) };
      const change = changeBetween(wall - Math.max(...offsets), wall - Math.min(...offsets));
      return { first: change, last: change };
    },
  };
}
