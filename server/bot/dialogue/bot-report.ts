import type { BotReport } from '@parley/sdk/bot-measures.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import type { LabelStore } from '../labels/label-store.ts';
import { afterHandOffs, type HandOffPlace, mostLookedAt } from './after-hand-off.ts';
import { answeringBands } from './decision.ts';
import type { DialogueStore } from './dialogue-store.ts';

/** Decisions read at once. */
const pageSize = 2_000;
/** More conversations are not counted one by one. */
const mostConversations = 200_000;
/** Who writes again within it was not helped for good. */
const backWithinMs = 3 * 24 * 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** Labels that agents gave lately: older ones say nothing about answers here. */
const mostLabels = 20_000;

/** What is known of a conversation after its decisions of the time were read. */
interface Counted {
  lastAt: number;
  isHandedOff: boolean;
  /** What the customer said last of an answer; null: nothing. */
  helped: boolean | null;
  intent: string | null;
  /** What is known of its last answer; null: that was looked at, or it gave none yet. */
  answer: { readonly isRight: boolean | null } | null;
  /** The owner's epoch of the last decision; how long it was quiet before the bot had it anew, where nobody else had it. */
  epoch: number;
  reopenedAfterMs: number | null;
}

/** Counts what the bot decided in a time, and what came of it. */
export async function botReport(
  {
    store,
    labels,
    messages,
    scores,
  }: {
    store: Pick<DialogueStore, 'decided' | 'outcomes'>;
    labels: Pick<LabelStore, 'counts' | 'within'>;
    messages: Pick<ConversationStore, 'messages'>;
    /** What customers answered to the survey about conversations, from 1 to 5. */
    scores: (conversationIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  },
  { from, to }: { from: number; to: number },
): Promise<BotReport> {
  const counted = new Map<string, Counted>();
  const handOffs: Record<string, number> = {};
  const turns: Record<string, number> = {};
  const helped = { yes: 0, no: 0 };
  const handedOver: HandOffPlace[] = [];
  const answers = { given: 0, abstained: 0, right: 0, wrong: 0 };
  const said = new Map(
    (await labels.within(from, mostLabels)).map(({ conversationId, seq, isRight }) => [
      placeKey(conversationId, seq),
      isRight,
    ]),
  );
  /** Both count; where they differ, the one that says no. */
  const judge = ({ isRight }: NonNullable<Counted['answer']>, helped: boolean | null) => {
    if (isRight === false || helped === false) answers.wrong += 1;
    else if (isRight === true || helped === true) answers.right += 1;
  };
  let isCut = false;
  for (let after = { at: from, no: 0, seq: 0 }; ; ) {
    const rows = await store.decided({ from, to }, after, pageSize);
    for (const { conversationId, seq, epoch, at, act, band, reason, intent, helped: tapped } of rows) {
      const known = counted.get(conversationId);
      if (tapped !== null) helped[tapped ? 'yes' : 'no'] += 1;
      if (tapped !== null && known !== undefined) known.helped = tapped;
      if (known?.answer != null && (tapped !== null || act !== 'silent')) {
        judge(known.answer, tapped);
        known.answer = null;
      }
      if (act === 'silent') continue;
      const isAnswer = act === 'answer' && answeringBands.has(band);
      if (isAnswer) answers.given += 1;
      // A tap that says no is no question.
      else if ((band === 'miss' && tapped !== false) || (reason !== null && ofNoAnswer.has(reason)))
        answers.abstained += 1;
      turns[band] = (turns[band] ?? 0) + 1;
      if (reason !== null) {
        handOffs[reason] = (handOffs[reason] ?? 0) + 1;
        handedOver.push({ conversationId, seq, at });
        if (handedOver.length > 2 * mostLookedAt) handedOver.splice(0, mostLookedAt);
      }
      if (known === undefined && counted.size >= mostConversations) {
        isCut = true;
        continue;
      }
      counted.set(conversationId, {
        lastAt: at,
        isHandedOff: reason !== null || known?.isHandedOff === true,
        intent: intent ?? known?.intent ?? null,
        helped: known?.helped ?? null,
        // A label says which intent it was, which is whether an answer to an intent was the right one.
        answer: isAnswer
          ? { isRight: band === 'intent' ? (said.get(placeKey(conversationId, seq)) ?? null) : null }
          : null,
        epoch,
        // An earlier time than the longest counts: one that came back soon.
        reopenedAfterMs: leastOf(
          known?.reopenedAfterMs,
          known !== undefined && known.epoch !== epoch ? at - known.lastAt : null,
        ),
      });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) break;
    after = { at: last.at, no: last.no, seq: last.seq };
  }

  for (const { answer } of counted.values()) if (answer !== null) judge(answer, null);
  const sums = { handedOff: 0, withPeople: 0, open: 0, solved: 0, cameBack: 0, unhelped: 0, confirmed: 0 };
  const within72h = { of: 0, repeated: 0, botAlone: 0, reopened: 0 };
  const intents = new Map<string, { conversations: number; solved: number; handedOff: number }>();
  const ids = [...counted.keys()];
  for (let at = 0; at < ids.length; at += pageSize) {
    const some = ids.slice(at, at + pageSize);
    const outcomes = new Map((await store.outcomes(some)).map((each) => [each.id, each]));
    const scored = await scores(some);
    for (const id of some) {
      const known = counted.get(id) as Counted;
      const outcome = outcomes.get(id);
      const isWithPeople = known.isHandedOff || outcome?.hadAgent === true;
      const isOpen = !isWithPeople && to - known.lastAt < dayMs;
      const cameBack =
        !isWithPeople && !isOpen && outcome?.nextContactAt != null && outcome.nextContactAt - known.lastAt < dayMs;
      const score = scored.get(id) ?? null;
      // The survey comes after everything else that they may have said.
      const helped = score === null || score === 3 ? known.helped : score > 3;
      const isUnhelped = !isWithPeople && !isOpen && !cameBack && helped === false;
      const isSolved = !isWithPeople && !isOpen && !cameBack && !isUnhelped;
      if (to - known.lastAt >= backWithinMs) {
        within72h.of += 1;
        const next = outcome?.nextContactAt ?? null;
        if (next !== null && next - known.lastAt < backWithinMs) within72h.repeated += 1;
        if (!isWithPeople) within72h.botAlone += 1;
        const after = known.reopenedAfterMs;
        if (!isWithPeople && after !== null && after < backWithinMs) within72h.reopened += 1;
      }
      if (known.isHandedOff) sums.handedOff += 1;
      if (isWithPeople) sums.withPeople += 1;
      if (isOpen) sums.open += 1;
      if (cameBack) sums.cameBack += 1;
      if (isUnhelped) sums.unhelped += 1;
      if (isSolved) sums.solved += 1;
      if (isSolved && helped === true) sums.confirmed += 1;
      if (known.intent === null) continue;
      const of = intents.get(known.intent) ?? { conversations: 0, solved: 0, handedOff: 0 };
      of.conversations += 1;
      of.solved += isSolved ? 1 : 0;
      of.handedOff += known.isHandedOff ? 1 : 0;
      intents.set(known.intent, of);
    }
  }
  const old = counted.size - sums.open;
  return {
    ...{ from, to, conversations: counted.size, ...sums, helped, handOffs, turns, isCut, within72h, answers },
    afterHandOff: await afterHandOffs(handedOver, messages),
    labelled: await labels.counts({ from, to }),
    solvedShare: old === 0 ? null : sums.solved / old,
    handOffShare: counted.size === 0 ? null : sums.handedOff / counted.size,
    intents: [...intents]
      .map(([intent, of]) => ({ intent, ...of }))
      .toSorted((a, b) => b.conversations - a.conversations || (a.intent < b.intent ? -1 : 1))
      .slice(0, 200),
  };
}

const ofNoAnswer: ReadonlySet<string> = new Set(['not-understood', 'not-sure']);
const placeKey = (conversationId: string, seq: number) => `${conversationId} ${seq}`;

function leastOf(a: number | null | undefined, b: number | null): number | null {
  if (a == null) return b;
  return b === null ? a : Math.min(a, b);
}
