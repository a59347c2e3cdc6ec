import type { Priority } from '@parley/sdk/protocol.ts';
import type { Action, AttributeCondition, Condition, RouterRule, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { asLanguages, speaks } from './language-tags.ts';
import { createWorkingHours, type WorkingHours } from './working-hours.ts';

/** A conversation that rules have sent somewhere so often is left where it belongs by itself. */
export const mostHops = 5;

/** What a rule can look at. */
export interface RuleFacts {
  readonly channelId: string;
  readonly channelType: string;
  readonly at: number;
  /** Address of the page on which the customer writes. */
  readonly page: string | null;
  readonly language: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** What the recogniser made of it, 0 to 1. */
  readonly intent: { readonly name: string; readonly confidence: number } | null;
  /** The customer's first message. */
  readonly firstWords: string | null;
  readonly vip: boolean;
  /** Has written before. */
  readonly returning: boolean;
  /** How often rules have sent this conversation somewhere since it was opened. */
  readonly hops: number;
  /** The bot hands it over: it is not sent back. */
  readonly fromBot: boolean;
  /** Rules that have answered it, or called a webhook for it, already. */
  readonly doneRules: readonly string[];
}

export interface Route {
  /** null: no rule says so; the default group. */
  readonly to: /** The flow with which the bot begins; null: with what the customer says. */
    | { readonly kind: 'bot'; readonly flowId: string | null }
    | { readonly kind: 'group'; readonly groupId: string }
    | { readonly kind: 'agent'; readonly agentId: string }
    | null;
  /** The rule that said so. */
  readonly toRule: string | null;
  readonly priority: Priority | null;
  readonly tags: readonly string[];
  /** Agents who are not given it. */
  readonly notAgents: readonly string[];
  /** The level that an agent needs for it; null: the group's own. */
  readonly minLevel: number | null;
  readonly answers: readonly { readonly ruleId: string; readonly texts: Readonly<Record<string, string>> }[];
  readonly webhooks: readonly { readonly ruleId: string; readonly url: string }[];
  /** Each rule in order, for "which one would take this?". */
  readonly rules: readonly RuleVerdict[];
}

export interface RuleVerdict {
  readonly ruleId: string;
  readonly name: string;
  readonly verdict: 'applies' | 'does-not-apply' | 'disabled' | 'stopped-by-earlier' | 'too-many-hops';
  /** Looked at in every case but the last. */
  readonly when: ConditionVerdict;
  /** What it would do and does not, and why. */
  readonly left: readonly { readonly action: Action; readonly why: LeftReason }[];
}

/** `decided`: an earlier rule said another one; `from-bot`: the bot has just handed it over; `done`: once is enough. */
export type LeftReason = 'decided' | 'from-bot' | 'done';

export interface ConditionVerdict {
  readonly condition: Condition;
  readonly holds: boolean;
  /** What was found where the condition looked; null: nothing. */
  readonly found: string | null;
  readonly of: readonly ConditionVerdict[];
}

/** The rules of a configuration. Where it goes, its priority and level the first rule decides that says it; the rest adds up. */
export interface Router {
  route(facts: RuleFacts): Route;
}

export function createRouter(config: Pick<RoutingConfig, 'rules' | 'schedules'>): Router {
  const hours = new Map(config.schedules.map((schedule) => [schedule.id, createWorkingHours(schedule)]));

  function route(facts: RuleFacts): Route {
    const draft: Draft = {
      ...{ to: null, toRule: null, priority: null, minLevel: null },
      ...{ tags: [], notAgents: [], answers: [], webhooks: [] },
    };
    let isStopped = false;
    const rules = config.rules.map((rule): RuleVerdict => {
      const when = check(rule.when, facts, hours);
      const verdict = verdictOf(rule, when.holds, isStopped, facts.hops);
      if (verdict !== 'applies') return { ruleId: rule.id, name: rule.name, verdict, when, left: [] };
      isStopped = rule.stop;
      const left = rule.actions.flatMap((action) => {
        const why = apply(action, rule, draft, facts);
        return why === undefined ? [] : [{ action, why }];
      });
      return { ruleId: rule.id, name: rule.name, verdict, when, left };
    });
    return { ...draft, rules };
  }

  return { route };
}

type Draft = { -readonly [K in keyof Omit<Route, 'rules'>]: Route[K] extends readonly (infer T)[] ? T[] : Route[K] };

function verdictOf(rule: RouterRule, holds: boolean, isStopped: boolean, hops: number): RuleVerdict['verdict'] {
  if (!rule.enabled) return 'disabled';
  if (isStopped) return 'stopped-by-earlier';
  if (hops >= mostHops) return 'too-many-hops';
  return holds ? 'applies' : 'does-not-apply';
}

/** Does what the rule says, or answers why not. */
function apply(action: Action, rule: RouterRule, draft: Draft, facts: RuleFacts): LeftReason | undefined {
  switch (action.kind) {
    case 'to-bot':
      return facts.fromBot ? 'from-bot' : send({ kind: 'bot', flowId: action.flowId ?? null }, rule, draft);
    case 'to-group':
      return send({ kind: 'group', groupId: action.groupId }, rule, draft);
    case 'to-agent':
      return send({ kind: 'agent', agentId: action.agentId }, rule, draft);
    case 'not-to-agent':
      if (!draft.notAgents.includes(action.agentId)) draft.notAgents.push(action.agentId);
      return undefined;
    case 'min-level':
      if (draft.minLevel !== null) return 'decided';
      draft.minLevel = action.minLevel;
      return undefined;
    case 'priority':
      if (draft.priority !== null) return 'decided';
      draft.priority = action.priority;
      return undefined;
    case 'tag':
      if (!facts.tags.includes(action.tag) && !draft.tags.includes(action.tag)) draft.tags.push(action.tag);
      return undefined;
    case 'auto-answer':
      if (facts.doneRules.includes(rule.id)) return 'done';
      draft.answers.push({ ruleId: rule.id, texts: action.texts });
      return undefined;
    case 'webhook':
      if (facts.doneRules.includes(rule.id)) return 'done';
      draft.webhooks.push({ ruleId: rule.id, url: action.url });
      return undefined;
    default:
      return action satisfies never;
  }
}

function send(to: NonNullable<Route['to']>, rule: RouterRule, draft: Draft): LeftReason | undefined {
  if (draft.to !== null) return 'decided';
  draft.to = to;
  draft.toRule = rule.id;
  return undefined;
}

/** Every part is looked at, also where the answer is known: a person wants to see which ones hold. */
function check(condition: Condition, facts: RuleFacts, hours: ReadonlyMap<string, WorkingHours>): ConditionVerdict {
  if (condition.kind === 'all' || condition.kind === 'any') {
    const of = condition.of.map((each) => check(each, facts, hours));
    const holds = condition.kind === 'all' ? of.every((each) => each.holds) : of.some((each) => each.holds);
    return { condition, holds, found: null, of };
  }
  if (condition.kind === 'not') {
    const of = [check(condition.of, facts, hours)];
    return { condition, holds: !of[0]?.holds, found: null, of };
  }
  return { condition, ...checkFact(condition, facts, hours), of: [] };
}

type Leaf = Exclude<Condition, { readonly kind: 'all' | 'any' | 'not' }>;

function checkFact(
  condition: Leaf,
  facts: RuleFacts,
  hours: ReadonlyMap<string, WorkingHours>,
): Pick<ConditionVerdict, 'holds' | 'found'> {
  switch (condition.kind) {
    case 'always':
      return { holds: true, found: null };
    case 'channel':
      return { holds: condition.in.includes(facts.channelId), found: facts.channelId };
    case 'channel-type':
      return { holds: condition.in.includes(facts.channelType), found: facts.channelType };
    case 'page':
      return { holds: facts.page !== null && isPage(condition.match, condition.text, facts.page), found: facts.page };
    case 'time': {
      const found = hours.get(condition.scheduleId)?.isOpen(facts.at) === true ? 'open' : 'closed';
      return { holds: found === condition.is, found };
    }
    case 'language':
      return {
        holds: facts.language !== null && speaks(asLanguages(condition.in), facts.language.toLowerCase()),
        found: facts.language,
      };
    case 'attribute': {
      const found = Object.hasOwn(facts.attributes, condition.name) ? (facts.attributes[condition.name] ?? null) : null;
      return { holds: isAttribute(condition, found), found };
    }
    case 'tag': {
      const wanted = new Set(condition.in.map(folded));
      return { holds: facts.tags.some((tag) => wanted.has(folded(tag))), found: facts.tags.join(', ') || null };
    }
    case 'intent': {
      const { intent } = facts;
      const holds =
        intent !== null && condition.in.includes(intent.name) && intent.confidence >= (condition.atLeast ?? 0);
      return { holds, found: intent && `${intent.name} (${intent.confidence.toFixed(2)})` };
    }
    case 'first-words': {
      const words = folded(facts.firstWords ?? '');
      const isIn = (wanted: string) =>
        condition.match === 'prefix' ? words.startsWith(wanted) : words.includes(wanted);
      return { holds: condition.in.some((text) => isIn(folded(text))), found: facts.firstWords?.slice(0, 200) ?? null };
    }
    case 'vip':
      return { holds: facts.vip, found: String(facts.vip) };
    case 'returning':
      return { holds: facts.returning, found: String(facts.returning) };
    default:
      return condition satisfies never;
  }
}

function isAttribute(condition: AttributeCondition, found: string | null): boolean {
  switch (condition.is) {
    case 'set':
    case 'not-set':
      return (found !== null) === (condition.is === 'set');
    case 'equal':
    case 'not-equal':
      return (found !== null && folded(found) === folded(condition.value)) === (condition.is === 'equal');
    case 'containing':
      return found !== null && folded(found).includes(folded(condition.value));
    case 'at-least':
      return Boolean(found?.trim()) && Number(found) >= condition.value;
    case 'at-most':
      return Boolean(found?.trim()) && Number(found) <= condition.value;
    default:
      return condition satisfies never;
  }
}

/** Case, width (ＡＢＣ, ﾊﾝｶｸ) and the kind of space do not tell two texts apart. Signs of Chinese stay what they are. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

function isPage(match: 'contains' | 'prefix' | 'glob', wanted: string, page: string): boolean {
  if (match === 'contains') return page.toLowerCase().includes(wanted.toLowerCase());
  const [pattern, address] = [withoutScheme(wanted), withoutScheme(page)];
  return match === 'prefix' ? address.startsWith(pattern) : isGlob(pattern, address);
}

function withoutScheme(address: string): string {
  return address
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '');
}

/** `*` stands for anything. Each part is looked for once, from left to right: the longest pattern costs no more than a search. */
function isGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
