import type { ChannelHealth, ChannelType, SettingsField } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { ChannelAdapter, ChannelContext, ChannelInstance } from './channel-adapter.ts';
import type { OutboundFetch } from './channel-fetch.ts';
import type { ChannelRecord, ChannelStore } from './channel-store.ts';
import { Refusal } from './refusal.ts';
import { checkSettings, withDefaults } from './settings.ts';

// biome-ignore lint/suspicious/noExplicitAny: a registry holds adapters of every settings type; checkSettings types them.
export type AnyAdapter = ChannelAdapter<any>;

/** One configured channel as it runs. */
export interface LiveChannel {
  readonly record: ChannelRecord;
  readonly adapter: AnyAdapter;
  readonly instance: ChannelInstance;
  readonly health: ChannelHealth;
}

/** The configured channels and their adapters' live instances. */
export interface Channels {
  types(): readonly ChannelType[];
  all(): readonly LiveChannel[];
  /** @throws Refusal `not-found` */
  get(id: string): LiveChannel;
  /** The channel when it is there and switched on; for callers that treat both the same. */
  enabled(id: string): LiveChannel | undefined;
  /** The same for a caller from outside: another process may have made it a moment ago. */
  lookUp(id: string): Promise<LiveChannel | undefined>;
  create(input: NewChannel): Promise<LiveChannel>;
  change(id: string, patch: { name?: string; settings?: unknown; enabled?: boolean }): Promise<LiveChannel>;
  remove(id: string): Promise<void>;
  /** Asks the platform whether the settings work, and shows the answer in the health light. */
  check(id: string): Promise<LiveChannel>;
  sawInbound(id: string): void;
  sawOutbound(id: string, error?: string): void;
  /** Called after every change of a channel; used to start and stop what runs for it. */
  onChange(listener: (id: string, channel: LiveChannel | undefined, by: ChangedBy) => void): void;
  /** Takes over what other processes changed in the store. */
  reload(): Promise<void>;
}

export interface NewChannel {
  readonly type: string;
  readonly name: string;
  readonly settings: unknown;
  readonly enabled: boolean;
  /** Made up when absent. */
  readonly id?: string;
}

/** Who changed a configuration: this process, or another one that wrote to the same store. */
export type ChangedBy = 'us' | 'others';

export interface ChannelsDeps {
  readonly adapters: readonly AnyAdapter[];
  readonly store: ChannelStore;
  readonly clock: Clock;
  /** A client that may reach the given addresses of the channel's settings in private networks too. */
  readonly fetchFor: (baseUrls: readonly string[]) => OutboundFetch;
  /** As customers and platforms reach us. */
  readonly publicUrl: () => string;
  readonly openFile: ChannelContext<unknown>['openFile'];
  readonly shared: (channelId: string) => ChannelContext<unknown>['shared'];
}

type Entry = {
  record: ChannelRecord;
  adapter: AnyAdapter;
  instance: ChannelInstance;
  health: ChannelHealth;
  fetch: OutboundFetch | undefined;
};

const lookAgainMs = 1_000;

