import { seeded } from '../../server/base/seeded.ts';
import { wordsOf } from '../../server/conversation/contact-words.ts';
import type { TableName } from '../../server/storage/warm/schema.ts';
import type { SqlValue } from '../../server/storage/warm/sql-session.ts';
import { sentenceMaker, wordOf } from '../made-up-text.ts';

/** How large a made-up history is. */
export interface HistorySize {
  readonly conversations: number;
  /** On average, long-tailed: half have less than two thirds of it, one in ten thousand has thousands. */
  readonly messagesEach: number;
  /** Conversations that are not closed: the newest, and a few that somebody forgot. */
  readonly open: number;
}

/** Who takes part in it: channels and agents that the server itself has made. */
export interface Cast {
  /** The last one is hardly ever written on. */
  readonly channels: readonly { readonly id: string; readonly type: string }[];
  readonly agents: readonly { readonly id: string; readonly name: string }[];
}

/** Rows of one table, in the order in which they are best written. */
export interface TableRows {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly SqlValue[]>;
}

/** What somebody does who looks for something in it. */
export interface History {
  readonly conversations: number;
  readonly messages: number;
  readonly contacts: number;
  tables(): TableRows[];
}

const dayS = 86_400;
const spanS = 730 * dayS;
/** One in so many conversations goes on for months. */
const longEvery = 10_000;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const domains = ['example.com', 'example.org', 'mail.example.net', 'post.example.de', 'firma.example.at'];
const surnames = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁';

/** A hash of two numbers: the same history comes out of the same size, whatever the order of asking. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
const share = (a: number, b: number): number => mix(a, b) / 2 ** 32;

/** An identifier of the store's form for a time and a number. */
function idAt(ms: number, n: number): string {
  let text = '';
  for (let rest = n, i = 0; i < 7; i++, rest = Math.floor(rest / 32)) text = `${alphabet[rest % 32]}${text}`;
  for (let rest = ms, i = 0; i < 9; i++, rest = Math.floor(rest / 32)) text = `${alphabet[rest % 32]}${text}`;
  return text;
}

type Role = 'in' | 'out' | 'note' | 'assigned' | 'resolved';
const queued = 0;
const held = 1;
const closed = 2;
const statuses = ['queued', 'agent', 'closed'] as const;

/**
 * Two years of a support centre, made up: contacts with one conversation and contacts with hundreds, talks of three
 * entries and of thousands, most closed, on channels of several kinds, ending at `end`.
 */
