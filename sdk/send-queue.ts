import type { ClientOptions, PendingMessage } from './client-api.ts';

/** The queue is full: the person should wait for the connection rather than type into nothing. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
  readonly code = 'queue-full';
}

/** At most this many unsent messages are kept; further ones are refused. */
export const maxUnsent = 200;
const maxDiscarded = 50;

/** Messages that were typed and are not yet acknowledged, by conversation (`''`: the visitor's own), in order. */
export interface SendQueue {
  /** The unsent messages of one conversation: the same array until something changed. */
  of(key: string): readonly PendingMessage[];
  keys(): string[];
  /** How many still wait to be sent (failed ones do not). */
  readonly unsent: number;
  /** @throws QueueFull */
  add(entry: PendingMessage): void;
  find(clientId: string): PendingMessage | undefined;
  update(clientId: string, patch: Pick<PendingMessage, 'state' | 'error'>): void;
  /** It is stored on the server, or was taken back (`discarded`: then no other window may send it either). */
  remove(clientId: string, discarded?: boolean): void;
  /** After a lost connection: what was on the wire waits again. */
  rewind(): void;
  /** Takes in what other windows, or this one before a reload, have left in the storage. */
  adopt(): void;
}

type Kept = { entries: PendingMessage[]; discarded: string[] };

export function createSendQueue(
  options: Pick<ClientOptions, 'storage' | 'storageKey' | 'role'>,
  onChange: (key: string) => void,
): SendQueue {
  const lists = new Map<string, readonly PendingMessage[]>();
  const storageKey = `parley.unsent.${options.storageKey ?? options.role}`;
  const all = () => [...lists.values()].flat();
  const find = (clientId: string) => all().find((entry) => entry.clientId === clientId);

  function setList(key: string, list: readonly PendingMessage[]): void {
    if (list.length > 0) lists.set(key, list);
    else lists.delete(key);
    onChange(key);
  }
  function insert(entry: PendingMessage): void {
    const key = keyOf(entry);
    setList(key, [...(lists.get(key) ?? []), entry]);
  }
  function drop(clientId: string): void {
    const entry = find(clientId);
    if (entry === undefined) return;
    const key = keyOf(entry);
    setList(
      key,
      (lists.get(key) ?? []).filter((other) => other !== entry),
    );
  }

  /**
   * Windows of one person share one list: what another window wrote stays, what this one holds is put in, what this
   * one is done with goes. Two windows that send the same entry do no harm, since the client id has it stored once.
   */
  function persist(done?: string, discarded = false): void {
    const kept = readKept(options.storage, storageKey);
    if (done !== undefined && discarded) kept.discarded = [...kept.discarded, done].slice(-maxDiscarded);
    for (const clientId of kept.discarded) drop(clientId);
    const mine = all();
    // In the places where they stand: the order of typing must outlive a reload, whichever window wrote last.
    const stored = kept.entries
      .filter(({ clientId }) => clientId !== done && !kept.discarded.includes(clientId))
      .map((entry) => find(entry.clientId) ?? entry);
    kept.entries = [...stored, ...mine.filter((entry) => !stored.includes(entry))];
    writeKept(options.storage, storageKey, kept);
  }

  return {
    of: (key) => lists.get(key) ?? none,
    keys: () => [...lists.keys()],
    get unsent() {
      return all().filter((entry) => entry.state !== 'failed').length;
    },
    find,
    add(entry) {
      if (all().length >= maxUnsent) throw new QueueFull(`${maxUnsent} messages wait to be sent: no more can be added`);
      insert(entry);
      persist();
    },
    update(clientId, patch) {
      const entry = find(clientId);
      if (entry === undefined) return;
      const { error: _, ...rest } = entry;
      const key = keyOf(entry);
      const list = lists.get(key) ?? [];
      setList(
        key,
        list.map((other) => (other === entry ? { ...rest, ...patch } : other)),
      );
      if (patch.state === 'failed' || entry.state === 'failed') persist();
    },
    remove(clientId, discarded) {
      if (find(clientId) === undefined) return;
      drop(clientId);
      persist(clientId, discarded);
    },
    rewind() {
      for (const [key, list] of lists)
        if (list.some((entry) => entry.state === 'sending'))
          setList(
            key,
            list.map((entry) => (entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry)),
          );
    },
    adopt() {
      const kept = readKept(options.storage, storageKey);
      for (const clientId of kept.discarded) drop(clientId);
      for (const entry of kept.entries)
        if (find(entry.clientId) === undefined && all().length < maxUnsent)
          insert(entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry);
    },
  };
}

const none: readonly PendingMessage[] = [];

function keyOf(entry: PendingMessage): string {
  return entry.conversationId ?? '';
}

function readKept(storage: ClientOptions['storage'], key: string): Kept {
  try {
    const kept = JSON.parse(storage?.get(key) ?? '{}') as Partial<Kept>;
    const entries = (kept.entries ?? []).filter((entry) => typeof entry.clientId === 'string' && entry.content);
    return { entries, discarded: kept.discarded ?? [] };
  } catch {
    // Not ours, or cut off: what cannot be read cannot be sent.
    return { entries: [], discarded: [] };
  }
}

function writeKept(storage: ClientOptions['storage'], key: string, kept: Kept): void {
  try {
    if (kept.entries.length > 0 || kept.discarded.length > 0) storage?.set(key, JSON.stringify(kept));
    else storage?.remove(key);
  } catch {
    // Full or forbidden: the messages are still in memory and will be sent from there.
  }
}
