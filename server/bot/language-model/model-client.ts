import type OpenAI from 'openai';
import type { ChannelFetchInit } from '../../gateway/channel-adapter.ts';
import { NotSent } from '../../gateway/channel-fetch.ts';
import { ModelFailure } from './model-failure.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The longest answer, in tokens; what is far longer is cut off by us. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

/** Tokens as the server counted them; undefined where it did not, or not believably. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  /** Of `input`, what it had in its cache; absent: it does not say. */
  readonly cached?: number;
}

/** What a server is reached by. Times are milliseconds. */
export interface ModelAddress {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly embeddingModel: string | null;
  /** null: the server's own. */
  readonly temperature: number | null;
  /** It is asked not to keep what it is sent. */
  readonly noStorage?: boolean;
  /** For one whole answer. */
  readonly timeoutMs: number;
  /** Without a sign of life. */
  readonly silenceMs: number;
}

/** A server of the chat-completions and embeddings interface of OpenAI, whoever made it. */
export interface ModelClient {
  /**
   * The answer, bit by bit as it comes.
   * @returns what it took, where the server says so
   * @throws ModelFailure; the signal's reason when it aborts
   */
  chat(request: ChatRequest): AsyncGenerator<string, Usage | undefined>;
  /** One vector a text, in their order. @throws ModelFailure; the signal's reason */
  embed(texts: readonly string[], signal: AbortSignal): Promise<{ vectors: Float32Array[]; usage: Usage | undefined }>;
}

/** Loaded when a model is first asked: most servers start without one, and it is 236 files. */
const load = () => import('openai');
type Library = Awaited<ReturnType<typeof load>>;

type Fetch = (url: string, init?: ChannelFetchInit) => Promise<Response>;

/** An answer's bytes are many times its characters: every few of them come in a JSON document of their own. */
const bytesPerToken = 2_000;
const leastBytes = 256 * 1024;
const charactersPerToken = 12;
const mostVectorBytes = 32 * 1024 * 1024;

/**
 * @param fetch our guarded client: it decides where requests may go
 * @see https://platform.openai.com/docs/api-reference/chat (and the same of vLLM, Ollama, llama.cpp, LM Studio …)
 */
export function createModelClient(address: ModelAddress, fetch: Fetch): ModelClient {
  const clientFor = ({ OpenAI }: Library, maxBytes: number) =>
    new OpenAI({
      baseURL: address.baseUrl,
      // An own server may want none; the library insists on one.
      apiKey: address.apiKey ?? 'none',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: address.timeoutMs,
      // It would write pieces of answers.
      logLevel: 'off',
      fetch: (url, init) => guardedRequest(fetch, String(url), init, maxBytes),
    });

  async function* chat({ messages, maxTokens, signal }: ChatRequest): AsyncGenerator<string, Usage | undefined> {
    const library = await load();
    const watch = watchFor(address, signal);
    let usage: Usage | undefined;
    let characters = 0;
    let isWhole = false;
    try {
      const stream = await clientFor(library, leastBytes + maxTokens * bytesPerToken).chat.completions.create(
        {
          model: address.model,
          messages: [...messages],
          max_tokens: maxTokens,
          stream: true,
          stream_options: { include_usage: true },
          ...(address.noStorage === true ? { store: false } : {}),
          ...(address.temperature === null ? {} : { temperature: address.temperature }),
        },
        { signal: watch.signal },
      );
      for await (const chunk of stream) {
        watch.alive();
        const { text, isLast, counted } = readChunk(chunk);
        usage = counted ?? usage;
        isWhole ||= isLast;
        characters += text.length;
        if (characters > maxTokens * charactersPerToken) throw new ModelFailure('too-long', 'The answer does not end.');
        if (text !== '') yield text;
      }
      watch.check();
      if (!isWhole) throw new ModelFailure('broken', 'The answer ended before it was whole.');
      return usage;
    } catch (error) {
      throw watch.signal.aborted ? watch.reason() : asFailure(library, error);
    } finally {
      watch.end();
    }
  }

  return {
    chat,
    embed: async (texts, signal) => {
      const library = await load();
      const watch = watchFor({ ...address, silenceMs: address.timeoutMs }, signal);
      try {
        const answer: unknown = await clientFor(library, mostVectorBytes).embeddings.create(
          // Without it the library asks for base64, which not every server gives.
          { model: address.embeddingModel ?? '', input: [...texts], encoding_format: 'float' },
          { signal: watch.signal },
        );
        return readVectors(answer, texts.length);
      } catch (error) {
        throw watch.signal.aborted ? watch.reason() : asFailure(library, error);
      } finally {
        watch.end();
      }
    },
  };
}

/** What the library would send of us beside the request (machine, versions) is nobody's business. */
const sentHeaders = ['authorization', 'content-type', 'accept'];

async function guardedRequest(
  fetch: Fetch,
  url: string,
  init: RequestInit | undefined,
  maxBytes: number,
): Promise<Response> {
  const headers = new Headers(init?.headers);
  const sent = sentHeaders.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return fetch(url, {
    method: init?.method === 'GET' ? 'GET' : 'POST',
    headers: Object.fromEntries(sent),
    ...(typeof init?.body === 'string' ? { body: init.body } : {}),
    ...(init?.signal ? { signal: init.signal } : {}),
    // Ours is ahead of it and knows why.
    timeoutMs: 3_600_000,
    maxBytes,
    streamed: true,
  });
}

