import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { Agenda } from './agenda.ts';
import { createAgentIndex } from './agent-index.ts';
import { buildGroups, membershipsOf } from './build-groups.ts';
import type { Decision } from './decision-record.ts';
import { everyoneLevel } from './eligibility.ts';
import { Ledger } from './ledger.ts';
import { unitsPerConversation } from './routing-config.ts';
import type { WaitingEntry } from './routing-facts.ts';
import { Agent, type Entry, type Group, Membership, noSkills } from './routing-state.ts';
import { SpokenLanguages } from './spoken-languages.ts';
import type { ToldWait } from './told-waits.ts';

/** Who is gone stands behind all who came within so long after. */
const behindEverybodyMs = 7 * 24 * 60 * 60_000;

/** All that the core knows, and what it has decided and not told yet. */
export class CoreState {
  config: RoutingConfig;
  version: number;
  readonly agents = new Map<string, Agent>();
  readonly entries = new Map<string, Entry>();
  readonly agenda = new Agenda();
  readonly ledger: Ledger;
  groups: Map<string, Group> = new Map();
  decisions: Decision[] = [];
  #memberships: ReturnType<typeof membershipsOf> = new Map();
  #spoken = new SpokenLanguages([]);

  /** Told of waits that are over and of which something was told. */
  readonly onToldWait: (wait: ToldWait) => void;

  constructor(config: RoutingConfig, version: number, onToldWait: (wait: ToldWait) => void = () => undefined) {
    this.config = config;
    this.version = version;
    this.onToldWait = onToldWait;
    this.ledger = new Ledger(this.agenda, createAgentIndex([]), new Set());
  }

  /** Builds everything that follows from the configuration. Where conversations wait is for the caller to say. */
  configure(config: RoutingConfig, version: number, now: number): void {
    for (const group of this.groups.values()) this.agenda.setDue(group, undefined);
    this.config = config;
    this.version = version;
    this.#spoken = new SpokenLanguages(Object.values(config.agents));
    this.groups = buildGroups(config, this.groups, this.#spoken, now);
    this.#memberships = membershipsOf(config);
    this.ledger.index = createAgentIndex([unitsPerConversation, ...Object.values(config.weights)]);
    this.ledger.exclusiveTypes = new Set(config.exclusive);
    for (const agent of this.agents.values()) {
      agent.personal.clear();
      agent.keepsRoomFor = undefined;
      this.join(agent, now);
      this.agenda.isFreer(agent);
    }
    for (const group of this.groups.values()) this.agenda.setDue(group, group.hours.nextChange(now));
  }

  /** Also one that only a conversation or the configuration has named so far. */
  agent(id: string, now: number): Agent {
    let agent = this.agents.get(id);
    if (agent === undefined) {
      agent = new Agent(id);
      this.agents.set(id, agent);
      this.join(agent, now);
    }
    return agent;
  }

  /** The one that is named, or where conversations go whose group is no more. */
  group(id: string): Group {
    return (this.groups.get(id) ?? this.groups.get(this.config.defaultGroupId ?? everyoneId)) as Group;
  }

  keyOf({ enqueuedAt, priority, vip, isBehind }: WaitingEntry): number {
    const { ageing } = this.config;
    const behindMs = isBehind === true ? behindEverybodyMs : 0;
    return enqueuedAt + behindMs - 60_000 * (ageing[priority] + (vip ? ageing.vip : 0));
  }

  /** Makes it a member of the groups that are its own, where it is known to exist of that of all agents, too. */
  join(agent: Agent, now: number): void {
    const turns = new Map(agent.memberships.map(({ group, turn }) => [group.config.id, turn]));
    const isOfEveryone = this.config.defaultGroupId === null && agent.facts !== undefined;
    const everyone = isOfEveryone ? [{ groupId: everyoneId, level: everyoneLevel }] : [];
    const skills = this.config.agents[agent.id] ?? noSkills;
    const spoken = this.#spoken.of(skills);
    agent.skills = { ...skills, languages: spoken.languages };
    agent.languagesId = spoken.id;
    agent.understood = this.#spoken.understoodBy(spoken.id);
    const joined = [...(this.#memberships.get(agent.id) ?? []), ...everyone].map(({ groupId, level }) => {
      const group = this.group(groupId);
      const member = new Membership(agent, group, level);
      member.turn = turns.get(groupId) ?? 0;
      group.members.set(agent.id, member);
      return member;
    });
    this.ledger.index.change(agent, now, () => {
      agent.memberships = joined;
    });
  }
}
