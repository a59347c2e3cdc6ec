import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterMissing } from '../../server/testing/cluster.ts';
import { queueIsEmpty } from '../support/aftermath.ts';
import { burst } from '../support/burst.ts';
import { startFaultRun } from '../support/fault-run.ts';
import { watchMemory } from '../support/memory.ts';

const burstMs = 30_000;
/** The database stands still in the middle of it, until the queue is full: else a fast machine would never be. */
const stillAfterMs = 8_000;
const stillForAtMostMs = 8_000;
const ordinaryMs = 2_000;
/** Entries that may wait in Redis: few, so that the burst meets the bound; enough that a request of it finds room again. */
const queueMax = 400;
/** Of one process: half of what a container in `deploy/` may have. */
const maxMiB = 512;

test('ten times the usual callbacks are taken or told to come again, in bounded memory, and none that was taken is lost', {
  skip: clusterMissing(),
  timeout: 150_000,
}, async (t) => {
  await using run = await startFaultRun({
    cluster: { roles: { all: 2 }, oneRedis: true, env: { PARLEY_QUEUE_MAX: String(queueMax) } },
    load: { visitors: 2, hookContacts: 5, lanes: 1, pauseMs: 400 },
  });
  const { cluster, ledger } = run;
  const callbacks = () => ledger.acknowledged('webhook').length;
  const before = callbacks();
  await sleep(ordinaryMs);
  const usual = ((callbacks() - before) * 1_000) / ordinaryMs;
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  const size = { messagesPerSecond: usual * 10, forMs: burstMs, batch: 5, contacts: 200 };
  const still = standStill(cluster.mariadb.server);
  const outcome = await burst(run.target, ledger, size, still.sawRefusal);
  await still.ended;
  const emptiedFrom = performance.now();
  await run.load.finish();
  await queueIsEmpty(cluster.nodes[0]);
  const emptiedMs = performance.now() - emptiedFrom;

  t.diagnostic(
    `${Math.round(usual)} callbacks/s, then ${Math.round((outcome.messages * 1_000) / burstMs)}/s for ${burstMs / 1_000} s; ${outcome.refused} requests of ${outcome.messages / size.batch} told to come again; the last was taken ${(outcome.caughtUpMs / 1_000).toFixed(1)} s after the burst, the queue empty ${(emptiedMs / 1_000).toFixed(1)} s later`,
  );
  t.diagnostic(
    `memory of the largest process: ${memory.firstMiB.toFixed(0)} MiB before, ${memory.peakMiB.toFixed(0)} MiB at most`,
  );
  assert.ok(outcome.messages >= usual * 10 * (burstMs / 1_000) * 0.8, 'not tested: the burst was no burst');
  assert.ok(outcome.refused > 0, 'not tested: nothing met the bound of the queue');
  assert.ok(memory.peakMiB < maxMiB, `a process held ${memory.peakMiB.toFixed(0)} MiB`);
  await run.conclude(t);
});

/** Pauses the server for as long as nothing was refused since. */
function standStill(server: { pause(): void; resume(): void }) {
  const refused = Promise.withResolvers<void>();
  let isStill = false;
  const stand = async () => {
    await sleep(stillAfterMs);
    isStill = true;
    server.pause();
    await Promise.race([refused.promise, sleep(stillForAtMostMs)]);
    server.resume();
  };
  return {
    ended: stand(),
    sawRefusal: () => {
      if (isStill) refused.resolve();
    },
  };
}
