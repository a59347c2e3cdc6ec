import type { Clock } from '../base/clock.ts';
import type { Author } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';

/** What the list of versions shows of one. */
export interface VersionEntry {
  /** 1, 2, … */
  readonly version: number;
  readonly author: Author;
  readonly note: string | null;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
  /** What spoke against it when somebody published it all the same, in JSON; null: nothing did. */
  readonly despite: string | null;
}

export type Version<T> = VersionEntry & { readonly document: T };

/** A version as it is stored: its document in JSON, in which an older version of ours may have known other fields. */
export type StoredVersion = Version<string>;

/** Where the versions of one document lie. */
export interface VersionStore {
  /** The newest version, if there is one beyond `after`. */
  newest(after: number): Promise<StoredVersion | undefined>;
  get(version: number): Promise<StoredVersion | undefined>;
  /** Newest first, without their documents. */
  list(page: { before: number; limit: number }): Promise<VersionEntry[]>;
  /** False when somebody else's has this number: nothing was stored. */
  add(version: StoredVersion): Promise<boolean>;
}

export interface PublishOptions {
  /** The version that the author has changed. */
  readonly baseVersion: number;
  readonly note?: string;
  /** See `VersionEntry`. */
  readonly despite?: string | null;
}

/** A document that is published as a whole: what holds, and what held before. */
export interface PublishedDocument<T> {
  /** What holds now, and since when; version 0 is what holds before anything was published. */
  readonly current: { readonly version: number; readonly document: T; readonly publishedAt: number };
  /** Calls at each change, also by another process. */
  onChange(listener: (by: 'us' | 'others') => void): void;
  /**
   * Checks a document and lets it hold from now on.
   * @throws Refusal `settings-invalid` with the field; `conflict` when another version was published meanwhile
   */
  publish(document: unknown, by: Author, options: PublishOptions): Promise<Version<T>>;
  /**
   * Publishes an old version again, as a new one.
   * @throws Refusal as `publish`; `not-found`
   */
  restore(version: number, by: Author, options: Omit<PublishOptions, 'despite'>): Promise<Version<T>>;
  /** Newest first. */
  versions(page: { before?: number; limit: number }): Promise<VersionEntry[]>;
  get(version: number): Promise<Version<T> | undefined>;
  /** @throws Refusal `settings-invalid` with the field */
  check(document: unknown): T;
  /** Takes over what another process has published. */
  reload(): Promise<void>;
}

/** Loads the newest version; one that cannot be read any more is told to `onError`, and the one before it holds. */
export async function createPublishedDocument<T>(deps: {
  /** As errors name it: "the routing configuration". */
  name: string;
  store: VersionStore;
  /** What holds before anything is published. */
  initial: T;
  /** Of what is given now. @throws Refusal */
  parse: (document: unknown) => T;
  /** Of what was stored, perhaps by an older version of ours. @throws Refusal */
  parseStored: (document: unknown) => T;
  clock: Pick<Clock, 'now'>;
  onError: (error: unknown) => void;
}): Promise<PublishedDocument<T>> {
  const { store } = deps;
  let current: PublishedDocument<T>['current'] = { version: 0, document: deps.initial, publishedAt: 0 };
  const listeners: ((by: 'us' | 'others') => void)[] = [];
  await reload();

  function hold(next: PublishedDocument<T>['current'], by: 'us' | 'others'): void {
    // Two that were asked for at once may be answered in the other order.
    if (next.version <= current.version) return;
    current = next;
    for (const listener of listeners) listener(by);
  }

  async function reload(): Promise<void> {
    const newest = await store.newest(current.version);
    if (newest === undefined) return;
    // It holds under its own number also where it cannot be read: whoever publishes next begins there.
    hold({ version: newest.version, publishedAt: newest.publishedAt, document: await lastReadable(newest) }, 'others');
  }

  async function lastReadable(newest: StoredVersion): Promise<T> {
    let next: StoredVersion | undefined = newest;
    while (next !== undefined && next.version > current.version) {
      try {
        return read(next).document;
      } catch (error) {
        deps.onError(new Error(`Version ${next.version} of ${deps.name} cannot be read.`, { cause: error }));
        next = await store.get(next.version - 1);
      }
    }
    return current.document;
  }

  function read(stored: StoredVersion): Version<T> {
    return { ...stored, document: deps.parseStored(JSON.parse(stored.document)) };
  }

  async function publish(
    given: unknown,
    by: Author,
    { baseVersion, note, despite = null }: PublishOptions,
  ): Promise<Version<T>> {
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
    // As it is read, so that it stays what it is when what holds by default becomes something else.
    if (!(await store.add({ ...entry, document: JSON.stringify(document) }))) {
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

  async function get(version: number): Promise<Version<T> | undefined> {
    const stored = await store.get(version);
    return stored === undefined ? undefined : read(stored);
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
    versions: ({ before = Number.MAX_SAFE_INTEGER, limit }) => store.list({ before, limit }),
    get,
    check: deps.parse,
    reload,
  };
}
