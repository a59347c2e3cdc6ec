import { seeded } from '../../server/base/seeded.ts';
import { parleyApi, signIn } from '../parley-api.ts';
import { type Latency, latencyOf } from '../statistics.ts';
import { agentEmail, agentPassword } from './fill.ts';
import type { EngineName, StoreFacts, StoreName, Stores } from './stores.ts';

/** Nobody who works waits longer for a list, a look-up or a search. */
export const atMostMs = 50;

/** A request that somebody makes in the console, with other parameters each time. */
export interface Lookup {
  readonly name: string;
  readonly path: () => string;
  /** Whether the answer is what was asked for. */
  readonly isRight?: (answer: Answer, path: string) => boolean;
  /** Of the administrator, and not of an agent. */
  readonly admin?: boolean;
}
export interface LookupResult extends Latency {
  readonly name: string;
  readonly wrong: number;
}
interface Answer {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

/** Asks everything that can be looked up, `times` times each, of one process on the given store. */
export async function measureLookups(
  stores: Stores,
  engine: EngineName,
  store: StoreName,
  times: number,
  which: (name: string) => boolean = () => true,
): Promise<LookupResult[]> {
  const facts = await stores.facts(engine, store);
  const subjects = await findSubjects(stores, engine, store, facts);
  await using server = await stores.start(engine, store);
  const asAdmin = parleyApi(server.port, await signIn(server.port, server.account));
  const asAgent = parleyApi(
    server.port,
    await signIn(server.port, { email: agentEmail(subjects.agentNo), password: agentPassword }),
  );
  const results: LookupResult[] = [];
  for (const lookup of lookupsOn(facts, subjects).filter(({ name }) => which(name))) {
    const api = lookup.admin === true ? asAdmin : asAgent;
    for (let i = 0; i < Math.ceil(times / 10); i++) await api.get(lookup.path());
    const ms = new Float64Array(times);
    let wrong = 0;
    for (let i = 0; i < times; i++) {
      const path = lookup.path();
      const begun = performance.now();
      const answer = await api.get<Answer>(path);
      ms[i] = performance.now() - begun;
      if (lookup.isRight?.(answer, path) === false) wrong += 1;
    }
    results.push({ name: lookup.name, wrong, ...latencyOf(ms) });
  }
  return results;
}

interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
}
interface Subjects {
  readonly agentNo: number;
  readonly people: readonly Person[];
  /** Contacts with the most conversations. */
  readonly regulars: readonly string[];
  readonly longConversations: readonly { id: number; lastSeq: number }[];
}

async function findSubjects(
  stores: Stores,
  engine: EngineName,
  store: StoreName,
  facts: StoreFacts,
): Promise<Subjects> {
  const random = seeded(23);
  const ids = Array.from({ length: 400 }, () => 1 + Math.floor(random() * facts.conversations));
  const people = await stores.query(
    engine,
    store,
    `select distinct contacts.id, name, email, phone from conversations join contacts on contacts.id = contact_id where conversations.id in (${ids.join(', ')})`,
  );
  const regulars = await stores.query(
    engine,
    store,
    'select contact_id, count(*) as n from conversations group by contact_id order by n desc limit 20',
  );
  const long = await stores.query(
    engine,
    store,
    'select id, last_seq from conversations order by last_seq desc limit 20',
  );
  return {
    agentNo: 7,
    people: people as unknown as Person[],
    regulars: regulars.map((row) => String(row.contact_id)),
    longConversations: long.map((row) => ({ id: Number(row.id), lastSeq: Number(row.last_seq) })),
  };
}

