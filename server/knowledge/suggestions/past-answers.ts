import type { Clock } from '../../base/clock.ts';
import { Lru } from '../../base/lru.ts';
import { createPassageIndex } from '../search/passage-index.ts';
import { type NearGroup, NearGroups } from './near.ts';
import type { StoredPair, SuggestionStore } from './suggestion-store.ts';

const pageSize = 1_000;
const addedAtOnce = 20;
/** How often a process looks for pairs that another one has kept, … */
const lookMs = 4_000;
/** … and reads all of them again, in case that some were removed and it did not hear of it. */
const reloadMs = 10 * 60_000;
/** Pairs with one answer that are looked through for what was asked: the newest. */
const indexedOfGroup = 40;
/** Pairs that a search looks at before they are put together by their answers. */
const looked = 60;

/** An answer of the past that may answer again. */
export interface PastAnswer {
  /** Of the answer, whoever gave it and when: what its use is counted under. */
  readonly key: string;
  readonly text: string;
  /** How like what was asked then is to what is asked now: 0 … 1. */
  readonly likeness: number;
  /** How many times it was given to something like it. */
  readonly times: number;
  readonly pair: StoredPair;
}

/** Answers that agents gave to customers, found by what they were asked. */
export interface PastAnswers {
  /** @param questions what was asked, in one or several ways */
  search(questions: readonly string[], limit: number): PastAnswer[];
  /** What was answered in these conversations, in the order of its being said; nearly the same answers have one `key`. */
  given(conversationIds: ReadonlySet<string>): { key: string; pair: StoredPair }[];
  /** Answers that were given again and again, the most frequent first. */
  recurring(least: number): { key: string; pairs: StoredPair[] }[];
  readonly size: number;
  /** Reads what was kept since. */
  refresh(): Promise<void>;
  /** The contact was erased. */
  forget(contactId: string): void;
  /** Reads all of them again: some were removed. */
  reload(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** Every process keeps all pairs in memory (some 20,000) and follows the store. */
export function createPastAnswers(deps: {
  store: Pick<SuggestionStore, 'pairsAfter'>;
  clock: Clock;
  maxPairs: number;
  onError: (error: unknown) => void;
}): PastAnswers {
  const { store, clock } = deps;
  const pairs = new Map<number, StoredPair>();
  const groups = new NearGroups();
  const index = createPassageIndex();
  /** Pairs that are found by their question, the oldest first. */
  const indexedOf = new WeakMap<NearGroup, number[]>();
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let running: Promise<void> = Promise.resolve();
  /** Contacts that were erased while their pairs may have been on their way here. */
  const erased = new Lru<string, true>(10_000);

  function add(pair: StoredPair): void {
    last = Math.max(last, pair.n);
    if (erased.get(pair.contactId) === true || pairs.has(pair.n)) return;
    // The store keeps a few more than are kept here: what has made room for newer ones does not come back.
    if (pair.n < first && pairs.size >= deps.maxPairs) return;
    first = Math.min(first, pair.n);
    pairs.set(pair.n, pair);
    const group = groups.add(pair.n, pair.answer);
    index.put([{ id: String(pair.n), title: pair.question }]);
    leaveOldest(group, pair.n);
    while (pairs.size > deps.maxPairs) remove(oldest());
  }

  /** What is answered in the same way all the time is found by what was asked lately. */
  function leaveOldest(group: NearGroup, newest: number): void {
    const indexed = indexedOf.get(group) ?? [];
    indexed.push(newest);
    indexedOf.set(group, indexed);
    if (indexed.length > indexedOfGroup) index.remove([String(indexed.shift())]);
  }

  /** Of a map whose first are deleted all the time the first is found by walking along all that were. */
  function oldest(): number {
    while (!pairs.has(first)) first += 1;
    return first;
  }

  function remove(n: number): void {
    const indexed = indexedOf.get(groups.of(n) as NearGroup);
    const at = indexed?.indexOf(n) ?? -1;
    if (at >= 0) indexed?.splice(at, 1);
    pairs.delete(n);
    groups.remove(n);
    index.remove([String(n)]);
  }

  /** Each takes up to a millisecond: between some of them others get their turn. */
  async function addAll(some: readonly StoredPair[]): Promise<void> {
    for (const [at, pair] of some.entries()) {
      add(pair);
      if (at % addedAtOnce === addedAtOnce - 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const page = await store.pairsAfter(last, pageSize);
      await addAll(page);
      if (page.length < pageSize) return;
    }
  }

  /** One after the other: what comes while all are read again is not read twice. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const next = running.then(work);
    running = next.catch(() => undefined);
    return next;
  }

  const reload = () =>
    inTurn(async () => {
      const all: StoredPair[] = [];
      for (let n = 0; ; ) {
        const page = await store.pairsAfter(n, pageSize);
        all.push(...page);
        n = page.at(-1)?.n ?? n;
        if (page.length < pageSize) break;
      }
      const there = new Set(all.map((pair) => pair.n));
      // Those that stay are not indexed again.
      for (const n of [...pairs.keys()]) if (!there.has(n)) remove(n);
      await addAll(all);
    });

  return {
    get size() {
      return pairs.size;
    },
    search: (questions, limit) => {
      const likest = new Map<string, number>();
      for (const text of questions) {
        for (const { docId, score } of index.search(text, { limit: looked })) {
          likest.set(docId, Math.max(score, likest.get(docId) ?? 0));
        }
      }
      const found = new Map<NearGroup, { best: StoredPair; likeness: number; times: number }>();
      for (const [docId, score] of [...likest].toSorted(([, a], [, b]) => b - a)) {
        const pair = pairs.get(Number(docId));
        const group = groups.of(Number(docId));
        if (pair === undefined || group === undefined) continue;
        const known = found.get(group);
        // Half as like as the likest is another question.
        if (known === undefined) found.set(group, { best: pair, likeness: score, times: 1 });
        else if (score >= known.likeness * 0.6) known.times += 1;
      }
      return [...found].slice(0, limit).map(([group, { best, likeness, times }]) => ({
        key: group.key,
        text: best.answer,
        likeness,
        times,
        pair: best,
      }));
    },
    given: (conversationIds) =>
      [...pairs.values()]
        .filter(({ conversationId }) => conversationIds.has(conversationId))
        .map((pair) => ({ key: groups.of(pair.n)?.key ?? '', pair })),
    recurring: (least) =>
      [...groups.all()]
        .filter((group) => group.ids.size >= least)
        .toSorted((a, b) => b.ids.size - a.ids.size || (a.key < b.key ? -1 : 1))
        .map((group) => ({ key: group.key, pairs: [...group.ids].flatMap((n) => pairs.get(n) ?? []) })),
    refresh: () => inTurn(readOn),
    reload,
    forget: (contactId) => {
      erased.set(contactId, true);
      for (const pair of [...pairs.values()]) if (pair.contactId === contactId) remove(pair.n);
    },
    run: async (signal) => {
      let reloadedAt = clock.elapsed();
      while (!signal.aborted) {
        const isDue = clock.elapsed() - reloadedAt >= reloadMs;
        if (isDue) reloadedAt = clock.elapsed();
        await (isDue ? reload() : inTurn(readOn)).catch(deps.onError);
        await clock.sleep(lookMs, signal).catch(() => undefined);
      }
    },
  };
}
