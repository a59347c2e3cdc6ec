import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { Author } from '../../routing/routing-version-store.ts';
import type { BotDocumentKind, BotDocumentStore, StoredBotDocument } from './dialogue-store.ts';

/** What the list of versions shows of one. */
export type BotVersionEntry = Omit<StoredBotDocument, 'document' | 'kind'>;

/** One document of the bot: what holds, and what held before. */
export interface BotDocuments<T> {
  /** What holds now, and since when; version 0 is what holds before anything was published. */
  readonly current: { readonly version: number; readonly document: T; readonly publishedAt: number };
  /** Calls at each change, also by another process. */
  onChange(listener: (by: 'us' | 'others') => void): void;
  /**
   * Checks a document and lets it hold from now on.
   * @throws Refusal `settings-invalid` with the field; `conflict` when another version was published meanwhile
   */
  publish(document: unknown, by: Author, options: PublishOptions): Promise<BotVersion<T>>;
  /**
   * Publishes an old version again, as a new one.
   * @throws Refusal as `publish`; `not-found`
   */
  restore(version: number, by: Author, options: { baseVersion: number; note?: string }): Promise<BotVersion<T>>;
  /** Newest first. */
  versions(page: { before?: number; limit: number }): Promise<BotVersionEntry[]>;
  get(version: number): Promise<BotVersion<T> | undefined>;
  /** @throws Refusal `settings-invalid` with the field */
  check(document: unknown): T;
  /** Takes over what another process has published. */
  reload(): Promise<void>;
}

export type BotVersion<T> = BotVersionEntry & { readonly document: T };

export interface PublishOptions {
  readonly baseVersion: number;
  readonly note?: string;
  /** What spoke against it, in JSON: see `StoredBotDocument`. */
  readonly despite?: string | null;
}

/** Loads the newest version; one that cannot be read any more is told to `onError`, and the one before it holds. */
export async function createBotDocuments<T>(deps: {
  kind: BotDocumentKind;
  store: BotDocumentStore;
  initial: T;
  /** Of what is given now. @throws Refusal */
  parse: (document: unknown) => T;
  /** Of what was stored, perhaps by an older version of ours. @throws Refusal */
  parseStored: (document: unknown) => T;
  clock: Pick<Clock, 'now'>;
  onError: (error: unknown) => void;
}): Promise<BotDocuments<T>> {
  const { kind, store } = deps;
  let current: BotDocuments<T>['current'] = { version: 0, document: deps.initial, publishedAt: 0 };
  const listeners: ((by: 'us' | 'others') => void)[] = [];
  await reload();

  function hold(version: BotDocuments<T>['current'], by: 'us' | 'others'): void {
    // Two that were asked for at once may be answered in the other order.
    if (version.version <= current.version) return;
    current = version;
    for (const listener of listeners) listener(by);
  }

  async function reload(): Promise<void> {
    const newest = await store.newest(kind, current.version);
    if (newest === undefined) return;
    // It holds under its own number also where it cannot be read: whoever publishes next begins there.
    hold({ version: newest.version, publishedAt: newest.publishedAt, document: await lastReadable(newest) }, 'others');
  }

  async function lastReadable(newest: StoredBotDocument): Promise<T> {
    let next: StoredBotDocument | undefined = newest;
    while (next !== undefined && next.version > current.version) {
      try {
        return deps.parseStored(JSON.parse(next.document));
      } catch (error) {
        deps.onError(new Error(`The bot's ${kind}, version ${next.version}, cannot be read.`, { cause: error }));
        next = await store.get(kind, next.version - 1);
      }
    }
    return current.document;
  }

  async function publish(
    given: unknown,
    by: Author,
    { baseVersion, note, despite = null }: PublishOptions,
  ): Promise<BotVersion<T>> {
    const document = deps.parse(given);
    await reload();
    if (current.version !== baseVersion) throw overtaken(baseVersion);
    const entry = {
      version: baseVersion + 1,
      author: { id: by.id, name: by.name },
      note: note ?? null,
      publishedAt: deps.clock.now(),
      despite,
    };
    if (!(await store.add({ ...entry, kind, document: JSON.stringify(document) }))) {
      await reload();
      throw overtaken(baseVersion);
    }
    hold({ version: entry.version, document, publishedAt: entry.publishedAt }, 'us');
    return { ...entry, document };
  }

  function overtaken(baseVersion: number): Refusal {
    return new Refusal(
      'conflict',
      `baseVersion: version ${current.version} holds by now, and not ${baseVersion}: look at it, then publish again.`,
      { field: 'baseVersion' },
    );
  }

  async function get(version: number): Promise<BotVersion<T> | undefined> {
    const stored = await store.get(kind, version);
    if (stored === undefined) return undefined;
    const { kind: _, document, ...entry } = stored;
    return { ...entry, document: deps.parseStored(JSON.parse(document)) };
  }

  return {
    get current() {
      return current;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    publish,
    restore: async (version, by, { baseVersion, note = `Version ${version} again` }) => {
      const old = await get(version);
      if (old === undefined) throw new Refusal('not-found', `There is no version ${version}.`);
      return publish(old.document, by, { baseVersion, note });
    },
    versions: async ({ before = Number.MAX_SAFE_INTEGER, limit }) => {
      const entries = await store.list(kind, { before, limit });
      return entries.map(({ kind: _, ...entry }) => entry);
    },
    get,
    check: deps.parse,
    reload,
  };
}