/** Loads the configured channels and opens those that are switched on. */
export async function createChannels(deps: ChannelsDeps): Promise<Channels> {
  const adapters = new Map(deps.adapters.map((adapter) => [adapter.type, adapter]));
  const entries = new Map<string, Entry>();
  let lookedAt = 0;
  let looking: Promise<void> | undefined;
  const listeners: Parameters<Channels['onChange']>[0][] = [];
  for (const record of await deps.store.all()) {
    const adapter = adapters.get(record.type);
    // A channel whose adapter is not installed stays stored and is left out.
    if (adapter !== undefined) entries.set(record.id, open(record, adapter));
  }

  function open(record: ChannelRecord, adapter: AnyAdapter): Entry {
    const entry: Entry = {
      record,
      adapter,
      instance: {},
      health: { light: record.enabled ? 'amber' : 'off' },
      fetch: undefined,
    };
    if (record.enabled) entry.instance = adapter.open(contextOf(entry));
    if (record.enabled && entry.instance.receive === undefined && entry.instance.send === undefined) {
      // Nothing of a platform is in between: what can be reached works.
      entry.health = { light: 'green' };
    }
    return entry;
  }

  function contextOf(entry: Entry): ChannelContext<unknown> {
    const settings = withDefaults(entry.adapter.settings, entry.record.settings);
    const baseUrls = entry.adapter.settings.filter((field) => field.kind === 'url').map((field) => settings[field.key]);
    const outbound = deps.fetchFor(baseUrls.filter((url) => typeof url === 'string'));
    entry.fetch = outbound;
    return {
      channelId: entry.record.id,
      settings,
      publicUrl: deps.publicUrl(),
      now: () => deps.clock.now(),
      sleep: (ms, signal) => deps.clock.sleep(ms, signal),
      fetch: outbound,
      openFile: deps.openFile,
      shared: deps.shared(entry.record.id),
      report: (health) => {
        if (health.ok) light(entry, { light: 'green' });
        else
          light(entry, {
            light: health.needsPerson ? 'red' : 'amber',
            reason: health.reason,
            lastErrorAt: deps.clock.now(),
          });
      },
    };
  }

  function light(entry: Entry, change: Partial<ChannelHealth>): void {
    const { reason: _, ...rest } = entry.health;
    entry.health = { ...rest, ...change };
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (entry === undefined) throw new Refusal('not-found', 'There is no such channel.');
    return entry;
  }

  function put(record: ChannelRecord, adapter: AnyAdapter, by: ChangedBy = 'us'): LiveChannel {
    const entry = open(record, adapter);
    // What is under way with the former settings ends with its connections.
    void entries.get(record.id)?.fetch?.close();
    entries.set(record.id, entry);
    for (const listener of listeners) listener(record.id, entry, by);
    return entry;
  }

  function enabled(id: string): LiveChannel | undefined {
    const entry = entries.get(id);
    return entry?.record.enabled === true ? entry : undefined;
  }

  async function reload(): Promise<void> {
    // What is created while we read need not be in the answer.
    const before = [...entries.keys()];
    const records = await deps.store.all();
    const stored = new Set(records.map(({ id }) => id));
    for (const id of before) if (!stored.has(id)) drop(id, 'others');
    for (const record of records) {
      const adapter = adapters.get(record.type);
      const known = entries.get(record.id)?.record;
      // Older than what we know: it was read before we wrote.
      const isNew = known === undefined || record.updatedAt > known.updatedAt;
      if (adapter !== undefined && isNew) put(record, adapter, 'others');
    }
  }

  function drop(id: string, by: ChangedBy = 'us'): void {
    void entries.get(id)?.fetch?.close();
    if (!entries.delete(id)) return;
    for (const listener of listeners) listener(id, undefined, by);
  }

  return {
    types: () =>
      [...adapters.values()].map(({ type, name, description, settings, capabilities }) => ({
        type,
        name,
        description,
        settings: [...settings],
        capabilities,
      })),
    all: () => [...entries.values()],
    get: entryOf,
    enabled,
    lookUp: async (id) => {
      const now = deps.clock.now();
      // Whoever asks for what is not there at all costs the store one look a second.
      if (!entries.has(id) && now - lookedAt >= lookAgainMs) {
        lookedAt = now;
        looking = reload();
      }
      // Who comes during a look waits for its end: a new channel is often asked for several times at once.
      if (!entries.has(id)) await looking;
      return enabled(id);
    },
    create: async ({ type, name, settings, enabled, id }) => {
      const adapter = adapters.get(type);
      if (adapter === undefined) {
        throw new Refusal('settings-invalid', `type: expected one of ${[...adapters.keys()].join(', ')}.`, {
          field: 'type',
        });
      }
      const checked = checkSettings(adapter, settings);
      const now = deps.clock.now();
      const record = { id: id ?? newId(now), type, name, settings: checked, enabled, createdAt: now, updatedAt: now };
      await deps.store.save(record);
      return put(record, adapter);
    },
    change: async (id, patch) => {
      const { record, adapter } = entryOf(id);
      const settings =
        patch.settings === undefined
          ? record.settings
          : checkSettings(adapter, mergeSettings(adapter.settings, record.settings, patch.settings));
      const next = {
        ...record,
        name: patch.name ?? record.name,
        enabled: patch.enabled ?? record.enabled,
        settings,
        updatedAt: deps.clock.now(),
      };
      await deps.store.save(next);
      return put(next, adapter);
    },
    remove: async (id) => {
      entryOf(id);
      await deps.store.remove(id, deps.clock.now());
      drop(id);
    },
    reload,
    check: async (id) => {
      const entry = entryOf(id);
      if (!entry.record.enabled || entry.instance.check === undefined) return entry;
      try {
        await entry.instance.check(AbortSignal.timeout(15_000));
        light(entry, { light: 'green' });
      } catch (error) {
        light(entry, { light: 'red', reason: (error as Error).message, lastErrorAt: deps.clock.now() });
      }
      return entry;
    },
    sawInbound: (id) => {
      const entry = entries.get(id);
      if (entry === undefined) return;
      // The hot path: one field, and the light only when it is not green already.
      entry.health.lastInboundAt = deps.clock.now();
      if (entry.health.light === 'amber' && entry.health.reason === undefined) entry.health.light = 'green';
    },
    sawOutbound: (id, error) => {
      const entry = entries.get(id);
      if (entry === undefined) return;
      if (error === undefined) light(entry, { light: 'green', lastOutboundAt: deps.clock.now() });
      else
        light(entry, {
          light: entry.health.light === 'red' ? 'red' : 'amber',
          reason: error,
          lastErrorAt: deps.clock.now(),
        });
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

/** A secret that is left out or comes back as it is shown keeps its value. */
function mergeSettings(
  fields: readonly SettingsField[],
  stored: Readonly<Record<string, unknown>>,
  patch: unknown,
): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...stored, ...patch };
  for (const { key, kind } of fields) {
    const given = (patch as Record<string, unknown>)[key];
    const isShownForm = typeof given === 'object' && given !== null && 'set' in given;
    if (kind === 'secret' && (given === undefined || given === '' || isShownForm)) {
      if (stored[key] === undefined) delete merged[key];
      else merged[key] = stored[key];
    }
  }
  return merged;
}