export function createHistory(size: HistorySize, cast: Cast, end: number): History {
  const count = size.conversations;
  const endS = Math.floor(end / 1_000);
  const beginS = endS - spanS;
  // Before the first entry of all.
  const originS = beginS - dayS;
  const plan = planConversations(size, beginS, endS);
  const { length, startS, lastS, contactOf, status } = plan;
  const messages = length.reduce((sum, each) => sum + each, 0);
  const contacts = plan.firstOf.length;
  const sentence = sentenceMaker();
  const sentences = Array.from({ length: 20_000 }, sentence);
  const canned = sentences.slice(0, 300);

  const contactId = (contact: number) => idAt((startS[plan.firstOf[contact] as number] as number) * 1_000, contact);
  const channelOf = (contact: number) => {
    const at = share(contact, 11);
    const { channels } = cast;
    const which = at < 0.6 ? 0 : at < 0.8 ? 1 : at < 0.998 ? Math.min(2, channels.length - 1) : channels.length - 1;
    return channels[which] as Cast['channels'][number];
  };
  const agentOf = (c: number) => cast.agents[mix(c, 5) % cast.agents.length] as Cast['agents'][number];
  /** Some are closed before anybody had them. */
  const hasAgent = (c: number) => status[c] === held || (status[c] === closed && share(c, 6) < 0.95);

  function roleOf(c: number, seq: number): Role {
    if (seq === 1) return 'in';
    const assigned = hasAgent(c);
    if (assigned && seq === 2) return 'assigned';
    if (status[c] === closed && seq === length[c]) return 'resolved';
    if (!assigned) return 'in';
    const at = mix(c, seq) % 100;
    return at < 46 ? 'in' : at < 96 ? 'out' : 'note';
  }

  function textOf(c: number, seq: number, role: Role): string {
    const h = mix(c + 77, seq);
    if (role === 'out' && h % 10 < 6) return canned[h % canned.length] as string;
    const text = sentences[h % sentences.length] as string;
    return h % 5 === 0 ? `${text} ${h}` : text;
  }

  /** The entries of all conversations in the order of their times, as `seconds * places + conversation`. */
  function timeline(): Float64Array {
    const keys = new Float64Array(messages);
    let at = 0;
    for (let c = 0; c < count; c++) {
      for (const second of secondsOf(c, length[c] as number, startS[c] as number, endS)) {
        keys[at] = (second - originS) * places + c;
        at += 1;
      }
    }
    return keys.sort();
  }
  const places = 2 ** Math.ceil(Math.log2(count + 1));

  /** Every entry in the order of arrival. */
  function* entries(keys: Float64Array): Generator<{ c: number; seq: number; atMs: number }> {
    const seqs = new Int32Array(count);
    const entry = { c: 0, seq: 0, atMs: 0 };
    for (const key of keys) {
      const c = key % places;
      seqs[c] = (seqs[c] as number) + 1;
      entry.c = c;
      entry.seq = seqs[c] as number;
      // The same for all entries of a conversation: none of them is earlier than the one before it.
      entry.atMs = ((key - c) / places + originS) * 1_000 + (mix(c, 9) % 1_000);
      yield entry;
    }
  }

  function* messageRows(keys: Float64Array): Generator<SqlValue[]> {
    let id = 0;
    for (const { c, seq, atMs } of entries(keys)) {
      id += 1;
      const role = roleOf(c, seq);
      const contact = contactOf[c] as number;
      const isWeb = channelOf(contact).type === 'web';
      const agent = agentOf(c);
      if (role === 'assigned' || role === 'resolved') {
        const text =
          role === 'assigned' ? `${agent.name} joined the conversation.` : `${agent.name} closed the conversation.`;
        const content = `{"type":"system","event":"conversation.${role}","text":"${text}","data":{"agentId":"${agent.id}","agentName":"${agent.name}"}}`;
        yield [id, c + 1, seq, null, 'out', 'system', null, null, content, 0, 'sent', null, atMs];
        continue;
      }
      const content = `{"type":"text","text":"${textOf(c, seq, role)}"}`;
      const isIn = role === 'in';
      const clientId = isIn && !isWeb ? null : clientIdOf(c, seq, atMs);
      yield [
        id,
        c + 1,
        seq,
        clientId,
        isIn ? 'in' : 'out',
        isIn ? 'contact' : 'agent',
        isIn ? contactId(contact) : agent.id,
        isIn ? null : agent.name,
        content,
        role === 'note' ? 1 : 0,
        isIn ? 'received' : isWeb || role === 'note' ? 'sent' : 'delivered',
        isIn && !isWeb ? atMs - 400 : null,
        atMs,
      ];
    }
  }

  /** Platforms' ids: of what came in (`in`), of what went out (`out`). */
  function* externalIdRows(keys: Float64Array, which: 'in' | 'out'): Generator<SqlValue[]> {
    for (const { c, seq, atMs } of entries(keys)) {
      const channel = channelOf(contactOf[c] as number);
      if (channel.type === 'web' || roleOf(c, seq) !== which) continue;
      const externalId = `${which}-${atMs}${String(mix(c, seq)).padStart(10, '0')}`;
      yield which === 'in' ? [channel.id, externalId, c + 1, seq, atMs] : [channel.id, externalId, c + 1, seq];
    }
  }

  function* changeRows(): Generator<SqlValue[]> {
    for (let c = 0; c < count; c++) {
      if (channelOf(contactOf[c] as number).type === 'web') continue;
      let change = 0;
      for (let seq = 1; seq <= (length[c] as number); seq++) {
        if (roleOf(c, seq) === 'out') yield [c + 1, ++change, seq];
      }
    }
  }

  function* contactRows(): Generator<SqlValue[]> {
    for (let contact = 0; contact < contacts; contact++) {
      const at = (startS[plan.firstOf[contact] as number] as number) * 1_000;
      const { name, email, phone } = personOf(contact);
      yield [contactId(contact), name, email, phone, null, email === null ? 0 : 1, '{}', at, at];
    }
  }

  /** By word, as the table's key is: in the order of the contacts each row would go to a page of its own. */
  function* wordRows(): Generator<SqlValue[]> {
    const contactsOf = new Map<string, number[]>();
    for (let contact = 0; contact < contacts; contact++) {
      for (const word of wordsOf(personOf(contact))) {
        const found = contactsOf.get(word);
        if (found === undefined) contactsOf.set(word, [contact]);
        else found.push(contact);
      }
    }
    for (const word of [...contactsOf.keys()].sort()) {
      for (const contact of contactsOf.get(word) as number[]) yield [word, contactId(contact)];
    }
  }

  function* identityRows(): Generator<SqlValue[]> {
    for (let contact = 0; contact < contacts; contact++) {
      yield [channelOf(contact).id, externalIdOf(contact), contactId(contact)];
    }
  }

  function* currentRows(): Generator<SqlValue[]> {
    const last = new Int32Array(contacts).fill(-1);
    for (let c = 0; c < count; c++) last[contactOf[c] as number] = c;
    for (let contact = 0; contact < contacts; contact++) {
      yield [contactId(contact), channelOf(contact).id, '', (last[contact] as number) + 1];
    }
  }

  function* conversationRows(): Generator<SqlValue[]> {
    for (let c = 0; c < count; c++) yield conversationRow(c);
  }

  function conversationRow(c: number): SqlValue[] {
    const contact = contactOf[c] as number;
    const channel = channelOf(contact);
    const last = length[c] as number;
    const ms = mix(c, 9) % 1_000;
    const createdAt = (startS[c] as number) * 1_000 + ms;
    const updatedAt = (lastS[c] as number) * 1_000 + ms;
    const state = statuses[status[c] as number] as (typeof statuses)[number];
    const seen = lookBack(c);
    const changes = channel.type === 'web' ? 0 : seen.outs;
    const seconds = secondsOf(c, last, startS[c] as number, endS);
    const atOf = (seq: number) => (seconds[seq - 1] as number) * 1_000 + ms;
    const waitingSince = status[c] === closed || seen.firstWaiting === 0 ? null : atOf(seen.firstWaiting);
    return [
      c + 1,
      channel.id,
      contactId(contact),
      '',
      state,
      status[c] === closed ? 3 : status[c] === held ? 2 : 1,
      hasAgent(c) ? agentOf(c).id : null,
      last,
      seen.lastPublic,
      changes,
      seen.lastOut,
      seen.unread,
      seen.role === 'in' ? 'in' : 'out',
      seen.role === 'in' ? 'contact' : 'agent',
      textOf(c, seen.lastMessage, seen.role).slice(0, 100),
      seen.lastMessage,
      atOf(seen.lastMessage),
      waitingSince,
      status[c] === closed ? null : createdAt,
      updatedAt,
      updatedAt,
      status[c] === closed ? updatedAt : null,
      status[c] === closed ? updatedAt : null,
      null,
      'normal',
      c % 7 === 0 ? '["refund","vip"]' : '[]',
      seen.lastOut,
      createdAt,
    ];
  }

  /** What a conversation's row says of its entries. */
  function lookBack(c: number) {
    const found = {
      lastPublic: 0,
      lastMessage: 0,
      role: 'in' as Role,
      lastOut: 0,
      unread: 0,
      firstWaiting: 0,
      outs: 0,
    };
    for (let seq = 1; seq <= (length[c] as number); seq++) {
      const role = roleOf(c, seq);
      if (role === 'note') continue;
      found.lastPublic = seq;
      if (role === 'assigned' || role === 'resolved') continue;
      found.lastMessage = seq;
      found.role = role;
      if (role === 'out') {
        found.lastOut = seq;
        found.outs += 1;
        found.unread = 0;
        found.firstWaiting = 0;
      } else {
        found.unread += 1;
        if (found.firstWaiting === 0) found.firstWaiting = seq;
      }
    }
    return found;
  }

  /** Deliveries that a platform has refused, and some that wait for their next try a year from now. */
  function* outboxRows(): Generator<SqlValue[]> {
    const rows = Math.min(20_000, Math.floor(count / 50));
    for (let n = 0, c = count - 1; n < rows && c >= 0; c--) {
      const channel = channelOf(contactOf[c] as number);
      if (channel.type === 'web') continue;
      const { lastOut } = lookBack(c);
      if (lastOut === 0) continue;
      n += 1;
      const isDead = n % 4 !== 0;
      const at = (lastS[c] as number) * 1_000;
      const nextAt = isDead ? at : end + 365 * dayS * 1_000;
      const reason = isDead ? 'The platform answered with 400.' : null;
      yield [idAt(at, n), channel.id, c + 1, lastOut, isDead ? 'dead' : 'queued', 1, nextAt, 0, reason, at];
    }
  }

  function* inboundDeadRows(): Generator<SqlValue[]> {
    const channel = cast.channels[1] as Cast['channels'][number];
    for (let n = 0; n < 2_000; n++) {
      const at = end - n * 60_000;
      yield [idAt(at, n), channel.id, `${channel.id} customer-${n}`, '{"kind":"unknown"}', 8, 'broken', at];
    }
  }

  return {
    conversations: count,
    messages,
    contacts,
    tables: () => {
      const keys = timeline();
      return [
        { table: 'contacts', columns: contactColumns, rows: contactRows() },
        { table: 'contact_words', columns: ['word', 'contact_id'], rows: wordRows() },
        { table: 'identities', columns: ['channel_id', 'external_id', 'contact_id'], rows: identityRows() },
        { table: 'conversations', columns: conversationColumns, rows: conversationRows() },
        { table: 'current_conversations', columns: currentColumns, rows: currentRows() },
        { table: 'messages', columns: messageColumns, rows: messageRows(keys) },
        { table: 'received_ids', columns: [...idColumns, 'created_at'], rows: externalIdRows(keys, 'in') },
        { table: 'sent_ids', columns: idColumns, rows: externalIdRows(keys, 'out') },
        { table: 'message_changes', columns: ['conversation_id', 'change_no', 'seq'], rows: changeRows() },
        { table: 'outbox', columns: outboxColumns, rows: outboxRows() },
        { table: 'inbound_dead', columns: deadColumns, rows: inboundDeadRows() },
      ];
    },
  };
}

