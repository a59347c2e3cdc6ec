import type { DayOfArrivals } from './arrivals-day.ts';
import type { Interval } from './simulation/statistics.ts';
import type { HalfHourStaffing, StaffingInput } from './staffing.ts';
import type { CheckedPlan, Simulated } from './staffing-check.ts';

/** What was asked and what was found, to be told in one way or another. */
export interface Plan {
  readonly day: DayOfArrivals;
  readonly input: StaffingInput;
  readonly checked: CheckedPlan;
  readonly scale: number;
}

/** `08:30` of a half hour; a second day begins at 00:00 again. */
export function timeOfDay({ startMinute }: DayOfArrivals, index: number): string {
  const minutes = (startMinute + 30 * index) % (24 * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

export const agentHours = ({ halfHours }: CheckedPlan): number =>
  halfHours.reduce((sum, { agents }) => sum + agents, 0) / 2;

/** A plan for programs. Shares are parts of one, times milliseconds. */
export interface PlanTable {
  readonly source: string;
  /** Days that the arrivals are the mean of. */
  readonly meanOfDays: number;
  readonly scale: number;
  readonly input: StaffingInput;
  readonly halfHours: readonly {
    /** `08:30` */
    readonly time: string;
    readonly arrivals: number;
    readonly agents: number;
    readonly byErlang: HalfHourStaffing;
    /** Answered in time, in the simulation; null: nobody came, or nothing was simulated. */
    readonly simulated: Interval | null;
  }[];
  readonly agentHours: number;
  /** Over the whole time; null: nothing was simulated. */
  readonly simulated: Simulated | null;
}

export function tableOf(plan: Plan): PlanTable {
  const { day, input, checked, scale } = plan;
  const { halfHours, simulated } = checked;
  return {
    source: day.source,
    meanOfDays: day.days,
    scale,
    input,
    halfHours: halfHours.map(({ byErlang, agents, arrivals, answeredInTime }, i) => ({
      time: timeOfDay(day, i),
      arrivals,
      agents,
      byErlang,
      simulated: answeredInTime ?? null,
    })),
    agentHours: agentHours(checked),
    simulated: simulated ?? null,
  };
}