function lookupsOn(facts: StoreFacts, subjects: Subjects): Lookup[] {
  const random = seeded(29);
  const upTo = (count: number) => Math.floor(random() * count);
  const any = <T>(of: readonly T[]): T => of[upTo(of.length)] as T;
  const conversation = () => 1 + upTo(facts.conversations);
  const person = (having: (one: Person) => unknown = () => true) => any(subjects.people.filter(having));
  const { channels, agents } = facts.cast;
  const [web, seldom] = [channels[0]?.id, channels.at(-1)?.id];
  const list = '/api/v1/conversations?limit=50';
  const text = encodeURIComponent;
  /** As a list gives them: some place in the two years. */
  const deep = () => {
    const at = facts.end - upTo(730 * 86_400_000);
    return `&cursor=${Buffer.from(`${at}:${conversation()}`).toString('base64url')}`;
  };
  const isPage = ({ items }: Answer) =>
    items.length > 0 && items.every((item, i) => i === 0 || seenAt(items[i - 1]) + 5_000 >= seenAt(item));
  const lists: [string, () => string][] = [
    ['all', () => ''],
    ['open', () => '&status=open'],
    ['queued', () => '&status=queued'],
    ['closed', () => '&status=closed'],
    ['my open ones', () => '&assignee=me&status=agent'],
    ["an agent's", () => `&assignee=${any(agents).id}`],
    ["nobody's open ones", () => '&assignee=none&status=open'],
    ["nobody's", () => '&assignee=none'],
    ['of a channel', () => `&channel=${web}`],
    ['of a channel, queued', () => `&channel=${web}&status=queued`],
    ['of a channel seldom used', () => `&channel=${seldom}`],
    ['of a channel seldom used, closed', () => `&channel=${seldom}&status=closed`],
    ["of a channel seldom used, an agent's", () => `&channel=${seldom}&assignee=${any(agents).id}&status=closed`],
    ["of a channel, nobody's", () => `&channel=${web}&assignee=none`],
  ];
  const mayBeEmpty = /an agent's$|open ones|queued|seldom/;
  /** The newest may have it in their last message. */
  const isFound = ({ items }: Answer, path: string) => {
    const q = (new URL(path, 'http://x').searchParams.get('q') ?? '').toLowerCase();
    return items.some((item) => JSON.stringify(item).toLowerCase().includes(q));
  };
  const search = (what: string, q: () => string, more = () => ''): Lookup => ({
    name: `search: ${what}`,
    path: () => `${list}&q=${text(q())}${more()}`,
  });
  const history = (contactId: string, more = '') => `/api/v1/messages?contactId=${contactId}&limit=50${more}`;
  const month = () => {
    const from = facts.end - upTo(700 * 86_400_000);
    return `&from=${from}&to=${from + 30 * 86_400_000}`;
  };
  return [
    ...lists.map(([name, filter]) => ({
      name: `list: ${name}`,
      path: () => `${list}${filter()}`,
      ...(mayBeEmpty.test(name) ? {} : { isRight: isPage }),
    })),
    ...lists.map(([name, filter]) => ({ name: `list, deep: ${name}`, path: () => `${list}${filter()}${deep()}` })),
    { name: 'counts of the lists', path: () => '/api/v1/conversations/counts' },
    { ...search('a name', () => person(({ name }) => name).name), isRight: isFound },
    {
      ...search("a name's last word", () => person(({ name }) => name.includes(' ')).name.split(' ')[1] ?? ''),
      isRight: isFound,
    },
    {
      ...search('a Chinese name', () => person(({ name }) => /\p{Script=Han}/u.test(name)).name),
      isRight: isFound,
    },
    search('an e-mail address', () => person(({ email }) => email).email ?? ''),
    search('a phone number', () => person(({ phone }) => phone).phone ?? ''),
    search('two letters', () => any(['ba', 'ki', 'to', 'se', 'mo'])),
    search('one letter', () => any(['b', 'k', 't', 's'])),
    search('nothing like it', () => `zzz${upTo(1e9)}`),
    search(
      'nothing like it, my open ones',
      () => `zzz${upTo(1e9)}`,
      () => '&assignee=me&status=agent',
    ),
    search(
      'nothing like it, closed',
      () => `zzz${upTo(1e9)}`,
      () => '&status=closed',
    ),
    search('nothing like it, deep', () => `zzz${upTo(1e9)}`, deep),
    search(
      'a name, closed',
      () => person(({ name }) => name).name,
      () => '&status=closed',
    ),
    search(
      'a name, queued',
      () => person(({ name }) => name).name,
      () => '&status=queued',
    ),
    search('a name, deep', () => person(({ name }) => name).name, deep),
    { name: 'one conversation', path: () => `/api/v1/conversations/${conversation()}` },
    {
      name: 'messages, the newest',
      path: () => `/api/v1/conversations/${conversation()}/messages?before=999999999&limit=50`,
    },
    {
      name: 'messages, from the start',
      path: () => `/api/v1/conversations/${conversation()}/messages?after=0&limit=50`,
    },
    ...(['start', 'middle', 'end'] as const).map((where) => ({
      name: `messages of a long conversation, ${where}`,
      path: () => {
        const { id, lastSeq } = any(subjects.longConversations);
        const after = { start: 0, middle: Math.floor(lastSeq / 2), end: lastSeq - 50 }[where];
        return `/api/v1/conversations/${id}/messages?after=${after}&limit=50`;
      },
    })),
    { name: 'context of a conversation', path: () => `/api/v1/conversations/${conversation()}/context` },
    { name: 'a contact', path: () => `/api/v1/contacts/${person().id}` },
    { name: "a contact's conversations", path: () => `/api/v1/contacts/${person().id}/conversations` },
    { name: "a regular's conversations", path: () => `/api/v1/contacts/${any(subjects.regulars)}/conversations` },
    { name: "a contact's messages", path: () => history(person().id) },
    {
      name: "a contact's messages, with a word",
      path: () => history(person().id, `&q=${any(['ka', 'to', '的', '1'])}`),
    },
    { name: "a contact's messages, of a month", path: () => history(person().id, month()) },
    { name: "a regular's messages", path: () => history(any(subjects.regulars)) },
    {
      name: "a regular's messages, with a word",
      path: () => history(any(subjects.regulars), `&q=${any(['ka', 'to', '的', '1'])}`),
    },
    {
      name: "a regular's messages, nothing like it",
      path: () => history(any(subjects.regulars), `&q=zzz${upTo(1e9)}`),
    },
    { name: "a regular's messages, of a month", path: () => history(any(subjects.regulars), month()) },
    { name: 'agents', path: () => '/api/v1/agents?limit=200' },
    { name: 'channels', path: () => '/api/v1/channels' },
    {
      name: 'dead letters, outbound',
      path: () => '/api/v1/dead-letters?kind=outbound',
      admin: true,
      isRight: ({ items }) => items.length > 0,
    },
    {
      name: 'dead letters, inbound',
      path: () => '/api/v1/dead-letters?kind=inbound',
      admin: true,
      isRight: ({ items }) => items.length > 0,
    },
  ];
}

const seenAt = (item: Record<string, unknown> | undefined): number => Number(item?.updatedAt ?? 0);
