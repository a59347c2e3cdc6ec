import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import type { Decision } from './decision-record.ts';
import { NaiveCore } from './naive-core-fixture.ts';
import { type Arrival, agentIds, begin, configs, type Step, steps, typeOf } from './random-routing-fixture.ts';
import { weightOf } from './routing-config.ts';
import { createRoutingCore, type RoutingCore } from './routing-core.ts';
import type { AgentFacts, WaitingEntry } from './routing-facts.ts';

type Given = { agentId: string; weight: number; channelType: string };
type Choice = Extract<Decision, { kind: 'assign' | 'offer' }>;

/** Lets a random day happen to the core and to the naive one, and keeps its own books of what was said. */
class Day {
  readonly core: RoutingCore;
  readonly naive: NaiveCore;
  readonly configs: readonly [RoutingConfig, RoutingConfig];
  config: RoutingConfig;
  now = begin;
  readonly agents = new Map<string, AgentFacts>();
  readonly waiting = new Map<string, WaitingEntry>();
  readonly offered = new Map<string, string>();
  readonly held = new Map<string, Given & { facts: WaitingEntry }>();
  readonly said: Decision[] = [];
  /** Conversations that the store did not give: they may stand back for a second. */
  readonly #refused = new Set<string>();
  #refuse: 'refused-capacity' | 'gone' | 'failed' | undefined;
  #conversations = 0;

  constructor(both: readonly [RoutingConfig, RoutingConfig]) {
    this.configs = both;
    this.config = both[0];
    this.core = createRoutingCore({ config: this.config, version: 1 });
    this.naive = new NaiveCore(this.config);
    for (const id of agentIds) {
      this.#agent({ id, name: id, enabled: true, capacity: 2, presence: 'online', onlineSince: begin - 3_600_000 });
    }
  }

  run(step: Step): void {
    this.#happen(step);
    this.#decide();
  }

