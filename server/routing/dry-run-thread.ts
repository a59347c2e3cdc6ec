import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Condition, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DryRunMessage, DryRunQuestion, DryRunReply, DryRunResult } from './dry-run-protocol.ts';
import { presenceLookBackMs } from './presence-recorder.ts';
import type { PresenceRow, QueueRow, RecordStore, TimeSpan } from './record-store.ts';

/** Read in one look, so that nobody else's waits long for it. */
const visitsAtOnce = 250;
const presencesAtOnce = 2_000;
/** Reading is so much of all that is to be done. */
const readingShare = 0.3;

/** What the thread may hold: a machine that runs out of memory has no server any more. */
const mostMegabytes = 2_048;
const isOutOfMemory = (error: unknown) => (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
const tooMuch = () =>
  new Refusal('bad-request', `days: this takes more than ${mostMegabytes} MB of memory: choose fewer days.`, {
    field: 'days',
  });

/**
 * Reads what was recorded, and has it replayed in a thread of its own. Whoever reads rests as long as each look took, so
 * that it takes its share of the store and no more.
 *
 * @param onProgress told how much is done, from 0 to 1
 * @throws the signal's reason when it aborts
 */
export async function computeDryRun(
  store: Pick<RecordStore, 'queueRecord' | 'visitRows' | 'presences'>,
  question: DryRunQuestion,
  options: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<DryRunResult> {
  const { signal, onProgress } = options;
  signal.throwIfAborted();
  const worker = new Worker(new URL('./dry-run-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const send = (message: DryRunMessage) => worker.postMessage(message);
  const ended = new Promise<DryRunResult>((resolve, reject) => {
    worker.once('error', (error) => reject(isOutOfMemory(error) ? tooMuch() : error));
    worker.once('exit', () => reject(new Error('The thread that computes it has ended.')));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    worker.on('message', (reply: DryRunReply) => {
      if (reply.kind === 'done') resolve(reply.result);
      else onProgress(readingShare + (1 - readingShare) * reply.share);
    });
  });
  // Looked at below; what ends while the record is read must not count as unhandled.
  ended.catch(() => undefined);
  try {
    const reading = readRecord(store, question, {
      signal,
      send,
      onProgress: (share) => onProgress(readingShare * share),
    });
    // What ends early ends this, too: a look at the store may take its time.
    await Promise.race([reading, ended]);
    send({ kind: 'run', question });
    return await ended;
  } finally {
    await worker.terminate();
  }
}

async function readRecord(
  store: Pick<RecordStore, 'queueRecord' | 'visitRows' | 'presences'>,
  { span, current, proposed }: DryRunQuestion,
  {
    signal,
    send,
    onProgress,
  }: { signal: AbortSignal; send: (message: DryRunMessage) => void; onProgress: (share: number) => void },
): Promise<void> {
  const there = { from: span.from - presenceLookBackMs, to: span.to };
  const presences = (after: PresenceRow | undefined) =>
    store.presences(there, { limit: presencesAtOnce, ...(after === undefined ? {} : { after }) });
  for await (const rows of pages(presences, presencesAtOnce, signal)) send({ kind: 'presences', rows });
  const wanted = { from: span.from, ...wantedBy([current, proposed]) };
  const queue = async (after: QueueRow | undefined) => {
    const rows = await store.queueRecord(span, { limit: visitsAtOnce, ...(after === undefined ? {} : { after }) });
    const came = rows.filter(({ kind }) => kind === 'came');
    send({ kind: 'queue', rows, visits: await store.visitRows(came, wanted) });
    return rows;
  };
  for await (const rows of pages(queue, visitsAtOnce, signal)) onProgress(shareOf(span, rows.at(-1)?.at));
}

const shareOf = ({ from, to }: TimeSpan, at: number = to) => (at - from) / (to - from);

/** Page after page, with a rest behind each as long as it took. */
async function* pages<R>(
  read: (after: R | undefined) => Promise<R[]>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  for (let after: R | undefined; ; ) {
    const begun = performance.now();
    const rows = await read(after);
    signal.throwIfAborted();
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    after = rows.at(-1);
    await delay(performance.now() - begun, undefined, { signal, ref: false });
  }
}

/** What the rules of some configurations look at that has to be read for it. */
export function wantedBy(configs: readonly RoutingConfig[]): { attributes: boolean; words: boolean } {
  const kinds = new Set(
    configs.flatMap(({ rules }) => rules.filter(({ enabled }) => enabled).flatMap(({ when }) => kindsOf(when))),
  );
  return { attributes: kinds.has('attribute') || kinds.has('page'), words: kinds.has('first-words') };
}

function kindsOf(condition: Condition): Condition['kind'][] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.flatMap(kindsOf);
    case 'not':
      return kindsOf(condition.of);
    default:
      return [condition.kind];
  }
}
