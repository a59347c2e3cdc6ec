import type { Presence, Priority } from '@parley/sdk/protocol.ts';
import type { RuleFacts } from './router-rules.ts';

/** What a dry run needs of the past: what came, who was there, and what became of it. Times are epoch milliseconds. */
export interface RecordedDays {
  /** From here on it is counted. What began before is replayed to fill the agents' hands, and should be a day or so. */
  readonly countFrom: number;
  readonly to: number;
  readonly conversations: readonly RecordedConversation[];
  readonly agents: readonly RecordedAgent[];
  /** Offers that were let pass, and those that were taken; absent: none were made. */
  readonly offers?: { readonly missed: number; readonly accepted: number };
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
  /** When it left the queue for good or was closed; null: it was open at the end of the record. */
  readonly endedAt: number | null;
  /** How it ended while nobody had it: the customer left, or a bot or a form took it. `agent`: somebody had it. */
  readonly ended: 'agent' | 'customer-left' | 'elsewhere' | 'open';
  /** Offers that were missed, and ways back to the queue. */
  readonly missed: number;
  readonly requeues: number;
}

export interface RecordedAgent {
  readonly id: string;
  readonly name: string;
  /** In conversations. */
  readonly capacity: number;
  /** In order of time. `lost`: nobody said so, the connection was gone. */
  readonly presence: readonly { readonly at: number; readonly presence: Presence; readonly lost?: true }[];
}
