import type { Content } from '@parley/sdk/protocol.ts';
import { everyoneId, type RoutingConfig, type WhenLeft } from '@parley/sdk/routing-document.ts';
import { previewOf } from '../gateway/content.ts';
import type { AssignmentStore, LastServed, RuleSubject, Said, WaitingRow } from './assignment-store.ts';
import { languageTag, speaks } from './language-tags.ts';
import { createRouter, mostHops, type Route, type Router, type RuleFacts } from './router-rules.ts';
import { weightOf } from './routing-config.ts';
import type { WaitingEntry } from './routing-facts.ts';
import { type StoredRouting, storedRouting } from './stored-routing.ts';
import { isVip } from './vip.ts';

/** A conversation that waits: what the core is told, and what is kept of it. */
export interface Waiter {
  readonly row: WaitingRow;
  readonly said: StoredRouting;
  readonly entry: WaitingEntry;
}

/** What rules do besides saying where a conversation goes. */
export interface RuleEffects {
  /** Says it to the customer. Said again it has no effect: the id is the conversation's own. */
  answer(conversationId: string, clientId: string, text: string): Promise<void>;
  /** Calls an address; nobody waits for it, and it is not repeated. */
  callWebhook(url: string, body: Readonly<Record<string, unknown>>): void;
}

/** The bot, for whoever decides where a conversation goes. */
export interface BotDoor {
  /** Whether it takes what rules send to it. */
  isOn(): boolean;
  /** Whether it answers first what came on the channel then, where no rule says otherwise. */
  answersFirst(channelId: string, queuedAt: number): boolean;
  /** Gives it a conversation that waits since `epoch`. @returns false: it waits no longer, or anew */
  take(of: { conversationId: string; epoch: number; routing: string }): Promise<boolean>;
  /** What a customer is told who has waited and gets the bot instead; empty: nothing. */
  meanwhile(language: string | null): string;
}

/** Between the store and the core: looks up what a decision needs, and lets the router rules speak. */
export interface Intake {
  configure(config: RoutingConfig): void;
  /** Those of the rows that wait still, ready for the core. */
  take(rows: readonly WaitingRow[]): Promise<Waiter[]>;
  /** As it would wait now, for whoever gives it to somebody by hand: who had it may have it again, but for rules. */
  asIfWaiting(row: WaitingRow): WaitingEntry;
}

/** Rules speak of so many conversations at once: each one waits for the store. */
const atOnce = 32;

