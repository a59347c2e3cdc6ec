import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from '../../routing/working-hours.ts';
import type { StaffHours } from './at-work.ts';

/** So far ahead each day of the week is one day. */
const weekdayTellsMs = 6 * 24 * 60 * 60_000;

/** When there are people, by the schedules of the routing configuration; one that is gone is always open. */
export function createStaffHours(config: () => RoutingConfig): StaffHours {
  /** Made once for each configuration. */
  let made: { readonly of: RoutingConfig; readonly hours: Map<string, WorkingHours> } | undefined;

  function hoursOf(scheduleId: string | null): WorkingHours {
    if (scheduleId === null) return alwaysOpen;
    const current = config();
    if (made?.of !== current) made = { of: current, hours: new Map() };
    let hours = made.hours.get(scheduleId);
    if (hours === undefined) {
      const schedule = current.schedules.find(({ id }) => id === scheduleId);
      hours = schedule === undefined ? alwaysOpen : createWorkingHours(schedule);
      made.hours.set(scheduleId, hours);
    }
    return hours;
  }

  const timeZone = (scheduleId: string | null) =>
    config().schedules.find(({ id }) => id === scheduleId)?.timeZone ?? 'UTC';

  return {
    timeZone,
    isOpen: (scheduleId, at) => hoursOf(scheduleId).isOpen(at),
    opensAt: (scheduleId, at, language) => {
      const hours = hoursOf(scheduleId);
      const opensAt = hours.isOpen(at) ? undefined : hours.nextChange(at);
      if (opensAt === undefined) return null;
      const format = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
      // After a longer holiday the name of the day alone would be that of this week.
      const date = opensAt - at < weekdayTellsMs ? {} : ({ month: 'short', day: 'numeric' } as const);
      return new Intl.DateTimeFormat(language, { ...format, ...date, timeZone: timeZone(scheduleId) }).format(opensAt);
    },
  };
}
