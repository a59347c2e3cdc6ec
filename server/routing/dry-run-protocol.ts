import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { RecordGaps } from './assemble-record.ts';
import type { Assumption, DryRun } from './dry-run.ts';
import type { PresenceRow, QueueRow, VisitRows } from './record-store.ts';

/** What the thread that computes a dry run is told: first what was recorded, a page at a time, then what is asked. */
export type DryRunMessage =
  | { readonly kind: 'queue'; readonly rows: readonly QueueRow[]; readonly visits: VisitRows }
  | { readonly kind: 'presences'; readonly rows: readonly PresenceRow[] }
  | { readonly kind: 'run'; readonly question: DryRunQuestion };

export interface DryRunQuestion {
  readonly span: RecordSpan;
  readonly agentNames: ReadonlyMap<string, string>;
  /** How long agents who are cut off have to come back. */
  readonly graceMs: number;
  readonly current: RoutingConfig;
  readonly proposed: RoutingConfig;
  /** Since when the current one holds. */
  readonly currentSince: number;
  readonly runs: number;
}

export interface RecordSpan {
  /** From here on it is replayed, so that agents have their hands full when counting begins. */
  readonly from: number;
  readonly countFrom: number;
  readonly to: number;
}

/** And what it says. */
export type DryRunReply =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: DryRunResult };

export interface DryRunResult extends Omit<DryRun, 'assumed'> {
  /** What is counted came from `from` on, before `to`. */
  readonly from: number;
  readonly to: number;
  readonly runs: number;
  /** "Answered in time". */
  readonly withinMs: number;
  readonly assumed: readonly (Assumption | OtherAssumption)[];
}

/** What the record does not say, or what was otherwise then. */
export interface OtherAssumption {
  readonly kind: keyof RecordGaps | 'otherVersion' | 'rulesSeeToday';
  readonly conversations: number;
}