export function createIntake(deps: {
  store: Pick<AssignmentStore, 'lastServed' | 'ruleSubjects' | 'route'>;
  config: RoutingConfig;
  channelTypeOf: (channelId: string) => string;
  effects: RuleEffects;
  /** Absent: there is no bot, and what is sent to it goes on to the group. */
  bot?: BotDoor;
  now: () => number;
  onError: (error: unknown) => void;
}): Intake {
  const { store, effects } = deps;
  let { config } = deps;
  let router = routerOf(config);

  async function take(rows: readonly WaitingRow[]): Promise<Waiter[]> {
    const lastOf = await lastServed(rows);
    const routed = await route(rows.map((row) => ({ row, said: storedRouting(row.routing, row.queuedAt) })));
    return routed.map(({ row, said }) => ({ row, said, entry: entryOf(row, said, lastOf.get(row.id)) }));
  }

  /** Asked for only where a group goes by it. */
  async function lastServed(rows: readonly WaitingRow[]): Promise<ReadonlyMap<string, LastServed>> {
    if (rows.length === 0 || config.groups.every(({ history }) => history === null)) return new Map();
    return new Map((await store.lastServed(rows)).map((last) => [last.id, last]));
  }

  /** The rules speak once of each wait: what comes back from an agent goes where it waited before. */
  async function route(rows: readonly Routed[]): Promise<Routed[]> {
    const isAsked = router !== undefined || deps.bot?.isOn() === true;
    const fresh = isAsked ? rows.filter(({ row, said }) => said.queuedAt !== row.queuedAt) : [];
    if (fresh.length === 0) return [...rows];
    const subjects = new Map((await store.ruleSubjects(fresh.map(({ row }) => row.id))).map((one) => [one.id, one]));
    const results = new Map<string, Routed | undefined>();
    for (let from = 0; from < fresh.length; from += atOnce) {
      const some = fresh.slice(from, from + atOnce);
      const routed = await Promise.all(some.map((one) => speakOf(one, subjects.get(one.row.id))));
      for (const [i, one] of some.entries()) results.set(one.row.id, routed[i]);
    }
    return rows.flatMap((one) => (results.has(one.row.id) ? (results.get(one.row.id) ?? []) : one));
  }

  async function speakOf({ row, said }: Routed, subject: RuleSubject | undefined): Promise<Routed | undefined> {
    if (subject === undefined) return { row, said };
    const facts = ruleFactsOf(row, said, subject, deps.channelTypeOf(row.channelId));
    const routed = (router ?? createRouter(config)).route({ ...facts, at: deps.now() });
    // Said before it is stored that it was: what is said twice has the effect of once.
    for (const { ruleId, texts } of routed.answers) {
      await effects.answer(row.id, `rule-${ruleId}`, textFor(texts, facts.language)).catch(deps.onError);
    }
    const next = saidBy(routed, row, said);
    if (isForBot(routed, facts, row, subject)) {
      const isTaken = await deps.bot?.take({ conversationId: row.id, epoch: row.epoch, routing: JSON.stringify(next) });
      if (isTaken === true) callWebhooks(routed, row.id);
      return undefined;
    }
    const stored = storedBy(routed, row, next, config);
    if (!(await store.route(row, stored))) return undefined;
    callWebhooks(routed, row.id);
    return { row: { ...row, ...stored }, said: next };
  }

  function callWebhooks({ webhooks }: Route, conversationId: string): void {
    for (const { ruleId, url } of webhooks) {
      effects.callWebhook(url, { event: 'rule.applied', ruleId, conversationId, at: deps.now() });
    }
  }

  /** A rule says so, or none says anything and the customer has begun just now: what an agent gave back is for people. */
  function isForBot({ to }: Route, { fromBot }: Omit<RuleFacts, 'at'>, row: WaitingRow, subject: RuleSubject): boolean {
    if (fromBot || deps.bot?.isOn() !== true) return false;
    if (to !== null) return to.kind === 'bot';
    const isBegun = subject.written.some(({ at }) => at >= row.queuedAt);
    return isBegun && deps.bot.answersFirst(row.channelId, row.queuedAt);
  }

  function entryOf(row: WaitingRow, said: StoredRouting, last: LastServed | undefined): WaitingEntry {
    const channelType = deps.channelTypeOf(row.channelId);
    return {
      conversationId: row.id,
      epoch: row.epoch,
      groupId: row.groupId ?? config.defaultGroupId ?? everyoneId,
      channelId: row.channelId,
      channelType,
      weight: weightOf(config, channelType),
      language: languageTag(row.language),
      minLevel: said.minLevel,
      priority: row.priority,
      vip: isVip(row.tags, row.vip),
      enqueuedAt: row.queuedAt,
      lastAgent: last === undefined ? null : { id: last.agentId, at: last.at },
      forAgent: said.forAgent,
      notAgents: notAgentsFor(row, said),
      hops: said.overflows,
      told: row.told,
      isBehind: row.abandonedAt !== null && whenLeftIn(config, row.groupId) === 'behind',
      visited: said.visited,
      ...(isFromBot(row, said) || said.hops >= mostHops ? { staysFromBot: true } : {}),
      ...(said.groupSince === null ? {} : { groupSince: said.groupSince }),
    };
  }

  return {
    configure: (next) => {
      config = next;
      router = routerOf(next);
    },
    take,
    asIfWaiting: (row) => {
      const said = { ...storedRouting(row.routing, row.queuedAt), notAgents: [] };
      return entryOf(row, said, undefined);
    },
  };
}

