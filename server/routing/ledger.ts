import type { Agenda } from './agenda.ts';
import type { AgentIndex } from './agent-index.ts';
import { withoutWork, withWork } from './recent-work.ts';
import type { Held } from './routing-facts.ts';
import type { Agent } from './routing-state.ts';

/** What an agent holds, and what it counts for. */
export interface Holding extends Held {
  readonly agent: Agent;
  /** Of the agent's capacity. */
  readonly units: number;
  readonly isExclusive: boolean;
  readonly since: number;
}

/** More than anybody asks back for: what flood limits are counted by. */
const givenKept = 60;

/** Who holds what, and so who has how much room. All that changes an agent's load goes through here. */
export class Ledger {
  readonly #holdings = new Map<string, Holding>();
  readonly #agenda: Agenda;
  index: AgentIndex;
  exclusiveTypes: ReadonlySet<string>;

  constructor(agenda: Agenda, index: AgentIndex, exclusiveTypes: ReadonlySet<string>) {
    this.#agenda = agenda;
    this.index = index;
    this.exclusiveTypes = exclusiveTypes;
  }

  get(conversationId: string): Holding | undefined {
    return this.#holdings.get(conversationId);
  }

  /**
   * The agent has it from now on, whatever else they have.
   *
   * @param isGiven the dispatcher gave it: it counts as a turn, and against the flood limit
   */
  hold(conversationId: string, agent: Agent, held: Held, now: number, isGiven: boolean): void {
    this.release(conversationId, now);
    const holding: Holding = {
      ...held,
      agent,
      units: agent.unitsFor(held.weight),
      isExclusive: this.exclusiveTypes.has(held.channelType),
      since: held.since ?? now,
    };
    this.#holdings.set(conversationId, holding);
    this.index.change(agent, now, () => {
      this.#count(holding, 1);
      agent.recentWork = withWork(agent.recentWork, holding.units, holding.since);
      agent.idleSince = Math.max(agent.idleSince, holding.since);
      if (!isGiven) return;
      agent.given.push(now);
      if (agent.given.length > givenKept) agent.given.shift();
      const member = agent.memberships.find(({ group }) => group.config.id === held.groupId);
      if (member === undefined) return;
      member.group.turns += 1;
      member.turn = member.group.turns;
    });
  }

  /** The agent has it no longer. */
  release(conversationId: string, now: number): void {
    this.#end(conversationId, now, (holding) => {
      if (holding.agent.usedUnits === 0) holding.agent.idleSince = now;
    });
  }

  /** The agent never had it: it counts as no work. */
  undo(conversationId: string, now: number, more: (agent: Agent) => void = () => undefined): void {
    this.#end(conversationId, now, ({ agent, units, since }) => {
      agent.recentWork = withoutWork(agent.recentWork, units, since);
      more(agent);
    });
  }

  setWeight(conversationId: string, weight: number, now: number): void {
    const holding = this.#holdings.get(conversationId);
    if (holding === undefined) return;
    const { agent } = holding;
    const changed = { ...holding, weight, units: agent.unitsFor(weight) };
    this.index.change(agent, now, () => {
      this.#count(holding, -1);
      this.#count(changed, 1);
    });
    this.#holdings.set(conversationId, changed);
    if (changed.units < holding.units) this.#agenda.isFreer(agent);
  }

  #end(conversationId: string, now: number, change: (holding: Holding) => void): void {
    const holding = this.#holdings.get(conversationId);
    if (holding === undefined) return;
    this.#holdings.delete(conversationId);
    this.index.change(holding.agent, now, () => {
      this.#count(holding, -1);
      change(holding);
    });
    this.#agenda.isFreer(holding.agent);
  }

  #count({ agent, units, isExclusive, channelType }: Holding, by: 1 | -1): void {
    agent.usedUnits += by * units;
    if (isExclusive) agent.exclusive += by;
    agent.heldByType.set(channelType, (agent.heldByType.get(channelType) ?? 0) + by);
  }
}
