import type { Conversation, Message } from '@parley/sdk/protocol.ts';
import { Lru } from '../base/lru.ts';
import type { ConversationStore } from './conversation-store.ts';
import { type Facts, noFacts, type ValuesIn, withMessage } from './facts.ts';
import { factsKey, type HotMessages } from './hot-messages.ts';

/** Read at once when facts are made anew, and at most so many pages: what lies between the first and the last is left out. */
const pageSize = 200;
const maxPages = 5;
/** Facts that this process has made itself, to take them further at the next entry in place of reading all again. */
const keptBases = 2_000;

export interface KnownFacts {
  /** What the conversation has come to, with every entry up to its last one in it. */
  of(conversation: Conversation): Promise<Facts>;
  /** They were erased. */
  forget(conversationIds: readonly string[]): void;
}

/** The facts of conversations: hot under the version that they were made from, taken further where that is enough. */
export function createKnownFacts(deps: {
  store: Pick<ConversationStore, 'messages' | 'changedSince'>;
  hot: HotMessages;
  epoch: string;
  last: (conversation: Conversation) => Promise<readonly Message[]>;
  values?: ValuesIn | undefined;
  /** Changes whenever the values in the same text may be others. */
  valuesVersion?: (() => string | number) | undefined;
  timeZone?: string | undefined;
}): KnownFacts {
  const { store, values, timeZone = 'UTC' } = deps;
  type Base = { readonly facts: Facts; readonly changes: number; readonly values: string };
  const bases = new Lru<string, Base>(keptBases);
  const valuesVersion = () => String(deps.valuesVersion?.() ?? '');
  const fold = (facts: Facts, messages: readonly Message[]) =>
    messages.reduce((known, message) => withMessage(known, message, values, timeZone), facts);

  async function read(conversation: Conversation): Promise<Facts> {
    let facts = noFacts;
    for (let page = 0; page < maxPages && facts.upTo < conversation.lastSeq; page++) {
      // Of one that is longer than we read, the end counts more than what lies in between.
      const isLast = page === maxPages - 1;
      const range = isLast ? { after: facts.upTo, fromEnd: true } : { after: facts.upTo };
      const messages = await store.messages(conversation.id, { ...range, limit: pageSize });
      if (messages.length === 0) break;
      facts = fold(
        facts,
        messages.filter(({ seq }) => seq <= conversation.lastSeq),
      );
    }
    return { ...facts, upTo: Math.max(facts.upTo, conversation.lastSeq) };
  }

  /** Words of entries that are in the facts may be others by now, or gone. */
  async function isReworded(conversation: Conversation, { changes, facts }: Base): Promise<boolean> {
    if (conversation.changes === changes) return false;
    const { messages, more } = await store.changedSince(conversation.id, changes, 100);
    const isOther = (message: Message) => message.recalledAt !== undefined || message.editedAt !== undefined;
    return more || messages.some((message) => message.seq <= facts.upTo && isOther(message));
  }

  async function takenFurther(conversation: Conversation): Promise<Facts | undefined> {
    const base = bases.get(conversation.id);
    if (base === undefined || base.values !== valuesVersion() || base.facts.upTo > conversation.lastSeq)
      return undefined;
    if (await isReworded(conversation, base)) return undefined;
    const messages = await deps.last(conversation);
    const next = messages.filter(({ seq }) => seq > base.facts.upTo && seq <= conversation.lastSeq);
    const isWhole = next.length === conversation.lastSeq - base.facts.upTo;
    return isWhole ? fold(base.facts, next) : undefined;
  }

  return {
    of: (conversation) => {
      const { id, lastSeq, changes } = conversation;
      const made = valuesVersion();
      return deps.hot.obtain(factsKey(id), `${deps.epoch}.${lastSeq}.${changes}.${made}`, async () => {
        const facts = (await takenFurther(conversation)) ?? (await read(conversation));
        bases.set(id, { facts, changes, values: made });
        return facts;
      });
    },
    forget: (ids) => {
      for (const id of ids) bases.delete(id);
    },
  };
}
