import { parentPort } from 'node:worker_threads';
import { type AssembledRecord, createRecordAssembly } from './assemble-record.ts';
import { dryRun } from './dry-run.ts';
import type { DryRunMessage, DryRunQuestion, DryRunReply, DryRunResult, OtherAssumption } from './dry-run-protocol.ts';

/**
 * The thread that computes one dry run: it puts the record together and replays it for seconds or minutes, and nobody's
 * message must wait for that.
 */
const port = parentPort;
if (port === null) throw new Error('dry-run-worker runs as a worker thread only');
const assembly = createRecordAssembly();
/** "Answered in time". */
const withinMs = 20_000;

const reply = (message: DryRunReply) => port.postMessage(message);

port.on('message', (message: DryRunMessage) => {
  if (message.kind === 'queue') assembly.addQueue(message.rows, message.visits);
  else if (message.kind === 'presences') assembly.addPresences(message.rows);
  else reply({ kind: 'done', result: answer(message.question) });
});

function answer(question: DryRunQuestion): DryRunResult {
  const { span, current, proposed, runs, graceMs } = question;
  const keep = current.presence.staysWithAgent;
  const assembled = assembly.finish(span, { names: question.agentNames, graceMs, keep });
  const { recorded } = assembled;
  const onProgress = (done: number, steps: number) => reply({ kind: 'progress', share: done / steps });
  const { assumed, ...found } = dryRun({ recorded, current, proposed, runs, withinMs, graceMs, onProgress });
  const others = otherAssumptions(assembled, question);
  return { ...found, from: span.countFrom, to: span.to, runs, withinMs, assumed: [...assumed, ...others] };
}

function otherAssumptions({ recorded, gaps }: AssembledRecord, question: DryRunQuestion): OtherAssumption[] {
  const counted = recorded.conversations.filter(({ queuedAt }) => queuedAt >= recorded.countFrom);
  const hasRules = [question.current, question.proposed].some(({ rules }) => rules.some(({ enabled }) => enabled));
  const all: Record<OtherAssumption['kind'], number> = {
    ...gaps,
    otherVersion: counted.filter(({ queuedAt }) => queuedAt < question.currentSince).length,
    rulesSeeToday: hasRules ? counted.filter(({ facts }) => facts !== null).length : 0,
  };
  return Object.entries(all).flatMap(([kind, conversations]) =>
    conversations === 0 ? [] : [{ kind: kind as OtherAssumption['kind'], conversations }],
  );
}
