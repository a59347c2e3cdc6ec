import type { Presence, Priority } from '@parley/sdk/protocol.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';

/** What a conversation asks for. */
export interface Needs {
  readonly groupId: string;
  readonly channelId: string;
  readonly channelType: string;
  readonly language: string | null;
  readonly minLevel: number;
  readonly priority: Priority;
  readonly vip: boolean;
}

/** One conversation, with all that chance has decided about it: every policy meets the same ones. */
export interface Customer extends Needs {
  readonly id: string;
  /** Who writes: one who comes again may be given the agent of last time. */
  readonly contactId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Gives up after waiting for so long; `Infinity`: never. */
  readonly patienceMs: number;
  /** How long an agent is busy with it who has nothing else to do. */
  readonly handlingMs: number;
  /** Sent by a rule to one agent, who is asked first. */
  readonly forAgent?: string;
  /** Kept from these agents by rules. */
  readonly notAgents?: readonly string[];
  /** From when an agent begins until their first answer is there; absent: none, an agent's beginning is the answer. */
  readonly typingMs?: number;
  /** It will be closed without an answer. */
  readonly isUnanswered?: true;
}

export interface PresenceChange {
  readonly at: number;
  readonly presence: Presence;
}

/** An agent: who it is, and when they work. What they know is said by the configuration. */
export interface Worker {
  readonly id: string;
  readonly name: string;
  /** Conversations at once. */
  readonly capacity: number;
  /** What they do by plan, in order of time: when they leave, they bring to an end what they have. */
  readonly presence: readonly PresenceChange[];
  /** When they are not there although they seem to be: the lid is closed, the line is cut. */
  readonly outages: readonly Outage[];
}

export interface Outage {
  readonly from: number;
  readonly to: number;
  /** The dispatcher knows at once that the line is cut, and gives them nothing new meanwhile. */
  readonly isNoticed?: true;
}

/**
 * What becomes of conversations that an agent has answered who goes: of each how long after it is known that they are gone
 * it comes back to the queue, as its customer writes, or null: it does not. One of them is drawn for each.
 */
export interface GivenBack {
  /** Agents who vanished: what does not come back rests until they are here again. */
  readonly lost: readonly (number | null)[];
  /** Agents who left: what does not come back they bring to an end. */
  readonly left: readonly (number | null)[];
}

/** All that happens to a team in a time, whatever decides about it. */
export interface Workload {
  readonly from: number;
  /** Who comes and what is done before it is not counted: a team that begins with nothing to do is not yet itself. */
  readonly countFrom: number;
  readonly to: number;
  /** In order of their time. */
  readonly customers: readonly Customer[];
  readonly workers: readonly Worker[];
  readonly config: RoutingConfig;
  readonly conduct: Conduct;
}

/** How agents and the system around the dispatcher behave. */
export interface Conduct {
  /**
   * What each further conversation adds to the time of every one that an agent is busy with, as a part of it: 0, they do not
   * hinder each other; 1, they share one pair of hands. Between, chats are answered while others think.
   */
  readonly slowdown: number;
  /** An agent of level 1 takes so much longer than one of level 5, as a part: 0.4 is 40 % more. */
  readonly noviceSlower: number;
  /** So long after an agent vanished the dispatcher is told that they are gone. */
  readonly graceMs: number;
  readonly givenBack: GivenBack;
  /** Until an agent says yes to an offer, and the share of offers that they do not notice. */
  readonly acceptMs: number;
  readonly missShare: number;
  /** How long one who has missed too many offers stays away. */
  readonly breakMs: number;
}

export const plainConduct: Conduct = {
  slowdown: 0,
  noviceSlower: 0,
  graceMs: 45_000,
  givenBack: { lost: [0], left: [null] },
  acceptMs: 3_000,
  missShare: 0,
  breakMs: 300_000,
};
