import type { Message } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import type { ConversationStore, EntryPlace } from '../../conversation/conversation-store.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { pairOf } from './answer-pairs.ts';
import type { AnswerPair, PassedMessage, SuggestionStore } from './suggestion-store.ts';

/** An answer is looked at when it has stood for so long: what is corrected at once teaches nothing wrong. */
const settleMs = 8_000;
const lookMs = 4_000;
const pageSize = 500;
/** Of a store that is older than this part, or in which more is said than this part follows, the last so many messages are looked at. */
const furthestLook = 200_000;
/** Entries before an answer that are looked at for what was asked. */
const span = 30;
/** Pairs that are kept: the newest. */
export const maxPairs = 20_000;
const trimEvery = 500;
const cursorName = 'answers-mined';
const tidyEveryMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

/** Keeps what agents answered to what, as it is said; one process of an installation does. */
export interface AnswerMiner {
  run(signal: AbortSignal): Promise<void>;
  /** Goes on where it stopped, as far as there is something; answers how many pairs it kept. */
  mine(rest?: (workedMs: number) => Promise<void>): Promise<number>;
  stop(): void;
}

export function createAnswerMiner(deps: {
  store: SuggestionStore;
  conversations: Pick<ConversationStore, 'getAll' | 'messagesUpTo'>;
  meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  bus: EventBus;
  leases: Leases;
  clock: Clock;
  onKept: () => void;
  onRemoved: () => void;
  onError: (error: unknown) => void;
  settleMs?: number;
  longestLook?: number;
}): AnswerMiner {
  const { store, conversations, meta, clock, onError, longestLook = furthestLook } = deps;
  const settle = deps.settleMs ?? settleMs;
  let sinceTrimmed = trimEvery - 1;
  let tidiedAt = Number.NEGATIVE_INFINITY;

  async function beginning(): Promise<number> {
    const noted = Number(await meta.get(cursorName));
    const newest = await store.newestMessageId();
    // After the archive took the newest messages, SQLite gives their numbers again.
    if (Number.isSafeInteger(noted) && noted > 0 && noted <= newest) return Math.max(noted, newest - longestLook);
    return Math.max(0, newest - (noted > 0 ? pageSize : longestLook));
  }

  /** @param rest after each page, where there is more: it is told how long the page took */
  async function mine(rest: (workedMs: number) => Promise<void> = async () => undefined): Promise<number> {
    let kept = 0;
    for (let cursor = await beginning(); ; ) {
      const begun = clock.elapsed();
      const page = await store.messagesAfter(cursor, clock.now() - settle, pageSize);
      const last = page.at(-1);
      if (last === undefined) break;
      const pairs = await pairsAmong(page);
      await store.addPairs(pairs);
      kept += pairs.length;
      cursor = last.id;
      await meta.set(cursorName, String(cursor));
      if (page.length < pageSize) break;
      await rest(clock.elapsed() - begun);
    }
    if (kept > 0) deps.onKept();
    sinceTrimmed += kept;
    // To find where the newest ones begin takes a walk along them.
    if (sinceTrimmed >= trimEvery) {
      await store.trimPairs(maxPairs);
      sinceTrimmed = 0;
    }
    return kept;
  }

  async function pairsAmong(page: readonly PassedMessage[]): Promise<AnswerPair[]> {
    return pairsAt(page.filter(({ isAnswer }) => isAnswer));
  }

  /** What was asked before some answers, and by whom, read at once. */
  async function pairsAt(places: readonly EntryPlace[]): Promise<AnswerPair[]> {
    if (places.length === 0) return [];
    const [said, all] = await Promise.all([
      conversations.messagesUpTo(places, span),
      conversations.getAll([...new Set(places.map(({ conversationId }) => conversationId))]),
    ]);
    const conversationOf = new Map(all.map((conversation) => [conversation.id, conversation]));
    return places.flatMap(({ conversationId, seq }, at) => {
      const answer = said[at]?.at(-1);
      const conversation = conversationOf.get(conversationId);
      if (answer?.seq !== seq || conversation === undefined) return [];
      const { contact, channelType } = conversation;
      const of = { contactId: contact.id, contactName: contact.name, channelType };
      return pairOf(answer, said[at]?.slice(0, -1) ?? [], of) ?? [];
    });
  }

  /** What was edited or recalled after it was kept is kept no more, or as it reads now. */
  async function changed(message: Message): Promise<void> {
    if (message.recalledAt === undefined && message.editedAt === undefined) return;
    if (message.sender.type !== 'agent') return;
    if (!(await store.removePair(message.conversationId, message.seq))) return;
    await store.addPairs(await pairsAt([message]));
    deps.onRemoved();
  }

  async function tidy(): Promise<void> {
    if (clock.elapsed() - tidiedAt < tidyEveryMs) return;
    tidiedAt = clock.elapsed();
    await store.tidy({ outcomes: clock.now() - 14 * dayMs, counts: clock.now() - 400 * dayMs });
  }

  const end = deps.bus.subscribe('message.updated', ({ messageJson, private: isPrivate }) => {
    if (isPrivate || !/"(?:recalled|edited)At"/.test(messageJson)) return;
    changed(JSON.parse(messageJson) as Message).catch(onError);
  });

  return {
    mine,
    run: (signal) =>
      deps.leases.whileHeld(
        'answer-miner',
        async (held) => {
          while (!held.aborted) {
            // At most half of the time goes to it, however much there is to be looked at: others want to be served meanwhile.
            const rest = (workedMs: number) => clock.sleep(workedMs, held);
            await mine(rest).then(tidy).catch(onError);
            await clock.sleep(lookMs, held).catch(() => undefined);
          }
        },
        signal,
      ),
    stop: end,
  };
}
