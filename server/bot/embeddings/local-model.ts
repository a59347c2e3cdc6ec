import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ModelFailure } from '../language-model/model-failure.ts';
import type { LocalModelReply, LocalModelRequest } from './local-model-protocol.ts';
import type { ModelFolder } from './model-folder.ts';

export type LocalModelState =
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'ready';
      readonly name: string;
      readonly dimensions: number;
      /** Of one text by itself, on the average of the last ones; undefined: none was asked for yet. */
      readonly msPerText: number | undefined;
    }
  /** The folder is of no use: `detail` names the file. It is looked at again at the next start. */
  | { readonly kind: 'unusable'; readonly detail: string }
  /** Its process has ended, out of memory as a rule; it is begun again for whoever asks a while later. */
  | { readonly kind: 'ended'; readonly detail: string };

/** A model of the administrator's on this machine. */
export interface LocalModel {
  readonly folder: ModelFolder;
  readonly state: LocalModelState;
  /** Resolves when it is known whether it can be used. */
  readonly settled: Promise<void>;
  /**
   * Vectors of length 1, in the order of the texts.
   *
   * @param options.urgent somebody waits for it: it goes before what does not
   * @throws ModelFailure; the signal's reason
   */
  embed(texts: readonly string[], options: { urgent: boolean; signal: AbortSignal }): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** What is not urgent is divided, so that nobody who waits stands behind hundreds of texts. */
const atOnce = 16;
const mostUrgent = 64;
/** Longer than a model takes for this many texts on a slow machine: it hangs. */
const answerWithinMs = 60_000;
/** A large file is read from a slow disk. */
const loadWithinMs = 300_000;
const beginAgainAfterMs = 30_000;

interface Asked {
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
  readonly settle: PromiseWithResolvers<Float32Array[]>;
}

/**
 * Runs a model in a process of its own. Its runtime is native code that reads files of others: what breaks it, or takes all the
 * memory there is, ends that process and not the server. Nothing of it is loaded before this is called.
 */
export function openLocalModel(folder: ModelFolder): LocalModel {
  const urgent: Asked[] = [];
  const others: Asked[] = [];
  const settled = Promise.withResolvers<void>();
  let state: LocalModelState = { kind: 'loading' };
  let running: ChildProcess | undefined;
  let current: { readonly id: number; readonly asked: Asked; readonly began: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let asked = 0;
  let endedAt = 0;
  let isClosed = false;

  function begin(): void {
    state = { kind: 'loading' };
    const { PATH, LD_LIBRARY_PATH } = process.env;
    const child = fork(fileURLToPath(new URL('./local-model-process.ts', import.meta.url)), [folder.dir], {
      serialization: 'advanced',
      // It needs no secret of ours.
      env: { ...(PATH === undefined ? {} : { PATH }), ...(LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH }) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    running = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-400);
    });
    child.on('message', (reply) => hear(reply as LocalModelReply));
    child.on('error', () => undefined);
    child.once('close', (code, signal) => ended(child, `${signal ?? `exit code ${code}`}. ${said}`.trim()));
    watch(loadWithinMs);
  }

  function watch(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => running?.kill('SIGKILL'), ms);
  }

  function ended(child: ChildProcess, why: string): void {
    if (running !== child) return;
    running = undefined;
    clearTimeout(timer);
    endedAt = performance.now();
    if (state.kind !== 'unusable')
      state = { kind: 'ended', detail: `The process of the model in ${folder.dir} has ended (${why}).` };
    failAll();
    settled.resolve();
  }

  function failAll(): void {
    const failed = [...(current === undefined ? [] : [current.asked]), ...urgent.splice(0), ...others.splice(0)];
    current = undefined;
    for (const { settle } of failed) settle.reject(failure());
  }

  const failure = () =>
    new ModelFailure(
      state.kind === 'unusable' ? 'no-such-model' : 'unreachable',
      'detail' in state ? state.detail : `The model in ${folder.dir} is not there any more.`,
    );

  function hear(reply: LocalModelReply): void {
    if (reply.kind === 'ready' || reply.kind === 'unusable') {
      clearTimeout(timer);
      state = reply.kind === 'ready' ? { ...reply, msPerText: undefined } : reply;
      settled.resolve();
      if (reply.kind === 'unusable') failAll();
      next();
      return;
    }
    if (current?.id !== reply.id) return;
    clearTimeout(timer);
    const { asked: answered, began } = current;
    current = undefined;
    if (reply.kind === 'failed') answered.settle.reject(new ModelFailure('server-error', reply.detail));
    else answered.settle.resolve(divided(reply.vectors, answered.texts.length));
    if (reply.kind === 'vectors' && answered.texts.length === 1) took(performance.now() - began);
    next();
  }

  function took(ms: number): void {
    if (state.kind !== 'ready') return;
    state = { ...state, msPerText: state.msPerText === undefined ? ms : 0.9 * state.msPerText + 0.1 * ms };
  }

  function next(): void {
    if (current !== undefined || state.kind !== 'ready' || running === undefined) return;
    const first = urgent.shift() ?? others.shift();
    if (first === undefined) return;
    asked += 1;
    current = { id: asked, asked: first, began: performance.now() };
    watch(answerWithinMs);
    running.send({ id: asked, texts: first.texts } satisfies LocalModelRequest, (error) => {
      if (error !== null) running?.kill('SIGKILL');
    });
  }

  async function embedFew(texts: readonly string[], isUrgent: boolean, signal: AbortSignal): Promise<Float32Array[]> {
    signal.throwIfAborted();
    if (state.kind === 'ended' && !isClosed && performance.now() - endedAt >= beginAgainAfterMs) begin();
    if (state.kind === 'unusable' || state.kind === 'ended') throw failure();
    const lane = isUrgent ? urgent : others;
    if (isUrgent && lane.length >= mostUrgent)
      throw new ModelFailure('busy', `${mostUrgent} texts wait for the local model already.`);
    const entry: Asked = { texts, signal, settle: Promise.withResolvers() };
    const onAbort = () => {
      const at = lane.indexOf(entry);
      if (at >= 0) lane.splice(at, 1);
      entry.settle.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    lane.push(entry);
    next();
    try {
      return await entry.settle.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  begin();
  return {
    folder,
    get state() {
      return state;
    },
    settled: settled.promise,
    embed: async (texts, { urgent: isUrgent, signal }) => {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += atOnce)
        vectors.push(...(await embedFew(texts.slice(at, at + atOnce), isUrgent, signal)));
      return vectors;
    },
    close: async () => {
      isClosed = true;
      const child = running;
      if (child === undefined) return;
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function divided(numbers: Float32Array, count: number): Float32Array[] {
  const dimensions = numbers.length / count;
  return Array.from({ length: count }, (_, at) => numbers.slice(at * dimensions, (at + 1) * dimensions));
}
