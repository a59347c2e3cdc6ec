import type { Clock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { answeringBands } from '../dialogue/decision.ts';
import type { DialogueStore } from '../dialogue/dialogue-store.ts';
import { gapOf, hitsIn, type Suspect, suspectIn } from './find-gaps.ts';
import { cameBackAfter, comesBackMs, reopenedIn } from './find-returns.ts';
import type { DecisionPlace, Gap, GapStore, PassedDecision } from './gap-store.ts';

/** A decision is looked at when it has stood for so long: those of one moment are stored in any order. */
const settleMs = 3_000;
const lookMs = 4_000;
const pageSize = 500;
/** Decisions of one conversation among which its last answer is looked for. */
const decisionsRead = 20;
/** Entries before a decision that are looked at for what was asked. */
const span = 30;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** How often it is looked for who came back. */
const comesBackEveryMs = 10 * minuteMs;
/** Of a store that is older than this part, so much is looked at. */
const firstLookMs = 30 * dayMs;
const tidyEveryMs = 60 * minuteMs;
/** What is kept: questions that nobody has decided about or that were learnt from, and dismissed ones. */
export const kept = { open: 5_000, openMs: 90 * dayMs, dismissed: 2_000, dismissedMs: 730 * dayMs } as const;

/** Keeps what customers asked and the bot could not answer, as it decides; one process of an installation does. */
export interface GapFinder {
  run(signal: AbortSignal): Promise<void>;
  /** Goes on where it stopped, as far as there is something; answers how many gaps it found. */
  look(): Promise<number>;
}

export function createGapFinder(deps: {
  store: GapStore;
  conversations: Pick<ConversationStore, 'getAll' | 'heads' | 'messages' | 'messagesUpTo'>;
  dialogues: Pick<DialogueStore, 'outcomes' | 'decisions'>;
  /** Answers of 1 and 2 to the survey about conversations that the bot had alone. */
  lowScores: {
    lowAfter(
      after: { at: number; no: number },
      until: number,
      limit: number,
    ): Promise<{ conversationId: string; at: number; no: number }[]>;
  };
  meta: { get(name: string): Promise<string | undefined> };
  leases: Leases;
  clock: Clock;
  onError: (error: unknown) => void;
  settleMs?: number;
}): GapFinder {
  const { store, conversations, clock, onError } = deps;
  const settle = deps.settleMs ?? settleMs;
  let lookedBackAt = Number.NEGATIVE_INFINITY;
  let tidiedAt = Number.NEGATIVE_INFINITY;

  /** Goes through decisions by pages; what a page tells is kept together with how far the look has come. */
  async function through(
    name: string,
    until: number,
    read: (after: DecisionPlace) => Promise<PassedDecision[]>,
    suspectsIn: (page: readonly PassedDecision[]) => Promise<Suspect[]>,
    isEndNoted: boolean,
  ): Promise<number> {
    let found = 0;
    for (;;) {
      const from = (await deps.meta.get(name)) || null;
      const after = from === null ? { at: until - firstLookMs, no: 0, seq: 0 } : (JSON.parse(from) as DecisionPlace);
      const page = await read(after);
      const isEnd = page.length < pageSize;
      const last = page.at(-1);
      // What is rare is not looked for in the same long time again.
      const to = isEnd && isEndNoted ? { at: until, no: 0, seq: 0 } : placeOf(last);
      if (to === undefined || to.at < after.at) return found;
      const gaps = await gapsOf(await suspectsIn(page));
      const hits = isEndNoted ? [] : hitsIn(page);
      if (!(await store.keep({ look: name, from, to: JSON.stringify(to), gaps, hits }))) return found;
      found += gaps.length;
      if (isEnd) return found;
    }
  }

  async function gapsOf(suspects: readonly Suspect[]): Promise<Gap[]> {
    if (suspects.length === 0) return [];
    const rows = suspects.map(({ row }) => row);
    const [said, all] = await Promise.all([
      conversations.messagesUpTo(rows, span),
      conversations.getAll([...new Set(rows.map(({ conversationId }) => conversationId))]),
    ]);
    const contacts = new Map(all.map(({ id, contact }) => [id, contact]));
    const gaps = suspects.flatMap((suspect, at) => {
      const contact = contacts.get(suspect.row.conversationId);
      return contact === undefined ? [] : (gapOf(suspect, said[at] ?? [], contact) ?? []);
    });
    return eachOnce(gaps);
  }

  /** Who comes back asks what is kept already, as a rule where the bot did not answer it: that counts once. */
  async function eachOnce(gaps: readonly Gap[]): Promise<Gap[]> {
    const back = gaps.filter(({ why }) => why === 'came-back');
    if (back.length === 0) return [...gaps];
    const kept = await store.inConversations([...new Set(back.map(({ conversationId }) => conversationId))]);
    const keyOf = ({ conversationId, question }: (typeof kept)[number]) => `${conversationId} ${question}`;
    const others = gaps.filter(({ why }) => why !== 'came-back');
    const seen = new Set([...kept, ...others].map(keyOf));
    const once = back.filter((gap) => {
      const isNew = !seen.has(keyOf(gap));
      seen.add(keyOf(gap));
      return isNew;
    });
    return [...others, ...once];
  }

  const lookForMissed = () => {
    const until = clock.now() - settle;
    const read = (after: DecisionPlace) => store.decisionsAfter(after, until, pageSize);
    const suspectsIn = async (page: readonly PassedDecision[]) => [
      ...page.flatMap((row) => suspectIn(row) ?? []),
      ...(await reopenedIn(page, deps)),
    ];
    return through('gaps-missed', until, read, suspectsIn, false);
  };

  async function lookForCameBack(): Promise<number> {
    if (clock.elapsed() - lookedBackAt < comesBackEveryMs) return 0;
    lookedBackAt = clock.elapsed();
    const until = clock.now() - comesBackMs - settle;
    const read = (after: DecisionPlace) => store.lastWordsAfter(after, until, pageSize);
    return through('gaps-came-back', until, read, (page) => cameBackAfter(page, deps), true);
  }

  /** What the bot last answered where the customer was not satisfied with it. */
  async function lookForLowScores(): Promise<number> {
    const until = clock.now() - settle;
    const read = async (after: DecisionPlace): Promise<PassedDecision[]> => {
      const rows = await deps.lowScores.lowAfter(after, until, pageSize);
      const last = async ({ conversationId, at, no }: (typeof rows)[number]) => {
        const decisions = await deps.dialogues.decisions(conversationId, { limit: decisionsRead });
        const answer = decisions.find(({ band }) => answeringBands.has(band)) ?? decisions[0];
        return { ...(answer ?? forgotten), conversationId, at, no };
      };
      return Promise.all(rows.map(last));
    };
    const suspects = async (page: readonly PassedDecision[]) =>
      page.flatMap((row): Suspect[] => (row.seq === 0 ? [] : [{ row, why: 'low-score', asked: 'now' }]));
    return through('gaps-low-score', until, read, suspects, true);
  }

  async function tidy(): Promise<void> {
    if (clock.elapsed() - tidiedAt < tidyEveryMs) return;
    tidiedAt = clock.elapsed();
    const before = clock.now() - kept.openMs;
    for (const state of ['open', 'learnt'] as const) await store.trim(state, { before, keep: kept.open });
    await store.trim('dismissed', { before: clock.now() - kept.dismissedMs, keep: kept.dismissed });
  }

  async function look(): Promise<number> {
    return (await lookForMissed()) + (await lookForCameBack()) + (await lookForLowScores());
  }

  return {
    look,
    run: (signal) =>
      deps.leases.whileHeld(
        'gap-finder',
        async (held) => {
          while (!held.aborted) {
            await look().then(tidy).catch(onError);
            await clock.sleep(lookMs, held).catch(() => undefined);
          }
        },
        signal,
      ),
  };
}

/** In the place of a decision that is kept no more: it was looked at, and there is nothing to learn from it. */
const forgotten = {
  ...{ seq: 0, epoch: 0, act: 'silent', band: '', reason: null, intent: null, helped: null, record: '{}' },
} as const;

function placeOf(row: PassedDecision | undefined): DecisionPlace | undefined {
  return row === undefined ? undefined : { at: row.at, no: row.no, seq: row.seq };
}
