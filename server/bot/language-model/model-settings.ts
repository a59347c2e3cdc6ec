import { Refusal } from '../../gateway/refusal.ts';

/** What a language model may be asked for. */
export const modelUses = ['answers', 'assist', 'embeddings'] as const;
export type ModelUse = (typeof modelUses)[number];

/** Where vectors of texts come from: nowhere, the language model's server, or the folder of `PARLEY_EMBEDDING_MODEL_DIR`. */
export const embeddingSources = ['none', 'server', 'local'] as const;
export type EmbeddingSource = (typeof embeddingSources)[number];

/** What vectors of texts are used for. */
export const embeddingUses = ['intents', 'search'] as const;
export type EmbeddingUse = (typeof embeddingUses)[number];

export interface EmbeddingSettings extends Readonly<Record<EmbeddingUse, EmbeddingSource>> {
  /** How long a customer's message or a search waits for its vector; then it is answered without. */
  readonly waitMs: number;
  /** What the model wants before what is asked, and before what may answer; empty: what the folder of a local model says. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
}

/** Whether and how a language model is asked. Times are milliseconds, prices an amount of `currency` for a million tokens. */
export interface ModelSettings {
  readonly enabled: boolean;
  /** As far as `/v1`; empty: there is none. */
  readonly baseUrl: string;
  readonly model: string;
  readonly embeddingModel: string | null;
  readonly temperature: number | null;
  /** Asks the server not to keep what it is sent (`store: false`); one that does not know the field may refuse it. */
  readonly noStorage: boolean;
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly maxAnswerTokens: number;
  /** Requests that are under way at once, in each process. */
  readonly maxConcurrent: number;
  readonly uses: Readonly<Record<ModelUse, boolean>>;
  /** Also without a language model, where they come from a folder. */
  readonly embeddings: EmbeddingSettings;
  /** Nothing of these channels' conversations leaves. */
  readonly channelsOff: readonly string[];
  /** null: no bound. A day ends at midnight UTC. */
  readonly budget: {
    readonly tokensPerDay: number | null;
    readonly tokensPerConversation: number | null;
    readonly costPerDay: number | null;
    readonly costPerConversation: number | null;
  };
  readonly prices: {
    readonly input: number;
    readonly output: number;
    readonly embedding: number;
    readonly currency: string;
  };
}

export const defaultModelSettings: ModelSettings = {
  enabled: false,
  baseUrl: '',
  model: '',
  embeddingModel: null,
  temperature: 0.2,
  noStorage: false,
  timeoutMs: 30_000,
  silenceMs: 10_000,
  maxAnswerTokens: 600,
  maxConcurrent: 4,
  uses: { answers: false, assist: true, embeddings: false },
  embeddings: { intents: 'none', search: 'none', waitMs: 300, queryPrefix: '', passagePrefix: '' },
  channelsOff: [],
  budget: { tokensPerDay: 1_000_000, tokensPerConversation: 50_000, costPerDay: null, costPerConversation: null },
  prices: { input: 0, output: 0, embedding: 0, currency: 'USD' },
};

type Check = (value: unknown, field: string) => unknown;

const invalid = (field: string, what: string) => new Refusal('settings-invalid', `${field}: ${what}.`, { field });

const boolean: Check = (value, field) => {
  if (typeof value !== 'boolean') throw invalid(field, 'expected true or false');
  return value;
};
const text =
  (most: number): Check =>
  (value, field) => {
    if (typeof value !== 'string') throw invalid(field, 'expected text');
    const trimmed = value.trim();
    if (trimmed.length > most) throw invalid(field, `is longer than ${most} characters`);
    return trimmed;
  };
const numberIn =
  (min: number, max: number, { whole = false } = {}): Check =>
  (value, field) => {
    const isFine = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!isFine) throw invalid(field, `expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
    return value;
  };
const orNull =
  (check: Check): Check =>
  (value, field) =>
    value === null || value === '' ? null : check(value, field);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'expected an object');
    const unknown = Object.keys(value).find((key) => !(key in checks));
    const name = (key: string) => (field === '' ? key : `${field}.${key}`);
    if (unknown !== undefined) throw invalid(name(unknown), 'there is no such setting');
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, checks[key]?.(one, name(key))]])),
    );
  };

const baseUrl: Check = (value, field) => {
  const trimmed = text(500)(value, field) as string;
  if (trimmed === '') return '';
  const url = URL.parse(trimmed);
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(field, 'expected an http or https address');
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw invalid(field, 'expected an address without credentials and without anything behind ? or #');
  return trimmed.replace(/\/+$/, '').replace(/\/(?:chat\/completions|embeddings)$/, '');
};
const channelIds: Check = (value, field) => {
  const isFine =
    Array.isArray(value) && value.length <= 1_000 && value.every((id) => typeof id === 'string' && id.length <= 64);
  if (!isFine) throw invalid(field, 'expected a list of at most 1000 ids of channels');
  return [...new Set(value)];
};
const source: Check = (value, field) => {
  if (!embeddingSources.includes(value as EmbeddingSource))
    throw invalid(field, `expected ${embeddingSources.join(', ')}`);
  return value;
};
/** A prefix ends in a blank as a rule. */
const prefix: Check = (value, field) => {
  if (typeof value !== 'string') throw invalid(field, 'expected text');
  if (value.length > 500) throw invalid(field, 'is longer than 500 characters');
  return value.trim() === '' ? '' : value;
};
const currency: Check = (value, field) => {
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value))
    throw invalid(field, 'expected three capital letters, as USD');
  return value;
};
const tokens = orNull(numberIn(0, 1e12, { whole: true }));
const money = orNull(numberIn(0, 1e9));
const price = numberIn(0, 1e6);

const checkPatch = fields({
  enabled: boolean,
  baseUrl,
  model: text(200),
  embeddingModel: orNull(text(200)),
  temperature: orNull(numberIn(0, 2)),
  noStorage: boolean,
  timeoutMs: numberIn(1_000, 300_000, { whole: true }),
  silenceMs: numberIn(500, 300_000, { whole: true }),
  maxAnswerTokens: numberIn(16, 8_000, { whole: true }),
  maxConcurrent: numberIn(1, 64, { whole: true }),
  uses: fields({ answers: boolean, assist: boolean, embeddings: boolean }),
  embeddings: fields({
    intents: source,
    search: source,
    waitMs: numberIn(20, 5_000, { whole: true }),
    queryPrefix: prefix,
    passagePrefix: prefix,
  }),
  channelsOff: channelIds,
  budget: fields({
    tokensPerDay: tokens,
    tokensPerConversation: tokens,
    costPerDay: money,
    costPerConversation: money,
  }),
  prices: fields({ input: price, output: price, embedding: price, currency }),
});

/**
 * Changes settings by what a patch names, and checks the whole.
 * @throws Refusal `settings-invalid` with the field
 */
export function changeSettings(current: ModelSettings, patch: unknown): ModelSettings {
  const checked = checkPatch(patch, '') as Partial<ModelSettings>;
  const next: ModelSettings = {
    ...current,
    ...checked,
    uses: { ...current.uses, ...checked.uses },
    embeddings: { ...current.embeddings, ...checked.embeddings },
    budget: { ...current.budget, ...checked.budget },
    prices: { ...current.prices, ...checked.prices },
  };
  if (next.enabled && next.baseUrl === '') throw invalid('baseUrl', 'is required to switch the language model on');
  if (next.enabled && next.model === '' && (next.uses.answers || next.uses.assist))
    throw invalid('model', 'is required for answers and for helping agents');
  if (next.enabled && next.uses.embeddings && next.embeddingModel === null)
    throw invalid('embeddingModel', 'is required for embeddings');
  if (next.enabled && !next.uses.embeddings && embeddingUses.some((use) => next.embeddings[use] === 'server'))
    throw invalid(
      'uses.embeddings',
      'is required while vectors of intents or of the knowledge base come from the server',
    );
  if (hasMoneyBudget(next) && next.prices.input === 0 && next.prices.output === 0)
    throw invalid('prices.input', 'is required for a budget in money');
  return next;
}

const hasMoneyBudget = ({ budget }: ModelSettings): boolean =>
  budget.costPerDay !== null || budget.costPerConversation !== null;

/** Settings as they were stored, with what is new since. */
export function readStoredSettings(stored: unknown): ModelSettings {
  try {
    return changeSettings(defaultModelSettings, stored);
  } catch (error) {
    // What cannot be read any more sends nothing anywhere.
    if (error instanceof Refusal) return defaultModelSettings;
    throw error;
  }
}
