import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Known } from './check-routing-config.ts';
import { parseRoutingConfig, parseStoredRoutingConfig } from './parse-routing-config.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import type { Author, RoutingVersionStore, StoredRoutingVersion } from './routing-version-store.ts';

/** A published routing configuration. */
export interface RoutingVersion extends RoutingVersionEntry {
  readonly config: RoutingConfig;
}

/** What the list of versions shows of one. */
export interface RoutingVersionEntry {
  readonly version: number;
  readonly author: Author;
  readonly note: string | null;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

/** The routing configuration that holds, and those that held before. */
export interface RoutingConfigs {
  /** What holds now; version 0 is the default configuration, before anything was published. */
  readonly current: { readonly version: number; readonly config: RoutingConfig };
  /** Calls at each change, also by another process. */
  onChange(listener: (by: 'us' | 'others') => void): void;
  /**
   * Checks a document against the agents and channels that there are, and lets it hold from now on.
   *
   * @param options.baseVersion the version that the author has changed
   * @throws Refusal `settings-invalid` with the field; `conflict` when another version was published meanwhile
   */
  publish(config: unknown, by: Author, options: { baseVersion: number; note?: string }): Promise<RoutingVersion>;
  /**
   * Publishes an old version again, as a new one.
   *
   * @throws Refusal as `publish`; `not-found`
   */
  restore(version: number, by: Author, options: { baseVersion: number; note?: string }): Promise<RoutingVersion>;
  /** Newest first. */
  versions(page: { before?: number; limit: number }): Promise<RoutingVersionEntry[]>;
  get(version: number): Promise<RoutingVersion | undefined>;
  /** @throws Refusal `settings-invalid` with the field */
  check(config: unknown): RoutingConfig;
  /** Takes over what another process has published. */
  reload(): Promise<void>;
}

/** Loads the newest version; one that cannot be read any more is told to `onError`, and what held before it holds. */
export async function createRoutingConfigs(deps: {
  store: RoutingVersionStore;
  clock: Clock;
  known: () => Known;
  onError: (error: unknown) => void;
}): Promise<RoutingConfigs> {
  const { store, clock } = deps;
  let current: RoutingConfigs['current'] = { version: 0, config: defaultRoutingConfig };
  const listeners: ((by: 'us' | 'others') => void)[] = [];
  const newest = await store.newest(0);
  if (newest !== undefined) await takeOver(newest);

  function hold(version: number, config: RoutingConfig, by: 'us' | 'others'): void {
    // Two that were asked for at once may be answered in the other order.
    if (version <= current.version) return;
    current = { version, config };
    for (const listener of listeners) listener(by);
  }

  /** Holds under its own number also what cannot be read: whoever publishes next begins there. */
  async function takeOver(stored: StoredRoutingVersion): Promise<void> {
    hold(stored.version, await lastReadable(stored), 'others');
  }

  async function lastReadable(stored: StoredRoutingVersion): Promise<RoutingConfig> {
    let next: StoredRoutingVersion | undefined = stored;
    while (next !== undefined && next.version > current.version) {
      try {
        return read(next).config;
      } catch (error) {
        deps.onError(new Error(`Routing version ${next.version} cannot be read.`, { cause: error }));
        next = await store.get(next.version - 1);
      }
    }
    return current.config;
  }

  async function add(
    input: unknown,
    by: Author,
    { baseVersion, note }: { baseVersion: number; note?: string | undefined },
  ): Promise<RoutingVersion> {
    const config = parseRoutingConfig(input, deps.known());
    const newestVersion = (await store.newest(current.version))?.version ?? current.version;
    if (newestVersion !== baseVersion) throw await overtaken(baseVersion);
    const entry = { version: baseVersion + 1, author: by, note: note ?? null, publishedAt: clock.now() };
    if (!(await store.add({ ...entry, config: JSON.stringify(input) }))) throw await overtaken(baseVersion);
    hold(entry.version, config, 'us');
    return { ...entry, config };
  }

  async function overtaken(baseVersion: number): Promise<Refusal> {
    await reload();
    return new Refusal(
      'conflict',
      `baseVersion: version ${current.version} holds by now, and not ${baseVersion}: look at it, then publish again.`,
      { field: 'baseVersion' },
    );
  }

  async function reload(): Promise<void> {
    const stored = await store.newest(current.version);
    if (stored !== undefined) await takeOver(stored);
  }

  return {
    get current() {
      return current;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    publish: add,
    restore: async (version, by, { baseVersion, note = `Version ${version} again` }) => {
      const stored = await store.get(version);
      if (stored === undefined) throw new Refusal('not-found', `There is no version ${version}.`);
      // As it is read today: fields that are gone since would be refused.
      return add(read(stored).config, by, { baseVersion, note });
    },
    versions: ({ before = Number.MAX_SAFE_INTEGER, limit }) => store.list({ before, limit }),
    get: async (version) => {
      const stored = await store.get(version);
      return stored === undefined ? undefined : read(stored);
    },
    check: (config) => parseRoutingConfig(config, deps.known()),
    reload,
  };
}

function read({ config, ...entry }: StoredRoutingVersion): RoutingVersion {
  return { ...entry, config: parseStoredRoutingConfig(JSON.parse(config)) };
}
