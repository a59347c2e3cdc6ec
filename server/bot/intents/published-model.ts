import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type { Clock } from '../../base/clock.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { isSameEmbedding, type TrainedEmbedding } from '../embeddings/embedding-id.ts';
import type { TextVectors } from '../embeddings/text-vectors.ts';
import type { Explanation, Recognition, VectorOfText } from '../intent/recognizer.ts';
import type { ModelStore, Publication } from './model-store.ts';
import { type LoadedRecognizer, loadRecognizer, UnusableModel } from './recognizer-thread.ts';
import { readModel } from './stored-models.ts';
import { chosenIn } from './thresholds.ts';

/** What the rules of dialogue ask: what a text most likely wants; undefined while no model serves. */
export interface Intents {
  /** By the text's vector too, where the model wants one and `prepare` has got it, or it was asked for before. */
  recognize(text: string): Recognition | undefined;
  /** Gets the text's vector where the model wants one; bounded in time, and never fails. */
  prepare(text: string): Promise<void>;
}

/** The model that was chosen to serve, in this process. It follows what any process publishes. */
export interface PublishedModel extends Intents {
  /** The version that serves here; undefined: none. */
  readonly version: number | undefined;
  /** Why the chosen one does not serve, and another or none does instead. */
  readonly problem: { readonly version: number; readonly detail: string } | undefined;
  explain(text: string): Explanation | undefined;
  /** What the model that serves here wants vectors of; null: none, or none serves. */
  readonly embedding: TrainedEmbedding | null;
  /**
   * Lets a version serve in every process; resolves when it does in this one.
   * @param despite what spoke against it, to be kept with the publication (`Publication`)
   * @throws Refusal `not-found`, `conflict` when somebody else published meanwhile or the model cannot be used
   */
  publish(version: number, author: Publication['author'], despite?: string | null): Promise<void>;
  /** What was chosen for the version that serves here: no other's. */
  readonly thresholds: readonly ChosenThreshold[];
  /** Which set of them; 0: none was ever chosen for it. */
  readonly thresholdSet: number;
  /** Takes over here and tells the others that thresholds were chosen. */
  thresholdsChanged(): Promise<void>;
  /** Newest first: the first one holds. */
  publications(): Promise<Publication[]>;
  /** Takes over what another process has published. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const topic = 'intent-model';
/** What was published elsewhere and not heard of is found after this time at the latest. */
const lookMs = 15_000;
/** So many former publications are looked through for one that can be used. */
const publicationsKnown = 20;

/** Serves when this resolves, where anything was published. */
export async function createPublishedModel(deps: {
  store: ModelStore;
  broadcast: Broadcast;
  vectors?: TextVectors | undefined;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<PublishedModel> {
  const { store, broadcast, vectors, clock, onError } = deps;
  const stopped = new AbortController();
  let serving: { readonly version: number; readonly recognizer: LoadedRecognizer } | undefined;
  let problem: PublishedModel['problem'];
  /** The newest publication that was looked at: it is not tried again and again when it is of no use. */
  let seen = 0;
  const unusable = new Map<number, string>();
  let chosen:
    | { readonly version: number; readonly n: number; readonly thresholds: readonly ChosenThreshold[] }
    | undefined;
  let last: Promise<void> = Promise.resolve();

  const load = async (version: number) => loadRecognizer(await readModel(store, version));

  async function serve(version: number, recognizer: LoadedRecognizer): Promise<void> {
    const former = serving;
    serving = { version, recognizer };
    await former?.recognizer.close();
  }

  /** @returns false: it cannot be used, which was told */
  async function tryToServe(version: number): Promise<boolean> {
    if (serving?.version === version && serving.recognizer.isAlive) return true;
    if (unusable.has(version)) return false;
    try {
      await serve(version, await load(version));
      return true;
    } catch (error) {
      if (!(error instanceof UnusableModel)) throw error;
      unusable.set(version, error.message);
      onError(new Error(`The intent model ${version} cannot be used: the former one serves.`, { cause: error }));
      return false;
    }
  }

  async function follow(): Promise<void> {
    await followPublications();
    await followThresholds();
  }

  async function followThresholds(): Promise<void> {
    const version = serving?.version;
    if (version === undefined || stopped.signal.aborted) return;
    const [set] = await store.thresholds(version, 1);
    const n = set?.n ?? 0;
    if (chosen?.version !== version || chosen.n !== n)
      chosen = { version, n, thresholds: set === undefined ? [] : chosenIn(set) };
  }

  async function followPublications(): Promise<void> {
    const publications = await store.publications(publicationsKnown);
    const [newest] = publications;
    if (newest === undefined || stopped.signal.aborted) return;
    if (newest.n === seen && serving?.recognizer.isAlive !== false) return;
    for (const { version } of publications) {
      if (!(await tryToServe(version))) continue;
      break;
    }
    seen = newest.n;
    const detail = unusable.get(newest.version);
    problem = detail === undefined ? undefined : { version: newest.version, detail };
  }

  /** Never those of another version, while one takes over. */
  const current = () => (chosen?.version === serving?.version ? chosen : undefined);

  /** One after the other: two loads at once would be twice the memory. */
  function reload(): Promise<void> {
    const run = last.then(follow);
    last = run.catch(() => undefined);
    return run;
  }

  async function look(): Promise<void> {
    while (!stopped.signal.aborted) {
      await clock.sleep(lookMs, stopped.signal).catch(() => undefined);
      if (!stopped.signal.aborted) await reload().catch(onError);
    }
  }

  function ask<T>(question: (recognizer: LoadedRecognizer) => T): T | undefined {
    if (serving === undefined) return undefined;
    try {
      return question(serving.recognizer);
    } catch (error) {
      onError(error);
      if (!serving.recognizer.isAlive) void reload().catch(onError);
      return undefined;
    }
  }

  /** Of another embedding than the model knows none is given to it: it answers without. */
  function vectorFor({ embedding }: LoadedRecognizer, text: string): VectorOfText | undefined {
    const found = embedding === null ? undefined : vectors?.inMemory(text);
    if (embedding === null || found?.vector.length !== embedding.dimensions) return undefined;
    return isSameEmbedding(found.of, embedding) ? found : undefined;
  }

  async function publish(version: number, author: Publication['author'], despite: string | null = null): Promise<void> {
    if ((await store.get(version)) === undefined)
      throw new Refusal('not-found', `There is no model version ${version}.`);
    const recognizer = await tryOut(version);
    const [newest] = await store.publications(1);
    if (newest?.version !== version) {
      const n = (newest?.n ?? 0) + 1;
      if (!(await store.publish({ n, version, author, at: clock.now(), despite }))) {
        await recognizer?.close();
        throw new Refusal('conflict', 'Somebody else has published a version just now: look at it, then try again.');
      }
    }
    if (recognizer !== undefined) {
      last = last.then(() => serve(version, recognizer)).catch(onError);
      await last;
    }
    await reload();
    broadcast.publish(topic, '');
  }

  /**
   * Before it is published, so that nobody's bot stands there without a model.
   * @returns undefined: it serves already
   * @throws Refusal `conflict` for one that cannot be used
   */
  async function tryOut(version: number): Promise<LoadedRecognizer | undefined> {
    if (serving?.version === version && serving.recognizer.isAlive) return undefined;
    try {
      const recognizer = await load(version);
      unusable.delete(version);
      return recognizer;
    } catch (error) {
      if (!(error instanceof UnusableModel)) throw error;
      unusable.set(version, error.message);
      throw new Refusal('conflict', `Version ${version} cannot be used, and nothing was changed. ${error.message}`);
    }
  }

  const subscription = broadcast.subscribe(topic, () => void reload().catch(onError));
  broadcast.onGap(() => void reload().catch(onError));
  await reload().catch(onError);
  void look();

  return {
    get version() {
      return serving?.version;
    },
    get problem() {
      return problem;
    },
    get embedding() {
      return serving?.recognizer.embedding ?? null;
    },
    prepare: async (text) => {
      const wanted = serving?.recognizer.embedding ?? null;
      if (wanted !== null) await vectors?.ofQuestion(text, { of: wanted });
    },
    recognize: (text) => ask((recognizer) => recognizer.recognize(text, vectorFor(recognizer, text))),
    explain: (text) => ask((recognizer) => recognizer.explain(text, vectorFor(recognizer, text))),
    publish,
    get thresholds() {
      return current()?.thresholds ?? [];
    },
    get thresholdSet() {
      return current()?.n ?? 0;
    },
    thresholdsChanged: async () => {
      await reload();
      broadcast.publish(topic, '');
    },
    publications: () => store.publications(publicationsKnown),
    reload,
    stop: async () => {
      stopped.abort();
      subscription.end();
      await last;
      await serving?.recognizer.close();
    },
  };
}
