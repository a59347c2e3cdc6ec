import type { ConversationStore } from '../../conversation/conversation-store.ts';
import type { LabelStore } from '../labels/label-store.ts';
import { type AfterHandOff, afterHandOffs, type HandOffPlace, mostLookedAt } from './after-hand-off.ts';
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

/** What became of the conversations in which the bot spoke. Shares have their denominator beside them. */
export interface BotReport {
  readonly from: number;
  readonly to: number;
  /** In which it spoke. */
  readonly conversations: number;
  /** Of those: handed to people. */
  readonly handedOff: number;
  /** A person spoke in it, or it was handed to people: the rest may have been solved. */
  readonly withPeople: number;
  /** Too young to tell: the customer may come back. */
  readonly open: number;
  /** No person, the customer has not come back within 24 hours, and has not said last that an answer did not help. */
  readonly solved: number;
  readonly cameBack: number;
  /** Of those that would be solved else: the customer said last that an answer did not help, or answered the survey with 1 or 2. */
  readonly unhelped: number;
  /** Of `solved`: the customer said so, last that an answer helped, or by a score of 4 or 5; of the others nobody knows. */
  readonly confirmed: number;
  /** What customers said of answers. */
  readonly helped: { readonly yes: number; readonly no: number };
  /** `solved` of all that are old enough; null: there is none. */
  readonly solvedShare: number | null;
  readonly handOffShare: number | null;
  readonly handOffs: Readonly<Record<string, number>>;
  readonly turns: Readonly<Record<string, number>>;
  readonly intents: readonly {
    readonly intent: string;
    readonly conversations: number;
    readonly solved: number;
    readonly handedOff: number;
  }[];
  /** Whether a matter was over for good: of conversations whose last decision is older than 72 hours, with people and without. */
  readonly within72h: {
    readonly of: number;
    /** The customer wrote in another conversation. */
    readonly repeated: number;
    /** Of `of` those that the bot had alone, */
    readonly botAlone: number;
    /** and of these those in which the customer wrote again after it had been closed. */
    readonly reopened: number;
  };
  /** What customers asked and the bot answered, or said that it cannot. */
  readonly answers: {
    readonly given: number;
    /** Not answered: it asked for other words, or handed over as it had not understood or was not sure. */
    readonly abstained: number;
    /** Of those given: the customer said that it helped, or an agent that the intent was the right one, … */
    readonly right: number;
    /** … the customer said that it did not, or an agent that it was another. Of the rest nobody has said anything. */
    readonly wrong: number;
  };
  readonly afterHandOff: AfterHandOff;
  /** Messages of which agents said in that time which intent they had: how many were taken for it, and how many were not. */
  readonly labelled: { readonly right: number; readonly wrong: number };
  /** There were more conversations than are counted. */
  readonly isCut: boolean;
}

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
