import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { type BoundedCalls, createBoundedCalls } from './bounded-calls.ts';
import type { Budget, Reservation } from './budget.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { createMasking, type Masking } from './masking.ts';
import { type ChatMessage, createModelClient, type ModelClient, type Usage } from './model-client.ts';
import type { ModelConfig, ModelConfigs } from './model-config.ts';
import { isWorthAnotherTry, ModelFailure } from './model-failure.ts';
import type { ModelSettings, ModelUse } from './model-settings.ts';
import { estimateTokens } from './token-estimate.ts';

/** Which task a request is for: a label of the metrics. */
export type ModelTask = 'answer' | 'draft' | 'rewrite' | 'translate' | 'summarise' | 'embed' | 'check';

export interface ModelMetrics {
  /** A request is made; each try by itself. */
  asked(task: ModelTask): void;
  /** `cached`: of those that went in, what the server says it had in its cache. */
  tokens(task: ModelTask, direction: 'in' | 'out' | 'cached', count: number): void;
  /** In the currency that the settings name; 0 where they name no price. */
  cost(task: ModelTask, amount: number, of: { readonly currency: string; readonly tokens: number }): void;
  failed(task: ModelTask, reason: string): void;
  /** From asking until the first piece of an answer came, and until it was whole, with what was tried again. */
  first(task: ModelTask, ms: number): void;
  whole(task: ModelTask, ms: number): void;
  /** The same however it ended. */
  took(task: ModelTask, ms: number): void;
}

export interface AskRequest {
  readonly task: ModelTask;
  readonly use: ModelUse;
  readonly conversationId: string;
  readonly channelId: string | undefined;
  /** Made with a masking for this one request, so that nothing of it leaves unmasked by mistake. */
  readonly messages: (mask: Masking['mask']) => readonly ChatMessage[];
  /** Names that are hidden where they are mentioned. */
  readonly names?: readonly string[];
  readonly signal: AbortSignal;
}

export interface LanguageModel {
  /** Whether it may be asked for this, and in this channel. */
  isFor(use: ModelUse, channelId?: string): Promise<boolean>;
  /**
   * The answer with the personal data put back, bit by bit.
   * @throws Refusal `unavailable` when it is off or fails, `too-many-requests` when a budget is spent or too many ask; the
   *   signal's reason
   */
  ask(request: AskRequest): AsyncGenerator<string, void>;
  /** @throws ModelFailure; Refusal as `ask` */
  embed(texts: readonly string[], options: { mask: boolean; signal: AbortSignal }): Promise<Float32Array[]>;
  embeddingModel(): Promise<string | undefined>;
  /** Tries settings, saved or not: one short question, and one text to embed where that is wanted. */
  check(patch: unknown, signal: AbortSignal): Promise<CheckResult>;
  state(): { readonly circuit: CircuitBreaker['state']; readonly retryInMs: number };
  /** Ends everything that is under way. */
  stop(): void;
}

export type CheckResult =
  | { readonly ok: true; readonly tookMs: number; readonly answer: string; readonly dimensions: number | null }
  | { readonly ok: false; readonly kind: string; readonly problem: string };

const mostWaiting = 64;
const tries = 3;
const retry = { baseMs: 300, maxMs: 4_000 };
/** A server that wants us to wait for longer is asked by whoever comes then. */
const longestRetryAfterMs = 5_000;

