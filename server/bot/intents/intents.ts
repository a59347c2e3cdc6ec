import type { NamedIntent } from '@parley/sdk/bot-learning.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { Refusal } from '../../gateway/refusal.ts';
import {
  type CountedIntent,
  type IntentCounts,
  type IntentStore,
  outOfScopeId,
  type ShownUtterance,
  type StoredIntent,
  type StoredUtterance,
  type UtteranceConflict,
} from './intent-store.ts';
import { limits } from './limits.ts';
import { type FileFormat, type LabelledUtterance, readUtteranceFile, writeUtteranceFile } from './utterance-file.ts';
import { keyOfUtterance, nameProblem, tidyUtterance, utteranceProblem } from './utterance-text.ts';

/** What an administrator says of an intent. */
export interface IntentFields {
  readonly name?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly answer?: Readonly<Record<string, string>> | null;
}

/** What should be looked at before training. */
export interface IntentProblems {
  readonly conflicts: readonly UtteranceConflict[];
  readonly empty: readonly NamedIntent[];
}

/** What a model is trained on. */
export interface TrainingData {
  readonly examples: readonly { readonly intent: string; readonly utterances: readonly string[] }[];
  readonly outOfScope: readonly string[];
}

/** Intents and their utterances. Bad input is refused with its place, and changes nothing. */
export interface IntentLibrary {
  list(page: { after?: string; q?: string; limit: number }): Promise<CountedIntent[]>;
  /** @throws Refusal `not-found` */
  get(id: string): Promise<CountedIntent>;
  /** @throws Refusal `settings-invalid` with the field; `conflict` for a name that is taken or a limit that is reached */
  create(fields: IntentFields & { name: string; utterances?: readonly string[] }): Promise<CountedIntent>;
  change(id: string, fields: IntentFields): Promise<CountedIntent>;
  remove(id: string): Promise<void>;
  /** Of an intent, or of `out-of-scope`. */
  utterances(id: string, page: { after?: string; limit: number }): Promise<ShownUtterance[]>;
  /** @returns what was new, and what the intent had already */
  addUtterances(id: string, texts: readonly string[]): Promise<{ added: number; known: number }>;
  removeUtterances(id: string, ids: readonly string[]): Promise<{ removed: number }>;
  /** A file is taken whole or not at all. */
  bring(text: string, format: FileFormat): Promise<{ intents: number; added: number; known: number }>;
  file(format: FileFormat): Promise<string>;
  counts(): Promise<IntentCounts>;
  problems(): Promise<IntentProblems>;
  trainingData(): Promise<TrainingData>;
  changedAt(): Promise<number | null>;
}

const problemsShown = 200;
const readAtOnce = 2_000;

