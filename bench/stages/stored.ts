import { newId } from '../../server/base/ids.ts';
import type { AppendItem } from '../../server/conversation/conversation-store.ts';
import { openMysqlStore } from '../../server/storage/warm/mysql-store.ts';
import type { MariaDb } from '../../server/testing/mariadb.ts';

const channelId = '00000000channel1';
const messagesInConversation = 12;
/** Conversations that people write in at the same time, so that rows lie as they do in a living table. */
const openAtOnce = 1_000;
const batchSize = 256;

/** Bytes of one row with its indexes, table by table; a message's for two lengths of its text. */
export interface StoredBytes {
  readonly messages: number;
  readonly conversations: number;
  /** Customer, identity and the pointer to the current conversation, of one customer. */
  readonly contact: number;
  readonly receivedId: number;
  /** Of a message without text, and what each byte of text adds. */
  readonly messageBase: number;
  readonly messagePerTextByte: number;
}

/** What stored messages take up in MariaDB, by writing them as the server does. */
export async function measureStored(mariadb: MariaDb, messages: number): Promise<StoredBytes> {
  const short = await fill(mariadb, { messages, textBytes: 60 });
  const long = await fill(mariadb, { messages, textBytes: 660 });
  const perTextByte = (long.messages - short.messages) / 600;
  return { ...short, messagePerTextByte: perTextByte, messageBase: short.messages - 60 * perTextByte };
}

async function fill(mariadb: MariaDb, { messages, textBytes }: { messages: number; textBytes: number }) {
  const url = await mariadb.createDatabase();
  const store = await openMysqlStore(url);
  try {
    await store.channels.save({
      id: channelId,
      type: 'webhook',
      name: 'Stored',
      settings: {},
      enabled: true,
      createdAt: 1,
      updatedAt: 1,
    });
    const next = conversationsInTurn(textBytes);
    for (let stored = 0; stored < messages; stored += batchSize) {
      const results = await store.conversations.append(Array.from({ length: batchSize }, next));
      const refused = results.find(({ kind }) => kind !== 'stored');
      if (refused !== undefined) throw new Error(`The store did not take a message: ${JSON.stringify(refused)}`);
    }
    return await bytesOf(mariadb, url);
  } finally {
    await store.close();
  }
}

/** Half of the messages are a customer's, with a platform's id; half are answers, with one of ours. */
function conversationsInTurn(textBytes: number): () => AppendItem {
  const base = Date.now() - 30 * 24 * 60 * 60_000;
  const text = 'where is my order, please? '.repeat(Math.ceil(textBytes / 27)).slice(0, textBytes);
  const open = Array.from({ length: openAtOnce }, (_, index) => ({
    contact: index,
    said: index % messagesInConversation,
  }));
  let contacts = openAtOnce;
  let made = 0;
  return () => {
    made += 1;
    const at = base + made;
    const place = Math.floor(Math.random() * openAtOnce);
    const one = open[place] as { contact: number; said: number };
    one.said += 1;
    const isLast = one.said >= messagesInConversation;
    const contact = { externalId: `oCustomer-of-a-platform-${String(one.contact).padStart(9, '0')}`, name: 'Ann' };
    const isAnswer = one.said % 2 === 0;
    if (isLast) {
      open[place] = { contact: contacts, said: 0 };
      contacts += 1;
    }
    return {
      target: { contact, channelId, threadId: '' },
      direction: isAnswer ? 'out' : 'in',
      senderType: isAnswer ? 'agent' : 'contact',
      ...(isAnswer
        ? { senderId: '0000000000agent1', senderName: 'Agent', clientId: newId(at) }
        : { externalId: { channelId, id: `wx-message-${made}-${at}` } }),
      content: JSON.stringify({ type: 'text', text }),
      preview: text.slice(0, 100),
      private: false,
      state: isAnswer ? 'sent' : 'received',
      at,
      ...(isLast ? { transition: { to: 'closed' as const } } : {}),
    };
  };
}

async function bytesOf(mariadb: MariaDb, url: string) {
  const tables = ['messages', 'conversations', 'contacts', 'identities', 'current_conversations', 'received_ids'];
  await mariadb.query(url, `analyze table ${tables.join(', ')}`);
  const each = async (table: string) => {
    const [size] = await mariadb.query(
      url,
      'select data_length + index_length as bytes from information_schema.tables where table_schema = database() and table_name = ?',
      [table],
    );
    const [rows] = await mariadb.query(url, `select count(*) as n from ${table}`);
    return Number(size?.bytes) / Number(rows?.n);
  };
  const [messages = 0, conversations = 0, ...rest] = await Promise.all(tables.map(each));
  const [contacts = 0, identities = 0, current = 0, receivedId = 0] = rest;
  return { messages, conversations, contact: contacts + identities + current, receivedId };
}