type Routed = Pick<Waiter, 'row' | 'said'>;

/** What a group does with the place of a customer who has left. */
export function whenLeftIn({ groups, defaultGroupId }: RoutingConfig, groupId: string | null): WhenLeft {
  return groups.find(({ id }) => id === (groupId ?? defaultGroupId))?.whenLeft ?? 'stays';
}

/** Without a rule there is nothing to ask for and nothing to store. */
function routerOf(config: RoutingConfig): Router | undefined {
  return config.rules.some(({ enabled }) => enabled) ? createRouter(config) : undefined;
}

/** What rules said of an earlier wait holds no longer: they speak of each, if there are any. */
function notAgentsFor(row: WaitingRow, { queuedAt, notAgents, ruledOut }: StoredRouting): readonly string[] {
  return queuedAt === row.queuedAt && ruledOut.length > 0 ? [...new Set([...notAgents, ...ruledOut])] : notAgents;
}

/** The bot has handed it over: this wait is for people. */
function isFromBot(row: WaitingRow, said: StoredRouting): boolean {
  return said.bot?.queuedAt === row.queuedAt;
}

/** What the rules can look at, of a conversation that waits. */
function ruleFactsOf(
  row: WaitingRow,
  said: StoredRouting,
  { attributes, written, isReturning }: RuleSubject,
  channelType: string,
): Omit<RuleFacts, 'at'> {
  const first = written.find(({ at }) => at >= row.queuedAt) ?? written.at(-1);
  const fromBot = isFromBot(row, said) ? said.bot : undefined;
  return {
    channelId: row.channelId,
    channelType,
    page: attributes.page ?? null,
    language: languageTag(row.language),
    attributes,
    tags: row.tags,
    intent: fromBot?.intent ?? null,
    firstWords: first === undefined ? null : wordsOf(first.content),
    vip: isVip(row.tags, row.vip),
    returning: isReturning,
    hops: said.hops,
    fromBot: fromBot !== undefined,
    doneRules: said.doneRules,
  };
}

function saidBy({ to, notAgents, minLevel, ...routed }: Route, row: WaitingRow, said: StoredRouting): StoredRouting {
  const ruleIds = [...routed.answers, ...routed.webhooks].map(({ ruleId }) => ruleId);
  return {
    ...said,
    queuedAt: row.queuedAt,
    ruleId: routed.toRule,
    forAgent: to?.kind === 'agent' ? to.agentId : said.forAgent,
    // The bot has it from the next epoch on.
    ...(to?.kind === 'bot' && to.flowId !== null ? { flow: { id: to.flowId, epoch: row.epoch + 1 } } : {}),
    // After too many rounds no rule is asked any more: what they said last holds.
    ...(said.hops >= mostHops ? {} : { ruledOut: notAgents, minLevel: minLevel ?? 1 }),
    hops: said.hops + (to === null ? 0 : 1),
    doneRules: [...new Set([...said.doneRules, ...ruleIds])],
  };
}

/** What rules send to a bot that is switched off goes on to the group. */
function storedBy({ to, priority, tags }: Route, row: WaitingRow, next: StoredRouting, config: RoutingConfig) {
  return {
    groupId: to?.kind === 'group' ? to.groupId : (row.groupId ?? config.defaultGroupId),
    routing: JSON.stringify(next),
    ...(priority === null ? {} : { priority }),
    ...(tags.length === 0 ? {} : { tags: [...row.tags, ...tags] }),
  } satisfies Said;
}

function wordsOf(content: string): string {
  const parsed = JSON.parse(content) as Content;
  return parsed.type === 'text' ? parsed.text : previewOf(parsed);
}

/** In the customer's language, or as it is said to everybody else. */
export function textFor(texts: Readonly<Record<string, string>>, language: string | null): string {
  const wanted = language?.toLowerCase();
  const found =
    wanted === undefined ? undefined : Object.keys(texts).find((tag) => speaks([tag.toLowerCase()], wanted));
  return texts[found ?? 'default'] ?? Object.values(texts)[0] ?? '';
}
