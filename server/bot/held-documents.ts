import type { Clock } from '../base/clock.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { BotArea, DocumentChange, DocumentStore, StoredDocument } from './document-store.ts';

/** An area of documents as every process holds it: whole, in memory, and of one version. */
export interface HeldDocuments<T> {
  readonly current: T;
  /**
   * Stores what `make` makes of the newest value; what another process stored meanwhile is taken over first, and `make` asked
   * again. What it throws changes nothing.
   */
  change<R>(
    make: (current: T) => { readonly next: T; readonly change: DocumentChange; readonly result: R },
  ): Promise<R>;
  /** Takes over what another process has stored. */
  reload(): Promise<void>;
  stop(): void;
}

/** What is missed is found after this time at the latest. */
const lookAgainMs = 15_000;
const rowsAtOnce = 1_000;
const tries = 5;

/** @param deps.read makes the value of all documents of the area; what cannot be read is told, and what held before holds */
export async function holdDocuments<T>(deps: {
  area: BotArea;
  store: DocumentStore;
  read: (documents: readonly StoredDocument[]) => T;
  broadcast: Broadcast;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<HeldDocuments<T>> {
  const { area, store, broadcast, clock, onError } = deps;
  const topic = `bot-${area}`;
  let held = { version: 0, value: deps.read([]) };
  const stopped = new AbortController();
  await load();

  /** Reads until nobody has written in between: pages are statements of their own. */
  async function load(): Promise<void> {
    for (let time = 0; time < tries; time += 1) {
      const version = await store.version(area);
      if (version === held.version) return;
      const documents: StoredDocument[] = [];
      let page: StoredDocument[];
      do {
        page = await store.page(area, documents.at(-1) ?? null, rowsAtOnce);
        documents.push(...page);
      } while (page.length === rowsAtOnce);
      if ((await store.version(area)) !== version) continue;
      if (version > held.version) held = { version, value: deps.read(documents) };
      return;
    }
  }

  /** One change of this process after the other: two that are made to one version would send each other away. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<R>(work: () => Promise<R>): Promise<R> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  async function storeChange<R>(make: Parameters<HeldDocuments<T>['change']>[0]): Promise<R> {
    for (let time = 0; time < tries; time += 1) {
      await load();
      const { version, value } = held;
      const { next, change, result } = make(value);
      if (change.put.length + change.remove.length === 0) return result as R;
      if (!(await store.apply(area, version, change))) continue;
      if (held.version === version) held = { version: version + 1, value: next };
      broadcast.publish(topic, '');
      return result as R;
    }
    throw new Refusal('conflict', 'Others change this all the time: nothing was changed, try again.');
  }

  const reload = () => inTurn(load);
  const subscription = broadcast.subscribe(topic, () => void reload().catch(onError));
  void (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(lookAgainMs, stopped.signal).catch(() => undefined);
      if (!stopped.signal.aborted) await reload().catch(onError);
    }
  })();

  return {
    get current() {
      return held.value;
    },
    change: (make) => inTurn(() => storeChange(make)),
    reload,
    stop: () => {
      stopped.abort();
      subscription.end();
    },
  };
}

/** What is to be stored so that one list of documents becomes another; what is the same object is the same. */
export function differences<T extends { readonly id: string }>(
  kind: string,
  before: readonly T[],
  after: readonly T[],
): DocumentChange {
  const old = new Map(before.map((one) => [one.id, one]));
  const kept = new Set(after.map(({ id }) => id));
  return {
    put: after.filter((one) => old.get(one.id) !== one).map((one) => ({ kind, id: one.id, body: JSON.stringify(one) })),
    remove: before.filter(({ id }) => !kept.has(id)).map(({ id }) => ({ kind, id })),
  };
}
