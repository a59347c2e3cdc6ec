import { agentHours, type Plan, timeOfDay } from '../routing/staffing-plan.ts';
import { duration, percent } from './staff-report.ts';

const left = 56;
const top = 56;
const height = 240;
const barStep = 22;

/**
 * The plan as a picture that stands alone: a bar of agents for each half hour, and a line of what comes. What the simulation
 * added to theory is drawn on top in another shade.
 */
export function drawPlan(plan: Plan): string {
  const { halfHours } = plan.checked;
  const width = left + halfHours.length * barStep + 56;
  const mostAgents = niceCeiling(Math.max(1, ...halfHours.map(({ agents }) => agents)));
  const mostArrivals = niceCeiling(Math.max(1, ...halfHours.map(({ arrivals }) => arrivals)));
  const x = (i: number) => left + i * barStep;
  const y = (part: number) => round(top + height * (1 - part));
  const bars = halfHours.flatMap(({ agents, byErlang }, i) => [
    rect({ x: x(i), from: y(byErlang.agents / mostAgents), to: y(0), fill: '#3b6fb6' }),
    rect({ x: x(i), from: y(agents / mostAgents), to: y(byErlang.agents / mostAgents), fill: '#e0913a' }),
  ]);
  const points = halfHours.map(({ arrivals }, i) => `${x(i) + barStep / 2},${y(arrivals / mostArrivals)}`);
  const times = halfHours.flatMap((_, i) =>
    i % 2 === 0 ? [text(x(i), top + height + 16, timeOfDay(plan.day, i), 'start')] : [],
  );
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
    `<line x1="${left}" x2="${x(halfHours.length)}" y1="${y(part)}" y2="${y(part)}" stroke="#ddd"/>`,
    text(left - 8, y(part) + 4, String(mostAgents * part), 'end'),
    text(x(halfHours.length) + 8, y(part) + 4, String(mostArrivals * part), 'start'),
  ]);
  const title = titleOf(plan);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.max(width, 560)} ${top + height + 56}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(left, 20, title, 'start'),
    text(
      left,
      38,
      `${agentHours(plan.checked)} agent hours. Bars: agents (blue: Erlang, orange: added by the simulation). Line: conversations.`,
      'start',
    ),
    ...grid,
    ...bars,
    `<polyline points="${points.join(' ')}" fill="none" stroke="#333" stroke-width="1.5"/>`,
    ...times,
    '</svg>\n',
  ].join('\n');
}

function titleOf({ input, day }: Plan): string {
  const { target, handlingMs } = input;
  return `Agents for ${percent(target.share)} answered in ${duration(target.withinMs)}, conversations of ${duration(handlingMs)} (${day.source})`;
}

function rect({ x, from, to, fill }: { x: number; from: number; to: number; fill: string }): string {
  return `<rect x="${x + 2}" y="${from}" width="${barStep - 4}" height="${round(Math.max(0, to - from))}" fill="${fill}"/>`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** The next of 4, 8, 12, 20, 40, … that quarters of are whole, or nearly. */
function niceCeiling(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 2, 4, 6, 8, 10].map((part) => part * magnitude).find((nice) => nice >= value && nice >= 4) ?? 4;
}

const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (words: string) => words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
