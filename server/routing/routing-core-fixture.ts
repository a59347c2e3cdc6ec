import assert from 'node:assert/strict';
import { groupWithDefaults, type RoutingConfig, type SkillGroup } from '@parley/sdk/routing-document.ts';
import type { Assign, Decision } from './decision-record.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createRoutingCore, type RoutingCore } from './routing-core.ts';
import type { AgentFacts, WaitingEntry } from './routing-facts.ts';
import type { ToldWait } from './told-waits.ts';

export const start = Date.UTC(2026, 5, 1, 10);
export const minuteMs = 60_000;

/** A core with a clock, and a store that agrees to everything unless the test says otherwise. */
export class Desk {
  readonly core: RoutingCore;
  now = start;
  config: RoutingConfig;
  /** Everything that was decided, but for reasons to wait. */
  said: Decision[] = [];
  toldWaits: ToldWait[] = [];
  waits: Extract<Decision, { kind: 'wait' }>[] = [];
  readonly #agents = new Map<string, AgentFacts>();
  #conversations = 0;

  constructor(groups: readonly (Partial<SkillGroup> & { id: string })[], more: Partial<RoutingConfig> = {}) {
    this.config = {
      ...defaultRoutingConfig,
      defaultGroupId: groups[0]?.id ?? null,
      groups: groups.map((group) => groupWithDefaults({ name: group.id, ...group })),
      ...more,
    };
    this.core = createRoutingCore({
      config: this.config,
      version: 7,
      onToldWait: (wait) => this.toldWaits.push(wait),
    });
  }

  agent(id: string, more: Partial<AgentFacts> = {}): void {
    const known = this.#agents.get(id);
    const fresh: AgentFacts = { id, name: id, enabled: true, capacity: 2, presence: 'online', onlineSince: this.now };
    const facts = { ...(known ?? fresh), ...more };
    const isComing = facts.presence === 'online' && known !== undefined && known.presence !== 'online';
    this.#agents.set(id, isComing ? { ...facts, onlineSince: this.now } : facts);
    this.core.agent(this.#agents.get(id) as AgentFacts, this.now);
  }

  /** Somebody writes. @returns the conversation */
  arrives(more: Partial<WaitingEntry> = {}): string {
    this.#conversations += 1;
    const facts: WaitingEntry = {
      conversationId: String(this.#conversations),
      epoch: 1,
      groupId: this.config.groups[0]?.id ?? 'everyone',
      channelId: 'shop',
      channelType: 'web',
      weight: 100,
      language: null,
      minLevel: 1,
      priority: 'normal',
      vip: false,
      enqueuedAt: this.now,
      lastAgent: null,
      notAgents: [],
      hops: 0,
      ...more,
    };
    this.core.enqueue(facts, this.now);
    return facts.conversationId;
  }

  /** Decides, and lets the store agree. */
  decide(): Decision[] {
    const decisions = this.core.decide(this.now);
    for (const decision of decisions) {
      if (decision.kind === 'assign') this.core.settle(decision.conversationId, 'done', this.now);
    }
    this.waits.push(...decisions.filter((decision) => decision.kind === 'wait'));
    const others = decisions.filter((decision) => decision.kind !== 'wait');
    this.said.push(...others);
    return others;
  }

  /** Time passes, and whatever is due meanwhile is decided when it is. */
  pass(ms: number): Decision[] {
    const end = this.now + ms;
    const decisions: Decision[] = [];
    for (let at = this.core.nextAt(); at !== undefined && at <= end; at = this.core.nextAt()) {
      this.now = Math.max(this.now, at);
      decisions.push(...this.decide());
    }
    this.now = end;
    return decisions;
  }

  /** Who got it, decided now; undefined: it waits. */
  given(conversationId: string): Assign | undefined {
    this.decide();
    return this.said.findLast(
      (decision): decision is Assign => decision.kind === 'assign' && decision.conversationId === conversationId,
    );
  }

  /** The agent who got it. */
  agentOf(conversationId: string): string | undefined {
    return this.given(conversationId)?.agentId;
  }

  /** Somebody has work that is not about anything else. */
  busy(agentId: string, weight: number, channelType = 'web'): string {
    this.#conversations += 1;
    const id = String(this.#conversations);
    this.core.hold(id, agentId, { weight, channelType, groupId: null }, this.now);
    return id;
  }

  verdict(conversationId: string, agentId: string): string | undefined {
    return this.core.verdicts(conversationId, agentId, this.now)[0]?.key;
  }

  offered(): Extract<Decision, { kind: 'offer' }> {
    const offer = this.said.findLast((decision) => decision.kind === 'offer');
    assert.ok(offer !== undefined, 'somebody is asked');
    return offer;
  }
}

export const members = (...ids: string[]): { agentId: string; level: number }[] =>
  ids.map((id) => {
    const [agentId = '', level = '3'] = id.split(':');
    return { agentId, level: Number(level) };
  });