/** Ends a request whose time is over, or of which nothing was heard for too long. */
function watchFor({ timeoutMs, silenceMs }: ModelAddress, signal: AbortSignal) {
  const late = new AbortController();
  const tooLate = () => late.abort(new ModelFailure('timed-out', `No whole answer within ${timeoutMs} ms.`));
  const silent = () => late.abort(new ModelFailure('timed-out', `Nothing was heard for ${silenceMs} ms.`));
  const whole = setTimeout(tooLate, timeoutMs);
  let silence = setTimeout(silent, silenceMs);
  const both = AbortSignal.any([signal, late.signal]);
  return {
    signal: both,
    alive: () => {
      clearTimeout(silence);
      silence = setTimeout(silent, silenceMs);
    },
    reason: (): unknown => (signal.aborted ? signal.reason : late.signal.reason),
    /** The library ends an aborted stream as if it were whole. */
    check: () => both.throwIfAborted(),
    end: () => {
      clearTimeout(whole);
      clearTimeout(silence);
    },
  };
}

function readChunk(chunk: unknown): { text: string; isLast: boolean; counted: Usage | undefined } {
  if (!isRecord(chunk)) throw new ModelFailure('wrong-answer', 'A piece of the answer is no object.');
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  const counted = usageOf(chunk.usage);
  if (!isRecord(choice)) return { text: '', isLast: false, counted };
  const content = isRecord(choice.delta) ? choice.delta.content : undefined;
  if (content !== undefined && content !== null && typeof content !== 'string')
    throw new ModelFailure('wrong-answer', 'A piece of the answer is no text.');
  return { text: content ?? '', isLast: typeof choice.finish_reason === 'string', counted };
}

/** No answer of ours is near this; a count above it is nonsense. */
const mostTokens = 10_000_000;

function usageOf(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: input, completion_tokens: output = 0 } = usage;
  if (!isCount(input) || !isCount(output)) return undefined;
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const { cached_tokens: cached } = details;
  return isCount(cached) && cached <= input ? { input, output, cached } : { input, output };
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostTokens;

function readVectors(answer: unknown, wanted: number): { vectors: Float32Array[]; usage: Usage | undefined } {
  const wrong = (what: string) => new ModelFailure('wrong-answer', `The embeddings: ${what}.`);
  const data: unknown = isRecord(answer) ? answer.data : undefined;
  if (!Array.isArray(data) || data.length !== wanted) throw wrong(`expected ${wanted} vectors`);
  const vectors: Float32Array[] = [];
  for (const [place, entry] of data.entries()) {
    const embedding: unknown = isRecord(entry) ? entry.embedding : undefined;
    const at: unknown = isRecord(entry) ? (entry.index ?? place) : place;
    if (!Array.isArray(embedding) || embedding.length === 0) throw wrong('one of them is no list of numbers');
    if (!isCount(at) || at >= wanted || vectors[at] !== undefined) throw wrong('their order cannot be told');
    const vector = Float32Array.from(embedding as number[]);
    if (!embedding.every(isNumber) || !vector.every(Number.isFinite))
      throw wrong('one of them has something else than numbers');
    vectors[at] = vector;
  }
  const [first] = vectors;
  if (vectors.some(({ length }) => length !== first?.length)) throw wrong('they differ in length');
  return { vectors, usage: isRecord(answer) ? usageOf(answer.usage) : undefined };
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

function asFailure({ OpenAI }: Library, error: unknown): unknown {
  if (error instanceof ModelFailure) return error;
  const cause = causes(error).find((one) => one instanceof NotSent || isTooLong(one));
  if (cause instanceof NotSent) {
    if (cause.why !== 'address-refused') return new ModelFailure('unreachable', cause.message, { cause: error });
    const what = `${cause.message} An address in a private network is opened with PARLEY_OUTBOUND_ALLOW.`;
    return new ModelFailure('address-refused', what, { cause: error });
  }
  if (cause !== undefined) return new ModelFailure('too-long', 'The answer does not end.', { cause: error });
  if (error instanceof OpenAI.APIError && typeof error.status === 'number') return refused(error, error.status);
  if (error instanceof SyntaxError)
    return new ModelFailure('wrong-answer', 'The answer cannot be read as JSON.', { cause: error });
  if (error instanceof OpenAI.APIConnectionError || error instanceof TypeError)
    return new ModelFailure('broken', 'The connection broke before the answer was whole.', { cause: error });
  if (error instanceof OpenAI.OpenAIError)
    return new ModelFailure('server-error', 'The server reports an error.', { cause: error });
  return new ModelFailure('wrong-answer', 'The answer cannot be read.', { cause: error });
}

function refused(error: InstanceType<typeof OpenAI.APIError>, status: number): ModelFailure {
  const told = error.headers?.get('retry-after');
  const seconds = told === null || told === undefined ? Number.NaN : Number(told);
  const options =
    Number.isFinite(seconds) && seconds >= 0 ? { cause: error, retryAfterMs: seconds * 1_000 } : { cause: error };
  const kind = kindOfStatus(status);
  return new ModelFailure(kind, `The server answered with status ${status}.`, options);
}

function kindOfStatus(status: number): ModelFailure['kind'] {
  if (status === 401 || status === 403) return 'key-refused';
  if (status === 404) return 'no-such-model';
  if (status === 429) return 'busy';
  return status >= 500 ? 'server-error' : 'request-refused';
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && chain.length < 5; one = one instanceof Error ? one.cause : undefined)
    chain.push(one);
  return chain;
}

const isTooLong = (error: unknown): boolean => error instanceof TypeError && error.message.includes('is longer than');

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
