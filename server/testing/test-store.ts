import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import type { AppendItem, AppendResult, AppendTarget } from '../conversation/conversation-store.ts';
import { type OpenWarmStore, openSqliteStore } from '../storage/warm/sqlite-store.ts';

/** The channel that every test store has; `otherChannelId` is a second one. */
export const channelId = '00000000channel1';
export const otherChannelId = '00000000channel2';

export interface TestStore extends OpenWarmStore {
  readonly path: string;
  /** Looks into the file beside the store's own connections. */
  rows(sql: string, ...values: (string | number)[]): Record<string, unknown>[];
  /** Changes the file behind the store's back: triggers that fail, rows of another time. */
  run(sql: string): void;
  /** Ends the store and opens the same file again, as a restart does. */
  reopen(): Promise<TestStore>;
}

let shared: { dir: string; store: TestStore } | undefined;
after(async () => {
  await shared?.store.close();
  if (shared !== undefined) await rm(shared.dir, { recursive: true, force: true });
});

/**
 * A real SQLite store in a folder of its own, with two channels and nothing else. The tests of a file share the file and
 * its threads, which cost most of a second to start: each test begins with emptied tables.
 */
export async function openTestStore(): Promise<TestStore> {
  if (shared === undefined) {
    const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
    shared = { dir, store: await openAt(join(dir, 'parley.db')) };
  }
  const { store } = shared;
  store.run(clearing(store));
  for (const id of [channelId, otherChannelId]) {
    await store.channels.save({ id, type: 'web', name: id, settings: {}, enabled: true, createdAt: 1, updatedAt: 1 });
  }
  return store;
}

function clearing(store: TestStore): string {
  const named = store.rows("select type, name from sqlite_schema where type in ('table', 'trigger')");
  const drops = named.filter(({ type }) => type === 'trigger').map(({ name }) => `drop trigger "${name}";`);
  const deletes = named
    .filter(({ type, name }) => type === 'table' && name !== 'schema_steps')
    .map(({ name }) => `delete from "${name}";`);
  return `${drops.join('')} begin; ${deletes.join('')} insert into counters values ('conversations', 0); commit;`;
}

async function openAt(path: string): Promise<TestStore> {
  const store = await openSqliteStore(path);
  const withDatabase = <T>(work: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(path, { timeout: 5_000 });
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    ...store,
    get fault() {
      return store.fault;
    },
    path,
    rows: (sql, ...values) => withDatabase((db) => db.prepare(sql).all(...values)).map((row) => ({ ...row })),
    run: (sql) => withDatabase((db) => db.exec(sql)),
    reopen: async () => {
      await store.close();
      const reopened = await openAt(path);
      if (shared?.store.path === path) shared.store = reopened;
      return reopened;
    },
  };
}

/** A contact's message to its current conversation; `contact` is made when nobody knows it. */
export function inbound(
  contact: string,
  over: Partial<AppendItem> & { text?: string; channel?: string } = {},
): AppendItem {
  const { text = 'hello', channel = channelId, ...item } = over;
  return {
    target: { contact: { externalId: contact }, channelId: channel, threadId: '' },
    direction: 'in',
    senderType: 'contact',
    content: JSON.stringify({ type: 'text', text }),
    preview: text.slice(0, 100),
    private: false,
    state: 'received',
    at: 1_000,
    ...item,
  };
}

/** An agent's message into a conversation. */
export function reply(conversationId: string, over: Partial<AppendItem> & { text?: string } = {}): AppendItem {
  const { text = 'good day', ...item } = over;
  return {
    target: { conversationId },
    direction: 'out',
    senderType: 'agent',
    senderId: '000000000agent-a',
    senderName: 'Ada',
    content: JSON.stringify({ type: 'text', text }),
    preview: text.slice(0, 100),
    private: false,
    state: 'queued',
    at: 2_000,
    ...item,
  };
}

/** A change of owner, with its entry in the timeline. */
export function moved(
  target: AppendTarget,
  transition: NonNullable<AppendItem['transition']>,
  over: Partial<AppendItem> = {},
): AppendItem {
  return {
    target,
    direction: 'out',
    senderType: 'system',
    content: JSON.stringify({ type: 'system', event: 'conversation.assigned', text: 'moved' }),
    private: true,
    state: 'sent',
    at: 3_000,
    transition,
    ...over,
  };
}

export type Placed = Extract<AppendResult, { seq: number }>;

/** The result of an item that must have been stored or be known already. */
export function placed(result: AppendResult | undefined): Placed {
  if (result === undefined || result.kind === 'refused')
    throw new Error(`expected a place, got ${JSON.stringify(result)}`);
  return result;
}

/** The results of items that must all have a place. */
export async function append(store: OpenWarmStore, ...items: AppendItem[]): Promise<Placed[]> {
  return (await store.conversations.append(items)).map(placed);
}
