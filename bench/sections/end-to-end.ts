import { rm } from 'node:fs/promises';
import type { Window } from '../message-load.ts';
import type { Options } from '../options.ts';
import { openGroupCommit } from '../references/group-commit.ts';
import { row, type Section } from '../report.ts';
import { makeDataDir } from '../server-process.ts';
import type { ChatRig } from './chat-rig.ts';

type Round = { parley: Window; echo: Window; commit32: number; commit256: number };

/** Messages a second at saturation, from the visitor's socket through the commit to the agent's socket. */
export async function measureEndToEnd(rig: ChatRig, options: Options): Promise<Section> {
  const rounds: Round[] = [];
  const dataDir = await makeDataDir();
  try {
    await using commits = openGroupCommit(dataDir);
    for (let i = 0; i < options.rounds; i++) rounds.push(await measureRound(rig, commits, options));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  const of = <T>(read: (round: Round) => T) => rounds.map(read);
  const echo = (read: (round: Round) => number) => ({ name: 'bare ws echo, nothing kept', rounds: of(read) });
  const perSecond = of((round) => round.parley.perSecond);
  return {
    id: 'end-to-end',
    title: 'Durable messages, end to end, at saturation',
    explanation: [
      `${options.visitors} visitors each keep ${options.window} unanswered messages under way; ${options.agents} agents read. A message counts when the`,
      "agent's socket has it, which is after SQLite has committed it and the disk has synced it. The load client runs",
      'in its own process on the same cores. CPU is that of the whole server process, all threads. Latency here is the',
      'time in the queue that the senders themselves keep full.',
    ],
    rows: [
      row(
        'delivered messages',
        '1/s',
        perSecond,
        echo((round) => round.echo.perSecond),
      ),
      row('delivered messages', '1/s', perSecond, {
        name: 'bare SQLite thread, synced, 32 rows a commit',
        rounds: of((round) => round.commit32),
      }),
      row('delivered messages', '1/s', perSecond, {
        name: 'bare SQLite thread, synced, 256 rows a commit',
        rounds: of((round) => round.commit256),
      }),
      row(
        'server CPU a message',
        'µs',
        of((round) => round.parley.serverCpuUs),
        echo((round) => round.echo.serverCpuUs),
      ),
      row(
        'client CPU a message',
        'µs',
        of((round) => round.parley.clientCpuUs),
        echo((round) => round.echo.clientCpuUs),
      ),
      row(
        'latency p50',
        'ms',
        of((round) => round.parley.p50Ms),
        echo((round) => round.echo.p50Ms),
      ),
      row(
        'latency p99',
        'ms',
        of((round) => round.parley.p99Ms),
        echo((round) => round.echo.p99Ms),
      ),
    ],
    checks: [],
  };
}

async function measureRound(
  rig: ChatRig,
  commits: ReturnType<typeof openGroupCommit>,
  options: Options,
): Promise<Round> {
  const { window, warmMs, measureMs, referenceMs } = options;
  const echo = await rig.echo.call('saturate', { window, warmMs: referenceMs / 3, measureMs: referenceMs });
  const parley = await rig.parley.call('saturate', { window, warmMs, measureMs });
  await commits.measure(32, referenceMs / 5);
  const commit32 = await commits.measure(32, referenceMs / 2);
  const commit256 = await commits.measure(256, referenceMs / 2);
  return { parley, echo, commit32, commit256 };
}
