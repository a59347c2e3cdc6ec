import type { AppendItem } from '../conversation/conversation-store.ts';
import { openMysqlStore } from '../storage/warm/mysql-store.ts';
import { openSqliteStore } from '../storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from '../storage/warm/warm-store.ts';
import { channelId, inbound, placed, reply } from '../testing/test-store.ts';

/** Opens what `PARLEY_DATABASE_URL` would name. */
export function openStoreAt(url: string): Promise<OpenWarmStore> {
  return url.startsWith('sqlite:') ? openSqliteStore(url.slice('sqlite:'.length)) : openMysqlStore(url);
}

/** A store with a channel and some conversations, of text that is hard to keep. */
export async function fillStore(store: OpenWarmStore, contacts: number, messagesEach: number): Promise<void> {
  await store.channels.save({
    id: channelId,
    type: 'web',
    name: 'Web',
    settings: { greeting: '你好' },
    enabled: true,
    createdAt: 1,
    updatedAt: 1,
  });
  await store.meta.getOrSet('epoch', 'first');
  const hard = ['it\'s \\ "quoted"', '你好 👋🏽', 'two\nlines\u2028and \u0000 a zero', 'trailing space '];
  for (let contact = 0; contact < contacts; contact++) {
    const items: AppendItem[] = [];
    for (let i = 0; i < messagesEach; i++) {
      const externalId = { channelId, id: `external ${contact} ${i}` };
      items.push(inbound(`contact ${contact}`, { text: hard[i % hard.length] ?? '', externalId, clientId: `c${i}` }));
    }
    const [first] = (await store.conversations.append(items)).map(placed);
    if (first !== undefined) await store.conversations.append([reply(first.conversationId, { deliver: true })]);
  }
}

/** What was acknowledged, as `conversation:seq`. */
export type Acknowledged = Set<string>;

/** Writes without a pause until it is told to end. */
export function keepWriting(
  store: OpenWarmStore,
  contacts: number,
): { acknowledged: Acknowledged; end(): Promise<void> } {
  const acknowledged: Acknowledged = new Set();
  let isEnding = false;
  const run = async () => {
    for (let i = 0; !isEnding; i++) {
      const items = Array.from({ length: 5 }, (_, j) =>
        inbound(`contact ${(i + j) % contacts}`, { text: `live ${i}` }),
      );
      for (const { conversationId, seq } of (await store.conversations.append(items)).map(placed)) {
        acknowledged.add(`${conversationId}:${seq}`);
      }
    }
  };
  const running = run();
  return {
    acknowledged,
    end: () => {
      isEnding = true;
      return running;
    },
  };
}

/** Every entry of every conversation, as `conversation:seq`; throws where numbers are missing or double. */
export async function entriesOf(store: OpenWarmStore): Promise<Set<string>> {
  const found = new Set<string>();
  const { items } = await store.conversations.list({}, { limit: 1_000 });
  for (const { id, lastSeq } of items) {
    const messages = await store.conversations.messages(id, { limit: 100_000 });
    for (const [index, { seq }] of messages.entries()) {
      if (seq !== index + 1) throw new Error(`conversation ${id}: expected ${index + 1}, found ${seq}`);
      found.add(`${id}:${seq}`);
    }
    if (messages.length !== lastSeq) throw new Error(`conversation ${id}: ${messages.length} entries, last ${lastSeq}`);
  }
  return found;
}