/** The external id of a contact on its channel: what a callback names. */
export function externalIdOf(contact: number): string {
  return `customer-${contact}`;
}

/** Whom a contact says to be; every fourth is nobody, as visitors of a page are. */
export function personOf(contact: number): { name: string; email: string | null; phone: string | null } {
  const kind = share(contact, 21);
  if (kind < 0.25) return { name: '', email: null, phone: null };
  const phone =
    share(contact, 22) < 0.4 ? `+86 1${String(30_000_000 + (mix(contact, 23) % 69_999_999)).padStart(10, '3')}` : null;
  if (kind < 0.6) {
    const name = `${surnames[mix(contact, 24) % surnames.length]}${wordOf(1 + (mix(contact, 25) % 8_000), true).slice(0, 2)}`;
    return { name, email: null, phone };
  }
  const first = wordOf(1 + (mix(contact, 26) % 300), false);
  const last = wordOf(1 + (mix(contact, 27) % 20_000), false);
  const capital = (word: string) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
  const email =
    share(contact, 28) < 0.6
      ? `${first}.${last}${mix(contact, 29) % 1_000}@${domains[mix(contact, 30) % domains.length]}`
      : null;
  return { name: `${capital(first)} ${capital(last)}`, email, phone };
}

function clientIdOf(c: number, seq: number, atMs: number): string {
  const random =
    mix(c, seq + 1)
      .toString(36)
      .padStart(7, '0') +
    mix(seq, c + 3)
      .toString(36)
      .padStart(7, '0');
  return `${atMs.toString(36).padStart(9, '0')}${random}${String(c).padStart(6, '0').slice(-6)}`;
}