/** Asks a configured server within its budgets, and leaves it alone while it fails. */
export function createLanguageModel(deps: {
  configs: ModelConfigs;
  budget: Budget;
  fetch: Parameters<typeof createModelClient>[1];
  clock: Clock;
  random: () => number;
  metrics: ModelMetrics;
}): LanguageModel {
  const { configs, budget, clock, metrics } = deps;
  const stopped = new AbortController();
  const calls: BoundedCalls = createBoundedCalls({ mostWaiting });
  const breaker = createCircuitBreaker(clock);
  let client: { of: ModelConfig; client: ModelClient } | undefined;

  function clientOf(config: ModelConfig): ModelClient {
    if (client?.of !== config) {
      const isElsewhere = client !== undefined && client.of.settings.baseUrl !== config.settings.baseUrl;
      if (isElsewhere || client?.of.apiKey !== config.apiKey) breaker.reset();
      client = { of: config, client: createModelClient({ ...config.settings, apiKey: config.apiKey }, deps.fetch) };
    }
    return client.client;
  }

  /** Within bounds of how many ask at once, and only while the server is not known to fail. */
  async function* guarded<R>(
    task: ModelTask,
    config: ModelConfig,
    signal: AbortSignal,
    attempt: (client: ModelClient) => AsyncGenerator<string, R>,
  ): AsyncGenerator<string, R> {
    const leave = await calls.enter(config.settings.maxConcurrent, signal);
    const began = clock.elapsed();
    try {
      const modelClient = clientOf(config);
      for (let failed = 0; ; ) {
        if (!breaker.tryEnter()) throw restingRefusal(breaker.waitMs());
        let isBegun = false;
        let isTold = false;
        metrics.asked(task);
        const answer = attempt(modelClient);
        try {
          for (let next = await answer.next(); ; next = await answer.next()) {
            if (next.done === true) {
              isTold = true;
              breaker.succeeded();
              metrics.whole(task, clock.elapsed() - began);
              return next.value;
            }
            if (!isBegun) metrics.first(task, clock.elapsed() - began);
            isBegun = true;
            yield next.value;
          }
        } catch (error) {
          isTold = error instanceof ModelFailure;
          if (!isTold) throw error;
          breaker.failed();
          metrics.failed(task, (error as ModelFailure).kind);
          failed += 1;
          const pauseMs = isBegun ? undefined : pauseBefore(error, failed);
          if (pauseMs === undefined) throw error;
          await clock.sleep(pauseMs, signal);
        } finally {
          if (!isTold) breaker.abandoned();
          // Who stops listening ends the request.
          await answer.return(undefined as never);
        }
      }
    } finally {
      metrics.took(task, clock.elapsed() - began);
      leave();
    }
  }

  /** What was asked has had no effect that anybody saw; undefined: it is not asked again. */
  function pauseBefore(error: unknown, failed: number): number | undefined {
    if (failed >= tries || !isWorthAnotherTry(error)) return undefined;
    const { retryAfterMs = backoffMs(failed, deps.random(), retry) } = error;
    return retryAfterMs > longestRetryAfterMs ? undefined : retryAfterMs;
  }

  async function settle(
    reservation: Reservation,
    task: ModelTask,
    used: Usage & { embedding?: boolean },
    { prices: { currency } }: ModelSettings,
  ): Promise<void> {
    const { costMicros } = await reservation.settle(used);
    metrics.tokens(task, 'in', used.input);
    metrics.tokens(task, 'out', used.output);
    if (used.cached !== undefined) metrics.tokens(task, 'cached', used.cached);
    metrics.cost(task, costMicros / 1e6, { currency, tokens: used.input + used.output });
  }

  async function* ask(request: AskRequest): AsyncGenerator<string, void> {
    const { task, use, conversationId, channelId } = request;
    const config = await configs.current();
    if (!allows(config.settings, use, channelId))
      throw new Refusal('unavailable', 'The language model is off for this.');
    const signal = AbortSignal.any([request.signal, stopped.signal]);
    const masking = createMasking(request.names);
    const messages = request.messages(masking.mask);
    const { maxAnswerTokens: maxTokens } = config.settings;
    const input = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
    const reservation = await reserve(task, config.settings, { input, output: maxTokens }, conversationId);
    let said = '';
    let counted: Usage | undefined;
    let isAsked = false;
    const answer = guarded(task, config, signal, (client) => {
      isAsked = true;
      return client.chat({ messages, maxTokens, signal });
    });
    try {
      const back = masking.unmaskStream();
      for (let next = await answer.next(); ; next = await answer.next()) {
        if (next.done === true) {
          counted = next.value;
          break;
        }
        said += next.value;
        const text = back.add(next.value);
        if (text !== '') yield text;
      }
      const rest = back.end();
      if (rest !== '') yield rest;
    } catch (error) {
      throw error instanceof ModelFailure ? failedRefusal(error) : error;
    } finally {
      await answer.return(undefined);
      // Of a request that was broken off the server has read all, and written what came and perhaps some more.
      const estimate = { input: isAsked ? input : 0, output: said === '' ? 0 : estimateTokens(said) };
      await settle(reservation, task, counted ?? estimate, config.settings);
    }
  }

  async function reserve(
    task: ModelTask,
    settings: ModelSettings,
    most: Parameters<Budget['reserve']>[1],
    conversationId: string | undefined,
  ): Promise<Reservation> {
    try {
      return await budget.reserve(settings, most, conversationId);
    } catch (error) {
      if (error instanceof Refusal) metrics.failed(task, 'budget');
      throw error;
    }
  }

  return {
    isFor: async (use, channelId) => allows((await configs.current()).settings, use, channelId),
    ask,
    embed: async (texts, { mask, signal }) => {
      const config = await configs.current();
      if (!allows(config.settings, 'embeddings', undefined))
        throw new Refusal('unavailable', 'Embeddings are switched off.');
      const sent = mask ? texts.map((text) => createMasking().mask(text)) : texts;
      const input = sent.reduce((sum, text) => sum + estimateTokens(text), 0);
      const reservation = await reserve('embed', config.settings, { input, output: 0, embedding: true }, undefined);
      const both = AbortSignal.any([signal, stopped.signal]);
      let used: Usage | undefined;
      try {
        // An empty text is refused by servers.
        const inputs = sent.map((text) => (text === '' ? ' ' : text));
        const { vectors, usage } = await last(
          guarded('embed', config, both, (client) => once(client.embed(inputs, both))),
        );
        used = usage ?? { input, output: 0 };
        return vectors;
      } finally {
        await settle(reservation, 'embed', { ...(used ?? { input: 0, output: 0 }), embedding: true }, config.settings);
      }
    },
    embeddingModel: async () => {
      const { settings } = await configs.current();
      return allows(settings, 'embeddings', undefined) ? (settings.embeddingModel ?? undefined) : undefined;
    },
    check: async (patch, signal) => {
      const config = await configs.preview(patch);
      const { settings } = config;
      if (settings.baseUrl === '') throw new Refusal('settings-invalid', 'baseUrl: is required.', { field: 'baseUrl' });
      const began = clock.elapsed();
      const both = AbortSignal.any([signal, stopped.signal]);
      const tried = createModelClient({ ...settings, apiKey: config.apiKey }, deps.fetch);
      try {
        let answer = '';
        if (settings.model !== '')
          for await (const piece of tried.chat({ messages: checkQuestion, maxTokens: 16, signal: both }))
            answer += piece;
        const isEmbedding = settings.embeddingModel !== null;
        const vectors = isEmbedding ? (await tried.embed(['test'], both)).vectors : [];
        const dimensions = vectors[0]?.length ?? null;
        breaker.reset();
        return { ok: true, tookMs: clock.elapsed() - began, answer: answer.slice(0, 200), dimensions };
      } catch (error) {
        if (!(error instanceof ModelFailure)) throw error;
        metrics.failed('check', error.kind);
        return { ok: false, kind: error.kind, problem: error.message };
      }
    },
    state: () => ({ circuit: breaker.state, retryInMs: breaker.waitMs() }),
    stop: () => stopped.abort(new Refusal('unavailable', 'The server is ending.')),
  };
}

const checkQuestion: readonly ChatMessage[] = [{ role: 'user', content: 'Answer with the one word: ready' }];

function allows(settings: ModelSettings, use: ModelUse, channelId: string | undefined): boolean {
  const isOff = channelId !== undefined && settings.channelsOff.includes(channelId);
  return settings.enabled && settings.uses[use] && !isOff;
}

function restingRefusal(retryAfterMs: number): Refusal {
  return new Refusal('unavailable', 'The language model has failed several times and is left alone for a while.', {
    retryAfterMs: Math.max(1_000, retryAfterMs),
  });
}

/** What whoever asked is told; the administrator sees more in the connection test and the metrics. */
function failedRefusal(failure: ModelFailure): Refusal {
  const told = failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs };
  return new Refusal('unavailable', `The language model gave no answer of use (${failure.kind}).`, {
    cause: failure,
    ...told,
  });
}

// biome-ignore lint/correctness/useYield: an answer that comes at once, in the form of one that comes bit by bit.
async function* once<T>(work: Promise<T>): AsyncGenerator<string, T> {
  return await work;
}

async function last<T>(answer: AsyncGenerator<string, T>): Promise<T> {
  for (;;) {
    const next = await answer.next();
    if (next.done === true) return next.value;
  }
}
