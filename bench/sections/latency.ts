import type { Window } from '../message-load.ts';
import type { Options } from '../options.ts';
import { formatNumber, type Row, row, type Section } from '../report.ts';
import type { ChatRig } from './chat-rig.ts';

/** Latency at fixed rates, counted from the moment when each message was due. */
export async function measureLatency(rig: ChatRig, options: Options): Promise<Section> {
  const rows: Row[] = [];
  for (const perSecond of options.rates) rows.push(...(await measureRate(rig, perSecond, options)));
  return {
    id: 'latency',
    title: 'Latency at a fixed load',
    explanation: [
      `Messages are due at even distances, spread over ${options.visitors} visitors, whether or not earlier ones have arrived. Latency`,
      "counts from the moment when a message was due until the agent's socket has it, committed and synced; so a stall",
      'is charged to all that it held up. Timers add up to 1 ms to both sides.',
    ],
    rows,
    checks: [],
  };
}

async function measureRate(rig: ChatRig, perSecond: number, options: Options): Promise<Row[]> {
  const load = { perSecond, warmMs: options.rateMs / 4, measureMs: options.rateMs };
  const parley: Window[] = [];
  const echo: Window[] = [];
  for (let i = 0; i < options.rounds; i++) {
    echo.push(await rig.echo.call('atRate', { ...load, measureMs: options.referenceMs }));
    parley.push(await rig.parley.call('atRate', load));
  }
  const at = `at ${formatNumber(perSecond)} messages/s`;
  const beside = (read: (window: Window) => number) => ({ name: 'bare ws echo, nothing kept', rounds: echo.map(read) });
  return [
    row(
      `p50 ${at}`,
      'ms',
      parley.map((window) => window.p50Ms),
      beside((window) => window.p50Ms),
    ),
    row(
      `p99 ${at}`,
      'ms',
      parley.map((window) => window.p99Ms),
      beside((window) => window.p99Ms),
    ),
    row(
      `server CPU a message ${at}`,
      'µs',
      parley.map((window) => window.serverCpuUs),
      beside((window) => window.serverCpuUs),
    ),
  ];
}
