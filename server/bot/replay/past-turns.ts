import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { newDialogue } from '../dialogue/dialogue-state.ts';
import type { DialogueStore } from '../dialogue/dialogue-store.ts';
import type { KeptDecision } from '../dialogue/kept-decision.ts';
import { isFromCustomer, saidIn, sinceAnybodySpoke } from '../dialogue/said.ts';
import type { IntentLabel, LabelStore } from '../labels/label-store.ts';
import { findFirstQuestions } from './first-questions.ts';
import type { LeftOut, PastTurn } from './past-turn.ts';
import { type ConversationOutcome, labelledTruth, truthsOf } from './truth.ts';

const keysAtOnce = 1_000;
const conversationsAtOnce = 20;
const decisionsRead = 300;
const messagesRead = 500;

type Key = { readonly seq: number; readonly epoch: number };

/** A conversation of the bot's, as far as its turns need it. */
interface PastConversation {
  readonly id: string;
  readonly channelId: string;
  readonly outcome: ConversationOutcome;
  readonly labels: readonly IntentLabel[];
}

/**
 * The newest turns of a time that the bot decided about, conversation by conversation, and then what customers asked first
 * where people had the conversation. It rests as long as each look at the store took. Messages that lie in the archive are read from there.
 *
 * @param onCounted told once how many there are, before the first one comes
 */
export async function* readPastTurns(
  deps: {
    dialogues: Pick<DialogueStore, 'decidedLast' | 'decisions' | 'outcomes'>;
    labels: Pick<LabelStore, 'of'>;
    messages: Pick<ConversationStore, 'messages' | 'heads' | 'list'>;
  },
  options: {
    range: { readonly from: number; readonly to: number };
    most: number;
    /** Of first questions. */
    mostFirst: number;
    leftOut: LeftOut;
    signal: AbortSignal;
    onCounted: (turns: { readonly decided: number; readonly first: number }) => void;
  },
): AsyncGenerator<PastTurn> {
  const { signal, leftOut } = options;
  const rested = async <T>(work: Promise<T>): Promise<T> => {
    const begun = performance.now();
    const read = await work;
    signal.throwIfAborted();
    await delay(performance.now() - begun, undefined, { signal, ref: false });
    return read;
  };
  const keys = await newestKeys();
  const first = await findFirstQuestions(deps, { range: options.range, most: options.mostFirst, rested });
  const decided = keys.values().reduce((sum, some) => sum + some.length, 0);
  options.onCounted({ decided, first: first.ids.length });
  const ids = [...keys.keys()];
  for (let at = 0; at < ids.length; at += conversationsAtOnce) {
    const some = ids.slice(at, at + conversationsAtOnce);
    const outcomes = new Map((await rested(deps.dialogues.outcomes(some))).map((each) => [each.id, each]));
    const labels = Map.groupBy(await rested(deps.labels.of(some)), ({ conversationId }) => conversationId);
    const heads = new Map((await rested(deps.messages.heads(some))).map((each) => [each.id, each]));
    for (const id of some) {
      const [outcome, head] = [outcomes.get(id), heads.get(id)];
      const wanted = keys.get(id) ?? [];
      if (outcome === undefined || head === undefined) leftOut.withoutWords += wanted.length;
      else
        yield* await rested(turnsOf({ id, channelId: head.channelId, outcome, labels: labels.get(id) ?? [] }, wanted));
    }
  }
  yield* first.read(leftOut);

  async function newestKeys(): Promise<Map<string, Key[]>> {
    const found = new Map<string, Key[]>();
    let count = 0;
    let before: { at: number; no: number; seq: number } | null = null;
    while (count < options.most) {
      const limit = Math.min(keysAtOnce, options.most - count);
      const rows: Awaited<ReturnType<DialogueStore['decidedLast']>> = await rested(
        deps.dialogues.decidedLast(options.range, before, limit),
      );
      for (const { conversationId, seq, epoch, act } of rows) {
        if (act === 'silent') continue;
        const of = found.get(conversationId);
        if (of === undefined) found.set(conversationId, [{ seq, epoch }]);
        else of.push({ seq, epoch });
        count += 1;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) break;
      before = { at: last.at, no: last.no, seq: last.seq };
    }
    return found;
  }

  async function turnsOf(
    { id: conversationId, channelId, outcome, labels }: PastConversation,
    wanted: readonly Key[],
  ): Promise<PastTurn[]> {
    const rows = (await deps.dialogues.decisions(conversationId, { limit: decisionsRead })).toReversed();
    const decisions = rows.map((row) => ({ ...row, record: JSON.parse(row.record) as KeptDecision }));
    const truths = truthsOf(decisions, outcome, options.range.to);
    const last = Math.max(...wanted.map(({ seq }) => seq));
    const range = { before: last + 1, limit: messagesRead, publicOnly: true, fromEnd: true };
    const entries = await deps.messages.messages(conversationId, range);
    const turns: PastTurn[] = [];
    for (const [at, { seq, epoch, at: decidedAt, record }] of decisions.entries()) {
      if (!wanted.some((key) => key.seq === seq && key.epoch === epoch)) continue;
      const former = decisions[at - 1];
      const isFirst = former?.epoch !== epoch;
      const isRuled = record.stages.some(({ stage, outcome }) => stage === 'flow' && outcome === 'ruled');
      if ((record.before === undefined && !isFirst) || (isRuled && record.before?.begins === undefined)) {
        leftOut.withoutState += 1;
        continue;
      }
      const messages = saidBefore(entries, seq, isFirst ? undefined : former.seq);
      const said = saidIn(messages);
      const [first] = messages;
      if (first === undefined || messages.at(-1)?.seq !== seq) {
        leftOut.withoutWords += 1;
        continue;
      }
      turns.push({
        ...{ conversationId, channelId, seq, epoch, fromSeq: first.seq, at: decidedAt, said },
        truth: labelledTruth(labels, { fromSeq: first.seq, seq }) ?? truths[at],
        state: { ...newDialogue, ...record.before?.state },
        vip: record.before?.vip === true,
        isProven: record.before?.isProven === true,
        begins: record.before?.begins ?? null,
        isFirstQuestion: false,
      });
    }
    return turns;
  }
}

/** What a decision about the entry `seq` was about. @param after the entry of the decision before it */
function saidBefore(entries: readonly Message[], seq: number, after: number | undefined): Message[] {
  const until = entries.filter((entry) => entry.seq <= seq);
  if (after === undefined) return sinceAnybodySpoke(until);
  return until.filter((entry) => entry.seq > after && isFromCustomer(entry));
}
