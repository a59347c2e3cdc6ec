import type { Interval } from '../routing/simulation/statistics.ts';
import type { CheckedHalfHour, CheckedPlan } from '../routing/staffing-check.ts';
import { agentHours, type Plan, timeOfDay } from '../routing/staffing-plan.ts';

/** For people: a line for each half hour with a bar, and what it comes to. */
export function describePlan(plan: Plan): string {
  const { day, input, checked } = plan;
  const isChecked = checked.simulated !== undefined;
  const most = Math.max(1, ...checked.halfHours.map(({ agents }) => agents));
  const rows = checked.halfHours.map((half, i) => row(half, { time: timeOfDay(day, i), most, isChecked }));
  return [
    `${heading(plan)}\n`,
    `half hour   come  agents  ${''.padEnd(barWidth)}  in time, by theory${isChecked ? '  simulated' : ''}`,
    ...rows,
    '',
    ...totals(plan),
    ...(isChecked ? [raised(checked)] : []),
    `Assumed: conversations come independently of each other, agents are equal, all who are planned are there and work on what comes.`,
    `${input.patienceMs === null ? 'Nobody gives up.' : 'Who gives up does not come back.'} docs/staffing.md tells more.`,
    '',
  ].join('\n');
}

function heading({ day, input, scale }: Plan): string {
  const { handlingMs, patienceMs, concurrency, target } = input;
  const of = day.days > 1 ? `, the mean of ${day.days} days` : '';
  const times = scale === 1 ? '' : `, ${scale} times as many`;
  const patience = patienceMs === null ? 'nobody gives up' : `patience ${duration(patienceMs)}`;
  return (
    `${day.source}${of}${times}: conversations of ${duration(handlingMs)}, ${concurrency} at once, ${patience}.\n` +
    `Target: ${percent(target.share)} of all answered in ${duration(target.withinMs)}.`
  );
}

const barWidth = 30;

function row(
  half: CheckedHalfHour,
  { time, most, isChecked }: { time: string; most: number; isChecked: boolean },
): string {
  const { arrivals, agents, byErlang, answeredInTime } = half;
  const more = agents > byErlang.agents ? `+${agents - byErlang.agents}` : '';
  const columns = [
    time.padEnd(9),
    count(arrivals).padStart(6),
    String(agents).padStart(6),
    bar(agents / most).padEnd(barWidth),
    percent(byErlang.answeredInTime).padStart(8),
    more.padEnd(3),
  ];
  if (isChecked && answeredInTime !== undefined) columns.push(`      ${between(answeredInTime)}`);
  return columns.join('  ').trimEnd();
}

/** Eighths of a character, as terminals have them. */
export function bar(part: number): string {
  const eighths = Math.round(part * barWidth * 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return '█'.repeat(Math.floor(eighths / 8)) + rest;
}

function totals({ checked, input }: Plan): string[] {
  const { halfHours, simulated } = checked;
  const most = Math.max(...halfHours.map(({ agents }) => agents));
  const first = `${agentHours(checked)} agent hours, ${most} at the most.`;
  if (simulated === undefined) return [`${first} By theory alone: nothing was simulated.`];
  const { answeredInTime, abandonment, meanWaitMs, occupancy, days } = simulated;
  return [
    `${first} Simulated over ${days} days, with 95 % intervals:`,
    `  answered in ${duration(input.target.withinMs)}  ${between(answeredInTime)}`,
    `  give up          ${between(abandonment)}`,
    `  mean wait        ${seconds(meanWaitMs.mean)} (${seconds(Math.max(0, meanWaitMs.low))} to ${seconds(meanWaitMs.high)})`,
    `  occupancy        ${percent(occupancy)}`,
  ];
}

function raised({ halfHours }: CheckedPlan): string {
  const more = halfHours.reduce((sum, { agents, byErlang }) => sum + agents - byErlang.agents, 0);
  if (more === 0) return 'The simulation bears theory out in every half hour.';
  const where = halfHours.filter(({ agents, byErlang }) => agents > byErlang.agents).length;
  return `Theory alone was too hopeful in ${where} of ${halfHours.length} half hours: the simulation added what stands beside it.`;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const between = ({ mean, low, high }: Interval) =>
  `${percent(mean).padStart(7)} (${percent(Math.max(0, low))} to ${percent(Math.min(1, high))})`;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const count = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** `5 min`, `90 s`, `1.5 h`: the largest unit that leaves no long fraction. */
export function duration(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const fits = units.find(([, size]) => ms >= size && Number.isInteger((2 * ms) / size));
  return fits === undefined ? `${ms / 1_000} s` : `${ms / fits[1]} ${fits[0]}`;
}
