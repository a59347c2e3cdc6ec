import type { Contact, Conversation, KnownOrders, OrdersSettings } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import { Lru } from '../../base/lru.ts';
import type { OutboundFetch } from '../../gateway/channel-fetch.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { OrdersNow } from '../contexts.ts';
import {
  changedOrdersSettings,
  filledAddress,
  noOrdersSettings,
  type OrdersSettingsPatch,
  type StoredOrdersSettings,
  shownOrdersSettings,
} from './orders-settings.ts';
import { readOrders } from './read-orders.ts';

/** How long the shop's server may take, how much it may say, and for how long that holds. */
const limits = { timeoutMs: 3_000, maxBytes: 256 * 1024, freshMs: 60_000, failedMs: 15_000, keptMs: 30 * 60_000 };
/** Contacts whose orders are kept, and requests under way at once: with more, the server does not keep up. */
const keptContacts = 1_000;
const maxUnderway = 20;
/** Settings that another process has changed hold here after this time. */
const settingsMs = 5_000;
const settingsName = 'context-orders';

export interface Orders extends OrdersNow {
  /** What the server says now, or said a moment ago: waits for it, as long as it may take at the most. */
  ask(of: { conversation: Conversation; contact: Contact }): Promise<KnownOrders>;
  settings(): Promise<OrdersSettings>;
  /** @throws Refusal `settings-invalid` with the field */
  change(patch: OrdersSettingsPatch): Promise<OrdersSettings>;
  /** They were erased. */
  forget(contactId: string): void;
  close(): Promise<void>;
}

interface Kept {
  readonly orders: KnownOrders;
  /** On the clock that nobody sets. */
  readonly readAt: number;
}

type Of = { conversation: Conversation; contact: Contact };

/** A contact's orders from the shop's own server. Nothing waits for it but who asks for nothing else (`ask`). */
export function createOrders(deps: {
  meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  clock: Clock;
  /** Makes a client that may reach the given addresses, also in a private network. */
  fetchFor: (baseUrls: readonly string[]) => OutboundFetch;
  onError: (error: unknown) => void;
}): Orders {
  const { meta, clock } = deps;
  let settings: StoredOrdersSettings = noOrdersSettings;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let client: { readonly origin: string; readonly fetch: OutboundFetch } | undefined;
  const kept = new Lru<string, Kept>(keptContacts);
  const underway = new Map<string, Promise<KnownOrders>>();

  async function look(force = false): Promise<void> {
    if (!force && clock.elapsed() - lookedAt < settingsMs) return;
    lookedAt = clock.elapsed();
    const stored = await meta.get(settingsName);
    const read = stored === undefined ? noOrdersSettings : (JSON.parse(stored) as StoredOrdersSettings);
    if (JSON.stringify(read) !== JSON.stringify(settings)) hold(read);
  }

  /** What was read with other settings is of no use any more. */
  function hold(next: StoredOrdersSettings): void {
    settings = next;
    kept.deleteWhere(() => true);
  }

  async function fetchFrom(address: string): Promise<string> {
    const { origin } = new URL(address);
    if (client?.origin !== origin) {
      await client?.fetch.close();
      client = { origin, fetch: deps.fetchFor([origin]) };
    }
    const { headerName, headerValue } = settings;
    const answer = await client.fetch(address, {
      headers: { accept: 'application/json', ...(headerName === '' ? {} : { [headerName]: headerValue }) },
      timeoutMs: limits.timeoutMs,
      maxBytes: limits.maxBytes,
    });
    if (!answer.ok) throw new Error(`The server of the orders answered with ${answer.status}.`);
    return answer.text();
  }

  async function read(key: string, address: string): Promise<KnownOrders> {
    const asked = settings;
    let orders: KnownOrders;
    try {
      orders = { state: 'ready', at: clock.now(), items: readOrders(await fetchFrom(address)) };
    } catch (error) {
      const before = kept.get(key)?.orders;
      const at = before?.at === undefined ? {} : { at: before.at };
      orders = { state: 'failed', why: (error as Error).message, ...at, items: before?.items ?? [] };
    }
    // What was asked for under other settings is not kept under these.
    if (asked === settings && underway.has(key)) kept.set(key, { orders, readAt: clock.elapsed() });
    return orders;
  }

  function start(key: string, address: string): Promise<KnownOrders> {
    const running = underway.get(key);
    if (running !== undefined) return running;
    if (underway.size >= maxUnderway) {
      return Promise.resolve({ state: 'failed', why: 'The server of the orders does not keep up.', items: [] });
    }
    // Only from here on, so that it is there when its answer comes.
    const flight = Promise.resolve()
      .then(() => read(key, address))
      .finally(() => underway.delete(key));
    underway.set(key, flight);
    return flight;
  }

  function addressOf({ conversation, contact }: Of): string | undefined {
    const { channelId, channelType } = conversation;
    const own = contact.identities.find((identity) => identity.channelId === channelId) ?? contact.identities[0];
    return filledAddress(settings.url, {
      ...{ contactId: contact.id, email: contact.email, phone: contact.phone, channelId, channelType },
      externalId: own?.externalId,
    });
  }

  /** @returns what is kept, and how to read it anew where it is old */
  function stateOf(of: Of): { known: KnownOrders; refresh?: () => Promise<KnownOrders> } {
    if (!settings.enabled) return { known: { state: 'off', items: [] } };
    const address = addressOf(of);
    if (address === undefined) return { known: { state: 'none-to-ask-for', items: [] } };
    const key = `${of.contact.id} ${address}`;
    const found = kept.get(key);
    const age = found === undefined ? Number.POSITIVE_INFINITY : clock.elapsed() - found.readAt;
    const isFresh = age < (found?.orders.state === 'failed' ? limits.failedMs : limits.freshMs);
    const known: KnownOrders =
      found === undefined || age > limits.keptMs ? { state: 'loading', items: [] } : found.orders;
    return isFresh ? { known } : { known, refresh: () => start(key, address) };
  }

  return {
    known: (of) => {
      look().catch(deps.onError);
      const { known, refresh } = stateOf(of);
      if (refresh !== undefined) refresh().catch(deps.onError);
      return known;
    },
    ask: async (of) => {
      await look();
      const { known, refresh } = stateOf(of);
      return refresh === undefined ? known : refresh();
    },
    settings: async () => {
      await look(true);
      return shownOrdersSettings(settings);
    },
    change: async (patch) => {
      await look(true);
      const next = changedOrdersSettings(settings, patch);
      if (JSON.stringify(next).length > 4_000)
        throw new Refusal('settings-invalid', 'url: it is too long.', { field: 'url' });
      await meta.set(settingsName, JSON.stringify(next));
      hold(next);
      return shownOrdersSettings(next);
    },
    forget: (contactId) => {
      // They are few, and kept by contact and address.
      for (const key of [...underway.keys()]) if (key.startsWith(`${contactId} `)) underway.delete(key);
      kept.deleteWhere((key) => key.startsWith(`${contactId} `));
    },
    close: async () => {
      await client?.fetch.close();
    },
  };
}