interface ConversationPlan {
  readonly length: Int32Array;
  readonly startS: Int32Array;
  readonly lastS: Int32Array;
  readonly contactOf: Int32Array;
  /** The first conversation of each contact. */
  readonly firstOf: Int32Array;
  readonly status: Uint8Array;
}

function planConversations(size: HistorySize, beginS: number, endS: number): ConversationPlan {
  const count = size.conversations;
  const random = seeded(17);
  const length = new Int32Array(count);
  const startS = new Int32Array(count);
  const lastS = new Int32Array(count);
  // The mean of a log-normal is its median times e^(σ²/2): with σ = 1 that is 1.65.
  const median = Math.max(2, (size.messagesEach - 0.4) / 1.65);
  for (let c = 0; c < count; c++) {
    const isLong = c % longEvery === longEvery - 1;
    const drawn = isLong ? 1_000 + random() * 6_000 : median * Math.exp(normal(random));
    length[c] = Math.max(3, Math.min(8_000, Math.round(drawn)));
    // More of it lately, as a shop grows.
    startS[c] = Math.floor(beginS + spanS * ((c + random()) / count) ** 0.8) - (length[c] as number);
  }
  startS.sort();
  for (let c = 0; c < count; c++) {
    lastS[c] = secondsOf(c, length[c] as number, startS[c] as number, endS).at(-1) as number;
  }
  const { contactOf, firstOf } = planContacts(count, random);
  return { length, startS, lastS, contactOf, firstOf, status: planStatus(size, lastS) };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A few contacts come back again and again; most have one or two conversations. */
function planContacts(count: number, random: () => number) {
  const people = Math.ceil(count * 0.7);
  const numberOf = new Int32Array(people).fill(-1);
  const contactOf = new Int32Array(count);
  const firstOf: number[] = [];
  for (let c = 0; c < count; c++) {
    const person = Math.floor(people * random() ** 1.6);
    if (numberOf[person] === -1) numberOf[person] = firstOf.push(c) - 1;
    contactOf[c] = numberOf[person] as number;
  }
  return { contactOf, firstOf: Int32Array.from(firstOf) };
}

function planStatus({ conversations, open }: HistorySize, lastS: Int32Array): Uint8Array {
  const status = new Uint8Array(conversations).fill(closed);
  const newestFirst = Array.from({ length: conversations }, (_, c) => c).sort(
    (a, b) => (lastS[b] as number) - (lastS[a] as number),
  );
  let left = Math.min(open, conversations);
  const begin = (c: number) => {
    if (left === 0 || status[c] !== closed) return;
    status[c] = mix(c, 31) % 5 === 0 ? queued : held;
    left -= 1;
  };
  const forgotten = Math.floor(left / 10);
  for (const c of newestFirst) if (left > forgotten && mix(c, 32) % 10 < 8) begin(c);
  const step = Math.max(1, Math.floor(conversations / Math.max(1, left)));
  for (let i = 0; i < conversations; i += step) begin(newestFirst[i] as number);
  for (const c of newestFirst) begin(c);
  return status;
}

/** When the entries of a conversation came: in bursts of minutes, some after hours, a few the next day; never after `endS`. */
function secondsOf(c: number, length: number, startS: number, endS: number): number[] {
  const seconds: number[] = [];
  let at = startS;
  for (let seq = 1; seq <= length; seq++) {
    const h = mix(c + 13, seq);
    const kind = h % 100;
    if (seq > 1)
      at += kind < 90 ? 5 + ((h >>> 8) % 240) : kind < 98 ? 600 + ((h >>> 8) % 14_000) : 30_000 + ((h >>> 8) % 80_000);
    at = Math.min(at, endS - (length - seq));
    seconds.push(at);
  }
  return seconds;
}

const contactColumns = [
  'id',
  'name',
  'email',
  'phone',
  'avatar_url',
  'verified',
  'attributes',
  'created_at',
  'updated_at',
] as const;
const currentColumns = ['contact_id', 'channel_id', 'thread_id', 'conversation_id'] as const;
const conversationColumns = [
  'id',
  'channel_id',
  'contact_id',
  'thread_id',
  'status',
  'owner_epoch',
  'assignee_id',
  'last_seq',
  'last_public_seq',
  'changes',
  'agent_read_seq',
  'unread',
  'last_direction',
  'last_sender',
  'last_preview',
  'last_message_seq',
  'last_message_at',
  'waiting_since',
  'queued_at',
  'sort_at',
  'updated_at',
  'closed_at',
  'archive_due_at',
  'skill_group_id',
  'priority',
  'tags',
  'contact_read_seq',
  'created_at',
] as const;
const messageColumns = [
  'id',
  'conversation_id',
  'seq',
  'client_id',
  'direction',
  'sender_type',
  'sender_id',
  'sender_name',
  'content',
  'private',
  'state',
  'sent_at',
  'created_at',
] as const;
const idColumns = ['channel_id', 'external_id', 'conversation_id', 'seq'] as const;
const outboxColumns = [
  'id',
  'channel_id',
  'conversation_id',
  'seq',
  'state',
  'attempts',
  'next_at',
  'from_part',
  'reason',
  'created_at',
] as const;
const deadColumns = ['id', 'channel_id', 'lane', 'payload', 'attempts', 'reason', 'enqueued_at'] as const;
