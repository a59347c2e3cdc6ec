import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, type ClusterOptions, clusterAdmin, startCluster } from '../../server/testing/cluster.ts';
import { everythingIsThereOnce, queueIsEmpty, untilServing } from './aftermath.ts';
import { signIn, webChannelOf } from './clients.ts';
import { Ledger } from './ledger.ts';
import { createHook, type HookSettings, type Load, type LoadSize, startLoad, type Target } from './load.ts';

export interface FaultRunOptions {
  readonly cluster: ClusterOptions;
  readonly load: LoadSize;
  /** Settings of the webhook channel beside its secret. */
  readonly hook?: HookSettings;
  /** Where the load finds the installation, when that is not the load balancer. */
  readonly front?: (cluster: Cluster) => Promise<string>;
}

/** An installation under load, what is done to it, and how long it took to serve again. */
export interface FaultRun extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly token: string;
  readonly target: Target;
  readonly ledger: Ledger;
  readonly load: Load;
  /** What was done to it, by fault. */
  readonly suffered: ReadonlyMap<string, Suffered>;
  /** Does something to it at a random moment at which requests are under way, and waits until every kind of sender is served. */
  suffer(fault: string, hit: () => Promise<unknown>, options?: SufferOptions): Promise<void>;
  /** Ends the load, waits until all of it is processed, prints what was, and reads everything back. */
  conclude(t: Pick<TestContext, 'diagnostic'>): Promise<void>;
}

export interface SufferOptions {
  /** Goes on while the senders are served again. */
  readonly mend?: () => Promise<unknown>;
  /** What must hold at the moment of the fault beside: it is waited for. */
  readonly when?: () => boolean;
}

/** How often one fault was done, and what it met. */
export interface Suffered {
  /** Each time: until something that was begun after the fault began had its answer, whoever sent it. */
  readonly servedMs: number[];
  /** Requests under way at the moment of the fault, over all times. */
  requests: number;
  /** Attempts whose answer was lost or was to come again, until everybody was served. */
  lost: number;
}

/** How long a fault waits for its moment. */
const momentWithinMs = 20_000;

export async function startFaultRun(options: FaultRunOptions): Promise<FaultRun> {
  const parts = new AsyncDisposableStack();
  try {
    const cluster = parts.use(await startCluster(options.cluster));
    const { token } = await signIn(cluster, clusterAdmin);
    const target = {
      url: (await options.front?.(cluster)) ?? cluster.url,
      agentToken: token,
      webChannelId: await webChannelOf(cluster, token),
      hook: await createHook(cluster, token, options.hook),
    };
    const ledger = new Ledger();
    const load = startLoad(target, ledger, options.load);
    parts.defer(load.abandon);
    await untilServing(ledger);
    return runOf({ cluster, token, target, ledger, load }, () => parts.disposeAsync());
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

function runOf(
  parts: Pick<FaultRun, 'cluster' | 'token' | 'target' | 'ledger' | 'load'>,
  dispose: () => Promise<void>,
): FaultRun {
  const { cluster, token, ledger, load } = parts;
  const suffered = new Map<string, Suffered>();
  return {
    ...parts,
    suffered,
    suffer: async (fault, hit, { mend = async () => undefined, when = () => true } = {}) => {
      const record = suffered.get(fault) ?? { servedMs: [], requests: 0, lost: 0 };
      suffered.set(fault, record);
      await sleep(Math.random() * 100);
      for (const deadline = Date.now() + momentWithinMs; ledger.underway === 0 || !when(); await sleep(1)) {
        assert.ok(Date.now() < deadline, `not tested: the moment for "${fault}" never came`);
      }
      record.requests += ledger.underway;
      const lostBefore = ledger.lost;
      const at = performance.now();
      await hit();
      const mending = mend();
      await untilServing(ledger);
      record.servedMs.push(performance.now() - at);
      record.lost += ledger.lost - lostBefore;
      await mending;
    },
    conclude: async (t) => {
      await load.finish();
      await queueIsEmpty([...cluster.of('worker'), ...cluster.of('all')][0]);
      for (const [fault, record] of suffered) t.diagnostic(`${fault}: ${summaryOf(record)}`);
      t.diagnostic(
        `${ledger.acknowledged().length} acknowledged; ${ledger.storedBefore().length} of them were stored before their answer was lost`,
      );
      assert.deepEqual(ledger.surprises, []);
      await everythingIsThereOnce(cluster, token, ledger);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function summaryOf({ servedMs, requests, lost }: Suffered): string {
  const sorted = servedMs.toSorted((a, b) => a - b);
  const seconds = (ms = 0) => (ms / 1_000).toFixed(1);
  const served =
    sorted.length === 1
      ? `after ${seconds(sorted[0])} s`
      : `after ${seconds(sorted[Math.floor(sorted.length / 2)])} s in the middle, ${seconds(sorted.at(-1))} s at most`;
  const times = sorted.length === 1 ? 'once' : `${sorted.length} times`;
  return `${times}, ${requests} requests under way, ${lost} answers lost; every sender was served again ${served}`;
}