  #happen(step: Step): void {
    switch (step.kind) {
      case 'arrive':
        this.#arrive(step.arrival);
        break;
      case 'finish': {
        const [id] = this.#nth(this.held, step.nth) ?? [];
        if (id === undefined) return;
        this.held.delete(id);
        this.#both((core) => core.release(id, this.now));
        break;
      }
      case 'presence': {
        const known = this.agents.get(step.agentId) as AgentFacts;
        const isComing = step.presence === 'online' && known.presence !== 'online';
        const onlineSince = isComing ? this.now : known.onlineSince;
        this.#agent({ ...known, presence: step.presence, capacity: step.capacity, onlineSince });
        break;
      }
      case 'pass':
        this.now += step.ms;
        break;
      case 'pass-to-next':
        this.now = Math.max(this.now, this.core.nextAt() ?? 0);
        break;
      case 'abandon': {
        const [id] = this.#nth(this.waiting, step.nth) ?? [];
        if (id === undefined) return;
        this.waiting.delete(id);
        this.offered.delete(id);
        this.#both((core) => core.leave(id, this.now, 'abandoned'));
        break;
      }
      case 'accept':
      case 'decline': {
        const [id, agentId] = this.#nth(this.offered, step.nth) ?? [];
        if (id === undefined || agentId === undefined) return;
        if (step.kind === 'decline') {
          this.offered.delete(id);
          this.#both((core) => core.declined(id, agentId, this.now));
          return;
        }
        const accepted = this.core.accept(id, agentId, this.now);
        assert.equal(accepted?.why, this.naive.accept(id, agentId, this.now) && 'accepted');
        if (accepted !== undefined) this.#heard(accepted);
        break;
      }
      case 'give-back': {
        const [id, given] = this.#nth(this.held, step.nth) ?? [];
        if (id === undefined || given === undefined) return;
        this.held.delete(id);
        const facts = { ...given.facts, epoch: given.facts.epoch + 1, notAgents: [given.agentId] };
        this.waiting.set(id, facts);
        this.#both((core) => core.enqueue(facts, this.now));
        break;
      }
      case 'transfer': {
        const [id, given] = this.#nth(this.held, step.nth) ?? [];
        if (id === undefined || given === undefined) return;
        const { weight, channelType } = given;
        this.held.set(id, { ...given, agentId: step.agentId });
        this.#both((core) => core.hold(id, step.agentId, { weight, channelType, groupId: null }, this.now));
        break;
      }
      case 'weigh': {
        const [id, given] = this.#nth(this.held, step.nth) ?? [];
        if (id === undefined || given === undefined) return;
        this.held.set(id, { ...given, weight: step.weight });
        this.#both((core) => core.setWeight(id, step.weight, this.now));
        break;
      }
      case 'pick':
        this.#pick(step.agentId, step.override, step.nth === null ? undefined : this.#nth(this.waiting, step.nth)?.[0]);
        break;
      case 'store-refuses':
        this.#refuse = step.outcome;
        break;
      case 'configure':
        this.config = this.configs[step.which] ?? this.config;
        this.core.configure(this.config, this.said.length, this.now);
        this.naive.configure(this.config, this.now);
        break;
      default:
        step satisfies never;
    }
  }

  #pick(agentId: string, override: boolean, conversationId: string | undefined): void {
    const picked = this.core.pick(
      agentId,
      conversationId === undefined ? { override } : { conversationId, override },
      this.now,
    );
    if (picked.kind === 'refused') {
      assert.notEqual(picked.verdict?.key, 'can-have-it');
      return;
    }
    const id = picked.conversationId;
    if (picked.why === 'accepted') this.naive.accept(id, agentId, this.now);
    else {
      this.naive.giveByHand(id, agentId, picked.groupId, this.now);
      const facts = this.waiting.get(id) as WaitingEntry;
      const isOver = this.#used(agentId) + facts.weight > (this.agents.get(agentId)?.capacity ?? 0) * 100;
      if (isOver && facts.weight < 500)
        assert.ok(picked.record.overridden !== undefined, 'it says what it went against');
    }
    this.#assigned(id, agentId, true);
  }

  #used(agentId: string): number {
    let used = 0;
    for (const given of this.held.values()) if (given.agentId === agentId) used += given.weight;
    return used;
  }

  #both(change: (core: RoutingCore | NaiveCore) => void): void {
    change(this.core);
    change(this.naive);
  }

  #agent(facts: AgentFacts): void {
    this.agents.set(facts.id, facts);
    this.#both((core) => core.agent(facts, this.now));
  }

  #arrive({ agoMs, ...arrival }: Arrival): void {
    this.#conversations += 1;
    const channelType = typeOf[arrival.channelId] ?? '';
    const facts: WaitingEntry = {
      ...arrival,
      conversationId: String(this.#conversations),
      epoch: 1,
      channelType,
      weight: weightOf(this.config, channelType),
      enqueuedAt: this.now - agoMs,
      hops: 0,
    };
    this.waiting.set(facts.conversationId, facts);
    this.#both((core) => core.enqueue(facts, this.now));
  }

  #nth<T>(of: ReadonlyMap<string, T>, nth: number): [string, T] | undefined {
    return [...of][nth % Math.max(1, of.size)];
  }

  #decide(): void {
    const decisions = this.core.decide(this.now);
    const expected = this.naive.decide(this.now);
    assert.deepEqual(decisions.flatMap(withoutRecord), expected.flatMap(withoutRecord));
    this.#checkNobodyIdle();
    for (const decision of decisions) this.#heard(decision);
    this.#checkBooks();
  }

  #heard(decision: Decision): void {
    this.said.push(decision);
    if (decision.kind === 'offer' || (decision.kind === 'assign' && decision.why !== 'accepted')) {
      this.#checkOrder(decision);
      const facts = this.waiting.get(decision.conversationId);
      if (facts?.forAgent === null) checkRecord(decision, this.config, this.configs);
    }
    if (decision.kind === 'offer') {
      this.#checkCanHave(decision.conversationId, decision.agentId);
      this.offered.set(decision.conversationId, decision.agentId);
    }
    if (decision.kind === 'offer-missed' || decision.kind === 'offer-withdrawn') {
      assert.equal(this.offered.get(decision.conversationId), decision.agentId);
      this.offered.delete(decision.conversationId);
    }
    if (decision.kind === 'overflow' && decision.to.kind === 'bot') this.waiting.delete(decision.conversationId);
    if (decision.kind === 'assign') this.#assigned(decision.conversationId, decision.agentId);
  }

  #assigned(id: string, agentId: string, byHand = false): void {
    const facts = this.waiting.get(id);
    assert.ok(facts !== undefined && !this.held.has(id), `${id} was waiting, and nobody had it`);
    if (!byHand && !this.offered.has(id)) this.#checkCanHave(id, agentId);
    this.offered.delete(id);
    const outcome = this.#refuse ?? 'done';
    this.#refuse = undefined;
    if (outcome !== 'done') this.#refused.add(id);
    if (outcome === 'done') this.held.set(id, { ...facts, agentId, facts });
    if (outcome === 'done' || outcome === 'gone') this.waiting.delete(id);
    this.#both((core) => core.settle(id, outcome, this.now));
  }

  /** What nobody needs the configuration for: there, allowed, and with room for it. */
  #checkCanHave(id: string, agentId: string): void {
    const facts = this.waiting.get(id) as WaitingEntry;
    const agent = this.agents.get(agentId) as AgentFacts;
    assert.deepEqual([agent.presence, agent.enabled], ['online', true]);
    assert.ok(!facts.notAgents.includes(agentId));
    const capacity = agent.capacity * 100;
    const used = this.#used(agentId);
    assert.ok(used + Math.min(facts.weight, capacity) <= capacity || used === 0, `${agentId} holds ${used}`);
    assert.ok(![...this.held.values()].some((given) => given.agentId === agentId && given.channelType === 'call'));
    assert.ok(![...this.offered.values()].includes(agentId), `${agentId} is being asked`);
  }

  /** Nobody came before it who asks for the same: a priority is worth so many minutes, and no more. */
  #checkOrder({ conversationId, groupId, why }: Choice): void {
    const given = this.waiting.get(conversationId) as WaitingEntry;
    if (why !== 'policy' || groupId !== given.groupId || this.#refused.has(conversationId)) return;
    // Where the same is asked for however long they wait, and all came to the group that they named.
    const group = this.config.groups.find(({ id }) => id === groupId);
    if (group === undefined || group.overflow.length > 0 || Object.keys(group.relax).length > 0) return;
    for (const other of this.waiting.values()) {
      if (other === given || this.offered.has(other.conversationId) || this.#refused.has(other.conversationId))
        continue;
      if (!isAlike(other, given)) continue;
      const passedBy = other.enqueuedAt - given.enqueuedAt;
      assert.ok(-passedBy <= worth(this.config, given) - worth(this.config, other), `${conversationId} came before`);
    }
  }

  /** After everything is decided, nobody waits whom somebody could have: as the law says, agent by agent. */
  #checkNobodyIdle(): void {
    for (const id of this.waiting.keys()) {
      if (this.core.whereabouts(id) !== 'waiting' || this.#refused.has(id)) continue;
      const can = this.core.verdicts(id, 'all', this.now).filter(({ key }) => key === 'can-have-it');
      assert.deepEqual(can, [], `conversation ${id}`);
    }
  }

  /** Every conversation is in one place, and it is the one that the core names. */
  #checkBooks(): void {
    for (let id = 1; id <= this.#conversations; id++) {
      const name = String(id);
      const here = this.held.has(name) ? 'assigned' : this.offered.has(name) ? 'offered' : 'waiting';
      const expected = this.held.has(name) || this.waiting.has(name) ? here : 'gone';
      assert.equal(this.core.whereabouts(name), expected, `conversation ${name}`);
    }
    const waiting = this.core.stats(this.now).reduce((sum, group) => sum + group.waiting, 0);
    assert.equal(waiting, this.waiting.size);
  }
}