export function createIntentLibrary({ store, clock }: { store: IntentStore; clock: Clock }): IntentLibrary {
  async function get(id: string): Promise<CountedIntent> {
    const found = await store.get(id);
    if (found === undefined) throw new Refusal('not-found', `There is no intent ${id}.`);
    return found;
  }
  const mustHave = async (id: string) => {
    if (id !== outOfScopeId) await get(id);
  };

  async function create({ utterances = [], ...fields }: Parameters<IntentLibrary['create']>[0]) {
    const now = clock.now();
    const intent: StoredIntent = { ...checked(fields, now), id: newId(now), createdAt: now };
    const said = rowsOf(intent.id, utterances);
    const counts = await store.counts();
    refuseOver('name', counts.intents + 1, limits.intents, 'intents');
    refuseOver('utterances', counts.utterances + counts.outOfScope + said.length, limits.utterances, 'utterances');
    if (!(await store.add(intent))) throw taken(intent.name);
    if (said.length > 0) await store.addUtterances(said, now);
    return get(intent.id);
  }

  async function change(id: string, fields: IntentFields): Promise<CountedIntent> {
    const { name, description, enabled, answer } = await get(id);
    const to = checked({ name, description, enabled, answer, ...fields }, clock.now());
    if (!(await store.change(id, to))) throw taken(to.name);
    return get(id);
  }

  /** @throws Refusal `settings-invalid` that names the utterance by its place */
  function rowsOf(intentId: string, texts: readonly string[]): StoredUtterance[] {
    const now = clock.now();
    const known = new Set<string>();
    return texts.flatMap((given, at) => {
      const text = tidyUtterance(given);
      const wrong = utteranceProblem(text);
      if (wrong !== undefined)
        throw new Refusal('settings-invalid', `utterances[${at}]: ${wrong}`, { field: `utterances[${at}]` });
      const key = keyOfUtterance(text);
      if (known.has(key)) return [];
      known.add(key);
      return [{ id: newId(now), intentId, text, key, createdAt: now }];
    });
  }

  async function addUtterances(id: string, texts: readonly string[]) {
    await mustHave(id);
    const rows = rowsOf(id, texts);
    const counts = await store.counts();
    const own = id === outOfScopeId ? counts.outOfScope : (await get(id)).utterances;
    refuseOver('utterances', own + rows.length, limits.utterancesOfIntent, 'utterances in one intent');
    refuseOver('utterances', counts.utterances + counts.outOfScope + rows.length, limits.utterances, 'utterances');
    const added = await store.addUtterances(rows, clock.now());
    return { added, known: texts.length - added };
  }

  async function bring(text: string, format: FileFormat) {
    const lines = readUtteranceFile(text, format);
    const names = [...new Set(lines.map(({ intent }) => intent))].filter((name) => name !== outOfScopeId);
    const now = clock.now();
    const existing = new Map((await store.named(names)).map(({ name, id }) => [name, id]));
    const fresh = names.filter((name) => !existing.has(name));
    const counts = await store.counts();
    refuseOver('text', counts.intents + fresh.length, limits.intents, 'intents');
    const made = fresh.map((name): StoredIntent => ({ ...checked({ name }, now), id: newId(now), createdAt: now }));
    const ids = new Map([
      ...existing,
      ...made.map(({ name, id }) => [name, id] as const),
      [outOfScopeId, outOfScopeId],
    ]);
    const rows = lines.map(({ utterance, intent }) => ({
      ...{ id: newId(now), intentId: ids.get(intent) ?? '', text: utterance },
      ...{ key: keyOfUtterance(utterance), createdAt: now },
    }));
    refuseOver('text', counts.utterances + counts.outOfScope + rows.length, limits.utterances, 'utterances');
    const [largest = ['', []] as const] = [...Map.groupBy(rows, ({ intentId }) => intentId)].sort(
      ([, a], [, b]) => b.length - a.length,
    );
    refuseOver('text', largest[1].length, limits.utterancesOfIntent, 'utterances in one intent');
    const added = await store.bring(made, rows, now);
    return { intents: made.length, added, known: rows.length - added };
  }

  async function* everyUtterance() {
    for (let after: string | undefined; ; ) {
      const rows = await store.allUtterances({ limit: readAtOnce, ...(after === undefined ? {} : { after }) });
      yield* rows;
      if (rows.length < readAtOnce) return;
      after = rows.at(-1)?.id;
    }
  }

  return {
    list: (page) => store.list(page),
    get,
    create,
    change,
    remove: async (id) => {
      if (!(await store.remove(id, clock.now()))) throw new Refusal('not-found', `There is no intent ${id}.`);
    },
    utterances: async (id, page) => {
      await mustHave(id);
      return store.utterances(id, page);
    },
    addUtterances,
    removeUtterances: async (id, ids) => {
      await mustHave(id);
      return { removed: await store.removeUtterances(id, ids, clock.now()) };
    },
    bring,
    file: async (format) => {
      const names = new Map((await store.allIntents()).map(({ id, name }) => [id, name]));
      const lines: LabelledUtterance[] = [];
      for await (const { intentId, text } of everyUtterance())
        lines.push({ utterance: text, intent: names.get(intentId) ?? outOfScopeId });
      return writeUtteranceFile(
        lines.toSorted((a, b) => (a.intent < b.intent ? -1 : Number(a.intent > b.intent))),
        format,
      );
    },
    counts: () => store.counts(),
    problems: async () => ({
      conflicts: await store.conflicts(problemsShown),
      empty: await store.empty(problemsShown),
    }),
    trainingData: async () => {
      const intents = (await store.allIntents()).filter(({ enabled }) => enabled);
      const byIntent = new Map(intents.map(({ id }) => [id, [] as string[]]));
      const outOfScope: string[] = [];
      for await (const { intentId, text } of everyUtterance())
        (intentId === outOfScopeId ? outOfScope : byIntent.get(intentId))?.push(text);
      return {
        examples: intents.map(({ id, name }) => ({ intent: name, utterances: byIntent.get(id) ?? [] })),
        outOfScope,
      };
    },
    changedAt: () => store.changedAt(),
  };
}

const taken = (name: string) =>
  new Refusal('conflict', `name: there is an intent “${name}” already.`, { field: 'name' });

function refuseOver(field: string, count: number, most: number, what: string): void {
  if (count > most) throw new Refusal('conflict', `${field}: ${count} ${what}, at most ${most} are kept.`, { field });
}

/** @throws Refusal `settings-invalid` with the field */
function checked(fields: IntentFields, updatedAt: number): Omit<StoredIntent, 'id' | 'createdAt'> {
  const { description = '', enabled = true, answer = null } = fields;
  const name = tidyUtterance(fields.name ?? '');
  const wrong = nameProblem(name);
  if (wrong !== undefined) throw new Refusal('settings-invalid', `name: ${wrong}`, { field: 'name' });
  const texts = Object.entries(answer ?? {}).flatMap(([language, text]) =>
    text.trim() === '' ? [] : [[language, text.trim()] as const],
  );
  return {
    ...{ name, description: description.trim(), enabled, updatedAt },
    answer: texts.length === 0 ? null : Object.fromEntries(texts),
  };
}
