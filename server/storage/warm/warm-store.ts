import { SlaLog } from './sla-log.ts';
import { SqlArchiveFiles } from './sql-archive-files.ts';
import { SqlArchiveStore } from './sql-archive-store.ts';
import { SqlAssignmentStore } from './sql-assignment-store.ts';
import { SqlBotVersionStore } from './sql-bot-version-store.ts';
import { SqlCallBackStore } from './sql-call-back-store.ts';
import { SqlConversationStore } from './sql-conversation-store.ts';
import { SqlDialogueStore } from './sql-dialogue-store.ts';
import { SqlAgentStore, SqlChannelStore, SqlFileStore, SqlMetaStore } from './sql-directory-store.ts';
import { SqlDocumentStore } from './sql-document-store.ts';
import { SqlDryRunStore } from './sql-dry-run-store.ts';
import type { SqlEngine } from './sql-engine.ts';
import { SqlGapStore } from './sql-gap-store.ts';
import { SqlIdentityStore } from './sql-identity-store.ts';
import { SqlIntentStore } from './sql-intent-store.ts';
import { SqlKnowledgeStore } from './sql-knowledge-store.ts';
import { SqlLabelStore } from './sql-label-store.ts';
import { SqlModelUsageStore, SqlVectorStore } from './sql-language-model-store.ts';
import { SqlModelStore } from './sql-model-store.ts';
import { SqlOutboxStore } from './sql-outbox-store.ts';
import { SqlParticipationStore } from './sql-participation-store.ts';
import { SqlQueueStore } from './sql-queue-store.ts';
import { SqlRecordStore } from './sql-record-store.ts';
import { SqlReplayStore } from './sql-replay-store.ts';
import { SqlRoutingStore } from './sql-routing-store.ts';
import { SqlSlaStore } from './sql-sla-store.ts';
import { SqlSuggestionStore } from './sql-suggestion-store.ts';
import { SqlSurveyStore } from './sql-survey-store.ts';
import { SqlTallyStore } from './sql-tally-store.ts';
import { SqlTrainingStore } from './sql-training-store.ts';
import { SqlWaitStore } from './sql-wait-store.ts';

/** Everything that the warm store keeps, one part for each port. */
export interface WarmStore {
  readonly conversations: SqlConversationStore;
  readonly assignments: SqlAssignmentStore;
  readonly outbox: SqlOutboxStore;
  readonly queue: SqlQueueStore;
  readonly channels: SqlChannelStore;
  readonly agents: SqlAgentStore;
  readonly files: SqlFileStore;
  readonly meta: SqlMetaStore;
  readonly archive: SqlArchiveStore;
  readonly archiveFiles: SqlArchiveFiles;
  readonly routing: SqlRoutingStore;
  readonly participations: SqlParticipationStore;
  readonly sla: SqlSlaStore;
  readonly waits: SqlWaitStore;
  readonly callBacks: SqlCallBackStore;
  readonly record: SqlRecordStore;
  readonly dryRuns: SqlDryRunStore;
  readonly modelUsage: SqlModelUsageStore;
  readonly vectors: SqlVectorStore;
  readonly documents: SqlDocumentStore;
  readonly intents: SqlIntentStore;
  readonly intentModels: SqlModelStore;
  readonly intentTrainings: SqlTrainingStore;
  readonly knowledge: SqlKnowledgeStore;
  readonly suggestions: SqlSuggestionStore;
  readonly botVersions: SqlBotVersionStore;
  readonly dialogues: SqlDialogueStore;
  readonly gaps: SqlGapStore;
  readonly labels: SqlLabelStore;
  readonly replays: SqlReplayStore;
  readonly identity: SqlIdentityStore;
  readonly surveys: SqlSurveyStore;
  readonly tallies: SqlTallyStore;
}

export interface OpenWarmStore extends WarmStore {
  /** Ends it after what it has been given. */
  close(): Promise<void>;
  /**
   * Set while writes fail (full disk): what the operator must know. Cleared by the next write that succeeds, at the
   * latest by one of our own: whoever is not ready gets no traffic that could show that all is well again.
   */
  readonly fault: string | undefined;
}

