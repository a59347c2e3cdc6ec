import type { Priority } from '@parley/sdk/protocol.ts';
import { groupWithDefaults, policies, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { seeded } from '../server/base/seeded.ts';
import { defaultRoutingConfig, weightOf } from '../server/routing/routing-config.ts';
import { createRoutingCore, type RoutingCore } from '../server/routing/routing-core.ts';
import type { AgentFacts, WaitingEntry } from '../server/routing/routing-facts.ts';

/** How much of everything there is. */
export interface FloorSize {
  readonly agents: number;
  readonly groups: number;
  readonly waiting: number;
}

/** Something that happens, and what the core is told of it. */
export interface Event {
  readonly kind: 'arrive' | 'finish' | 'abandon' | 'come' | 'go';
  /** Who becomes free. */
  readonly agentId?: string;
  tell(): void;
}

const languages = ['en', 'de', 'fr', 'es', 'zh', 'ja'];
const minuteMs = 60_000;

/** A large contact centre in its busiest hour: everybody has as much as they can take, and the queues are long. */
export class Floor {
  readonly config: RoutingConfig;
  readonly core: RoutingCore;
  readonly agents = new Map<string, AgentFacts>();
  readonly waiting = new Map<string, WaitingEntry>();
  readonly held = new Map<string, { agentId: string; facts: WaitingEntry }>();
  now = Date.UTC(2026, 5, 1, 10);
  readonly #size: FloorSize;
  readonly #random: () => number;
  readonly #waitingIds: string[] = [];
  readonly #heldIds: string[] = [];
  readonly #heldBy = new Map<string, Set<string>>();
  #conversations = 0;

  constructor(size: FloorSize, seed: number) {
    this.#size = size;
    this.#random = seeded(seed);
    this.config = this.#configure();
    this.core = createRoutingCore({ config: this.config, version: 1 });
    for (let i = 0; i < size.agents; i++) {
      const onlineSince = this.now - this.#below(3 * 60) * minuteMs;
      this.#agent({ id: `agent${i}`, name: `Agent ${i}`, enabled: true, capacity: 5, presence: 'online', onlineSince });
    }
    // Nobody is free when the queue is as long as this, and it has become so at the pace at which they arrive.
    const oldestMs = size.waiting * 125;
    for (const id of this.agents.keys()) for (let i = 0; i < 5; i++) this.#fill(id);
    for (let i = 0; i < size.waiting; i++) this.core.enqueue(this.#newEntry(this.#below(oldestMs)), this.now);
  }

  /** What happens next, at a time of its own. Answers what the core is told; all else is done before. */
  nextEvent(): Event {
    this.now += 1 + this.#below(100);
    const kind = this.#random();
    if (kind < 0.4) return this.#finish();
    if (kind < 0.8) return this.#arrival();
    if (kind < 0.9) return this.#abandon();
    return this.#comeOrGo();
  }

  /** Who has what from now on; the core still has to hear that the store agrees. */
  assigned(conversationId: string, agentId: string): void {
    const facts = this.waiting.get(conversationId) as WaitingEntry;
    this.waiting.delete(conversationId);
    this.#keep(conversationId, agentId, facts);
  }

  /** Hundredths of conversations that the agent holds. */
  used(agentId: string): number {
    let used = 0;
    for (const id of this.#heldBy.get(agentId) ?? []) used += this.held.get(id)?.facts.weight ?? 0;
    return used;
  }

  #newEntry(agoMs: number): WaitingEntry {
    this.#conversations += 1;
    const conversationId = String(this.#conversations);
    const kind = this.#random();
    const channelType = kind < 0.85 ? 'web' : kind < 0.97 ? 'email' : 'call';
    const facts: WaitingEntry = {
      conversationId,
      epoch: 1,
      groupId: `group${this.#below(this.#size.groups)}`,
      channelId: channelType,
      channelType,
      weight: weightOf(this.config, channelType),
      language: this.#random() < 0.3 ? null : this.#language(),
      minLevel: this.#random() < 0.7 ? 1 : 1 + this.#below(5),
      priority: this.#priority(),
      vip: this.#random() < 0.02,
      enqueuedAt: this.now - agoMs,
      lastAgent:
        this.#random() < 0.2 ? { id: `agent${this.#below(this.#size.agents)}`, at: this.now - 60 * minuteMs } : null,
      notAgents: [],
      hops: 0,
    };
    this.waiting.set(conversationId, facts);
    this.#waitingIds.push(conversationId);
    return facts;
  }

  #configure(): RoutingConfig {
    const { agents, groups } = this.#size;
    const automatic = policies.filter((policy) => policy !== 'manual');
    return {
      ...defaultRoutingConfig,
      groups: Array.from({ length: groups }, (_, g) =>
        groupWithDefaults({
          id: `group${g}`,
          name: `Group ${g}`,
          policy: automatic[g % automatic.length] ?? 'best-skill',
          // Everybody in a group of their own, every fifth in another one, too.
          members: Array.from({ length: agents }, (_, a) => a)
            .filter((a) => a % groups === g || (a % 5 === 0 && (a + 7) % groups === g))
            .map((a) => ({ agentId: `agent${a}`, level: 1 + this.#below(5) })),
          history: { withinMs: 24 * 60 * minuteMs, waitAtMostMs: 2 * minuteMs },
          relax: { dropLanguageAfterMs: 10 * minuteMs, lowerLevelAfterMs: 15 * minuteMs },
          overflow: [
            { when: { afterMs: 40 * minuteMs }, to: { kind: 'call-back' } },
            { when: { nobodyStaffed: true }, to: { kind: 'group', groupId: `group${(g + 1) % groups}` } },
          ],
          floodPerMinute: 3,
        }),
      ),
      agents: Object.fromEntries(
        Array.from({ length: agents }, (_, a) => [
          `agent${a}`,
          // Six of ten speak one language, others two or three.
          {
            languages: Array.from({ length: [1, 1, 1, 2, 3][a % 5] ?? 1 }, () => this.#language()),
            channelCaps: { email: 3 },
          },
        ]),
      ),
    };
  }

  #agent(facts: AgentFacts): void {
    this.agents.set(facts.id, facts);
    this.core.agent(facts, this.now);
  }

  #fill(agentId: string): void {
    this.#conversations += 1;
    const conversationId = String(this.#conversations);
    const held = { weight: 100, channelType: 'web', groupId: null, since: this.now - this.#below(20) * minuteMs };
    this.core.hold(conversationId, agentId, held, this.now);
    const facts = {
      conversationId,
      epoch: 1,
      groupId: `group${this.#below(this.#size.groups)}`,
      channelId: 'web',
      channelType: 'web',
      weight: 100,
      language: null,
      minLevel: 1,
      priority: 'normal' as const,
      vip: false,
      enqueuedAt: held.since,
      lastAgent: null,
      notAgents: [],
      hops: 0,
    };
    this.#keep(conversationId, agentId, facts);
  }

  #finish(): Event {
    const id = this.#takeAny(this.#heldIds, this.held) ?? '';
    const agentId = this.held.get(id)?.agentId ?? '';
    this.#drop(id);
    return { kind: 'finish', agentId, tell: () => this.core.release(id, this.now) };
  }

  #arrival(): Event {
    const facts = this.#newEntry(0);
    return { kind: 'arrive', tell: () => this.core.enqueue(facts, this.now) };
  }

  #abandon(): Event {
    const id = this.#takeAny(this.#waitingIds, this.waiting) ?? '';
    this.waiting.delete(id);
    return { kind: 'abandon', tell: () => this.core.leave(id, this.now, 'abandoned') };
  }

  /** Who goes gives back what they hold. */
  #comeOrGo(): Event {
    const former = this.agents.get(`agent${this.#below(this.#size.agents)}`) as AgentFacts;
    if (former.presence !== 'online') {
      const facts = { ...former, presence: 'online' as const, onlineSince: this.now };
      this.agents.set(former.id, facts);
      return { kind: 'come', tell: () => this.core.agent(facts, this.now) };
    }
    const facts = { ...former, presence: 'offline' as const };
    this.agents.set(former.id, facts);
    const back = [...(this.#heldBy.get(former.id) ?? [])].map((id) => this.#giveBack(id, former.id));
    return {
      kind: 'go',
      tell: () => {
        this.core.agent(facts, this.now);
        for (const entry of back) this.core.enqueue(entry, this.now);
      },
    };
  }

  #giveBack(id: string, agentId: string): WaitingEntry {
    const former = this.held.get(id)?.facts as WaitingEntry;
    const facts = { ...former, epoch: former.epoch + 1, notAgents: [agentId] };
    this.#drop(id);
    this.waiting.set(id, facts);
    this.#waitingIds.push(id);
    return facts;
  }

  #keep(id: string, agentId: string, facts: WaitingEntry): void {
    this.held.set(id, { agentId, facts });
    this.#heldIds.push(id);
    const of = this.#heldBy.get(agentId);
    if (of === undefined) this.#heldBy.set(agentId, new Set([id]));
    else of.add(id);
  }

  #drop(id: string): void {
    this.#heldBy.get(this.held.get(id)?.agentId ?? '')?.delete(id);
    this.held.delete(id);
  }

  /** One at random; ids that are no more are passed over. */
  #takeAny(ids: string[], there: ReadonlyMap<string, unknown>): string | undefined {
    while (ids.length > 0) {
      const at = this.#below(ids.length);
      const id = ids[at];
      ids[at] = ids.at(-1) as string;
      ids.pop();
      if (id !== undefined && there.has(id)) return id;
    }
    return undefined;
  }

  #language(): string {
    // Half of the world writes in the first one.
    return languages[this.#random() < 0.5 ? 0 : this.#below(languages.length)] ?? 'en';
  }

  #priority(): Priority {
    const kind = this.#random();
    return kind < 0.85 ? 'normal' : kind < 0.93 ? 'low' : kind < 0.99 ? 'high' : 'urgent';
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }
}