function worth({ ageing }: RoutingConfig, { priority, vip }: WaitingEntry): number {
  return 60_000 * (ageing[priority] + (vip ? ageing.vip : 0));
}

/** Ask for the same, in the same group, and prefer or exclude nobody. */
function isAlike(a: WaitingEntry, b: WaitingEntry): boolean {
  const keys = ['groupId', 'channelId', 'weight', 'language', 'minLevel'] as const;
  const isPlain = ({ lastAgent, forAgent, notAgents, epoch }: WaitingEntry) =>
    lastAgent === null && forAgent === null && notAgents.length === 0 && epoch === 1;
  return isPlain(a) && isPlain(b) && keys.every((key) => a[key] === b[key]);
}

/** The numbers of a record add up, and say the same as the verdicts one by one. */
function checkRecord(
  { record, agentId, groupId, why }: Choice,
  config: RoutingConfig,
  configs: readonly RoutingConfig[],
): void {
  const { candidates, chosen, counts, others, relaxed } = record;
  const members = (id: string) => config.groups.find((group) => group.id === id)?.members.length ?? agentIds.length;
  const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (why === 'policy') {
    assert.deepEqual([chosen.agentId, chosen.groupId], [agentId, groupId]);
    assert.ok(candidates.some((candidate) => candidate.agentId === agentId));
    const own = candidates.filter((candidate) => candidate.groupId === groupId);
    assert.equal(own[0]?.agentId, agentId);
  }
  // Who is named needs no membership, also under a later configuration, and who is in two groups counts in both.
  const overflows = configs.flatMap(({ groups }) => groups.flatMap(({ overflow }) => overflow));
  const hasNamed = overflows.some(({ to }) => to.kind === 'agent');
  if (why !== 'policy' || relaxed.groupIds.length > 0 || hasNamed) return;
  assert.equal(counted, members(groupId));
  assert.equal(candidates.length, record.candidateCount);
  const tally: Record<string, number> = { 'can-have-it': candidates.length };
  for (const { key } of others) tally[key] = (tally[key] ?? 0) + 1;
  for (const [key, count] of Object.entries(counts)) assert.equal(tally[key] ?? 0, count, key);
}

/** What the naive one does not say: reasons to wait, and records. */
function withoutRecord(decision: Decision): object[] {
  if (decision.kind === 'wait') return [];
  return [{ ...decision, record: undefined }];
}

const days = fc.tuple(fc.tuple(configs, configs), fc.array(steps, { minLength: 20, maxLength: 120, size: 'max' }));

test('whatever happens, the core decides as one that looks at everything, over no capacity, for one agent each, and loses nobody', () => {
  fc.assert(
    fc.property(days, ([both, script]) => {
      const day = new Day(both);
      for (const step of script) day.run(step);
    }),
    { numRuns: 200 },
  );
});