/** What only reads, as part and method: SQLite's reader serves it, and it may be asked again whatever happened. */
export const reads: ReadonlySet<string> = new Set([
  'conversations.get',
  'conversations.getAll',
  'conversations.heads',
  'conversations.list',
  'conversations.counts',
  'conversations.messages',
  'conversations.changedSince',
  'conversations.warmMessages',
  'conversations.warmMessagesUpTo',
  'conversations.warmChanges',
  'conversations.archivedSeq',
  'conversations.findByExternalId',
  'conversations.contact',
  'conversations.findContact',
  'conversations.currentConversation',
  'conversations.externalIdOf',
  'assignments.waiting',
  'assignments.lanes',
  'assignments.waitingRows',
  'assignments.openRows',
  'assignments.countWaiting',
  'assignments.loads',
  'assignments.holdings',
  'assignments.holders',
  'assignments.unanswered',
  'assignments.lastServed',
  'assignments.ruleSubjects',
  'assignments.routingOf',
  'assignments.decisions',
  'outbox.due',
  'outbox.nextAt',
  'outbox.dead',
  'outbox.deadById',
  'outbox.counts',
  'queue.after',
  'queue.count',
  'queue.dead',
  'queue.deadById',
  'queue.countDead',
  'channels.all',
  'agents.all',
  'agents.session',
  'agents.aliveSessions',
  'files.get',
  'meta.get',
  'meta.now',
  'archive.unfinished',
  'archive.read',
  'archive.totals',
  'archive.onlyArchived',
  'archive.search',
  'archive.archivedOf',
  'archive.exportPlan',
  'archive.exportChunk',
  'archive.hasErased',
  'archive.channelIds',
  'archive.unfinishedErasures',
  'archiveFiles.covering',
  'archiveFiles.ofBatch',
  'archiveFiles.all',
  'archiveFiles.size',
  'routing.newest',
  'routing.get',
  'routing.list',
  'routing.begun',
  'participations.of',
  'participations.over',
  'participations.nextEnd',
  'sla.events',
  'sla.due',
  'sla.nextAt',
  'sla.subjects',
  'sla.open',
  'sla.summary',
  'sla.results',
  'waits.states',
  'waits.unseen',
  'callBacks.find',
  'callBacks.get',
  'callBacks.of',
  'callBacks.list',
  'record.queueRecord',
  'record.countQueueRecord',
  'record.visitRows',
  'record.presences',
  'dryRuns.get',
  'modelUsage.spent',
  'vectors.find',
  'documents.version',
  'documents.page',
  'intents.list',
  'intents.get',
  'intents.named',
  'intents.utterances',
  'intents.counts',
  'intents.conflicts',
  'intents.standingIn',
  'intents.empty',
  'intents.allIntents',
  'intents.allUtterances',
  'intents.changedAt',
  'intentModels.list',
  'intentModels.get',
  'intentModels.evaluation',
  'intentModels.pieces',
  'intentModels.publications',
  'intentModels.thresholds',
  'intentTrainings.get',
  'intentTrainings.list',
  'knowledge.changes',
  'knowledge.replies',
  'knowledge.articles',
  'knowledge.usesOf',
  'knowledge.revisions',
  'knowledge.revision',
  'knowledge.votesOf',
  'knowledge.misses',
  'suggestions.messagesAfter',
  'suggestions.newestMessageId',
  'suggestions.pairsAfter',
  'suggestions.countsOf',
  'suggestions.decisions',
  'botVersions.newest',
  'botVersions.get',
  'botVersions.list',
  'dialogues.subject',
  'dialogues.decision',
  'dialogues.decisions',
  'dialogues.owed',
  'dialogues.quiet',
  'dialogues.decided',
  'dialogues.outcomes',
  'gaps.decisionsAfter',
  'gaps.lastWordsAfter',
  'gaps.open',
  'gaps.corrected',
  'gaps.areOpen',
  'gaps.dismissed',
  'gaps.counts',
  'gaps.hitsOf',
  'gaps.inConversations',
  'dialogues.decidedLast',
  'labels.of',
  'labels.counts',
  'labels.within',
  'replays.get',
  'replays.list',
  'replays.newest',
  'identity.checkOf',
  'surveys.closed',
  'surveys.lastAsked',
  'surveys.get',
  'surveys.asked',
  'surveys.answered',
  'surveys.scores',
  'surveys.lowAfter',
  'tallies.between',
]);

export function createWarmStore(engine: SqlEngine): WarmStore {
  const log = new SlaLog();
  return {
    conversations: new SqlConversationStore(engine, log),
    assignments: new SqlAssignmentStore(engine, log),
    outbox: new SqlOutboxStore(engine),
    queue: new SqlQueueStore(engine),
    channels: new SqlChannelStore(engine),
    agents: new SqlAgentStore(engine),
    files: new SqlFileStore(engine),
    meta: new SqlMetaStore(engine),
    archive: new SqlArchiveStore(engine),
    archiveFiles: new SqlArchiveFiles(engine),
    routing: new SqlRoutingStore(engine),
    participations: new SqlParticipationStore(engine),
    sla: new SqlSlaStore(engine, log),
    waits: new SqlWaitStore(engine),
    callBacks: new SqlCallBackStore(engine),
    record: new SqlRecordStore(engine),
    dryRuns: new SqlDryRunStore(engine),
    modelUsage: new SqlModelUsageStore(engine),
    vectors: new SqlVectorStore(engine),
    documents: new SqlDocumentStore(engine),
    intents: new SqlIntentStore(engine),
    intentModels: new SqlModelStore(engine),
    intentTrainings: new SqlTrainingStore(engine),
    knowledge: new SqlKnowledgeStore(engine),
    suggestions: new SqlSuggestionStore(engine),
    botVersions: new SqlBotVersionStore(engine),
    dialogues: new SqlDialogueStore(engine),
    gaps: new SqlGapStore(engine),
    labels: new SqlLabelStore(engine),
    replays: new SqlReplayStore(engine),
    identity: new SqlIdentityStore(engine),
    surveys: new SqlSurveyStore(engine),
    tallies: new SqlTallyStore(engine),
  };
}
