import type { Presence, Priority } from '@parley/sdk/protocol.ts';
import type { RuleFacts } from './router-rules.ts';
import type { GivenBack } from './simulation/workload.ts';

/** What a dry run needs of the past: what came, who was there, and what became of it. Times are epoch milliseconds. */
export interface RecordedDays {
  /** From here on it is counted. What began before is replayed to fill the agents' hands, and should be a day or so. */
  readonly countFrom: number;
  readonly to: number;
  readonly conversations: readonly RecordedConversation[];
  readonly agents: readonly RecordedAgent[];
  /** Offers that were let pass, and those that were taken; absent: none were made. */
  readonly offers?: { readonly missed: number; readonly accepted: number };
  /** What became of answered conversations whose agent went; absent: nobody went who had one. */
  readonly givenBack?: GivenBack;
}

export interface RecordedConversation {
  readonly id: string;
  readonly contactId: string;
  readonly channelId: string;
  readonly channelType: string;
  /** BCP 47; null: not known. */
  readonly language: string | null;
  readonly priority: Priority;
  readonly vip: boolean;
  readonly minLevel: number;
  /** The group that it waited in last; null: the default one. */
  readonly groupId: string | null;
  /** What the rules looked at when it came; null: not kept, and it goes where it went. */
  readonly facts: RuleFacts | null;
  /** Where it waits when no rule sends it anywhere: where it had waited before; absent: in the default group. */
  readonly groupBefore?: string;
  /** When it came to the queue first. */
  readonly queuedAt: number;
  /** When an agent was given it who kept it; null: nobody was. */
  readonly assignedAt: number | null;
  readonly firstAnswerAt: number | null;
  readonly agentId: string | null;
  /** Who had it when, in order of time, those included who went without having answered. */
  readonly stints: readonly RecordedStint[];
  /** It was closed without an answer; absent: it was answered, or nobody knows. */
  readonly isUnanswered?: true;
  /** When it left the queue for good or was closed; null: it was open at the end of the record. */
  readonly endedAt: number | null;
  /** How it ended while nobody had it: the customer left, or a bot or a form took it. `agent`: somebody had it. */
  readonly ended: 'agent' | 'customer-left' | 'elsewhere' | 'open';
  /** Offers that were missed, and ways back to the queue. */
  readonly missed: number;
  readonly requeues: number;
}

/** A time in which one agent had a conversation. */
export interface RecordedStint {
  readonly agentId: string;
  readonly from: number;
  /** null: until the end of the record. */
  readonly to: number | null;
}

export interface RecordedAgent {
  readonly id: string;
  readonly name: string;
  /** In conversations. */
  readonly capacity: number;
  /** In order of time. `lost`: nobody said so, the connection was gone, and nobody worked on what they had. */
  readonly presence: readonly { readonly at: number; readonly presence: Presence; readonly lost?: true }[];
}

/** A time in which an agent was not there; `isLost`: nobody said so. */
export interface Absence {
  readonly from: number;
  readonly to: number;
  readonly isLost: boolean;
}

/** In order of time; the last one may last until the end of the record. */
export function absencesOf({ presence }: Pick<RecordedAgent, 'presence'>, to: number): Absence[] {
  return presence.flatMap(({ at, presence: is, lost = false }, i) => {
    return is === 'offline' ? [{ from: at, to: presence[i + 1]?.at ?? to, isLost: lost }] : [];
  });
}

export function overlapMs(a: { from: number; to: number }, b: { from: number; to: number }): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}
