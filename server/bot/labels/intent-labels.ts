import type { Message } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { textIn } from '../../conversation/facts.ts';
import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { isFromCustomer } from '../dialogue/said.ts';
import { type IntentStore, outOfScopeId } from '../intents/intent-store.ts';
import type { CorrectedGap } from '../learning/gap-store.ts';
import { questionWithoutPerson } from '../learning/question-text.ts';
import type { Intents } from '../ports.ts';
import type { IntentLabel, LabelStore } from './label-store.ts';

/** What agents say that customers' messages were about: truth for replays, and what the bot took for something else is to be learnt. */
export interface IntentLabels {
  /**
   * Keeps which intent a message had, in place of what was said before.
   *
   * @param of.intent its name; null: none of those that there are
   * @throws Refusal `not-found` where it is no message of a customer's with words; `bad-request` for an intent that is not there
   */
  put(
    of: { readonly conversationId: string; readonly seq: number; readonly intent: string | null },
    by: IntentLabel['by'],
  ): Promise<IntentLabel>;
  /** @throws Refusal `not-found` */
  remove(conversationId: string, seq: number): Promise<void>;
}

export function createIntentLabels(deps: {
  store: LabelStore;
  messages: Pick<ConversationStore, 'messages' | 'get'>;
  intents: Pick<IntentStore, 'named'>;
  model: Pick<Intents, 'recognize'>;
  bus: Pick<EventBus, 'publish'>;
  clock: Pick<Clock, 'now'>;
}): IntentLabels {
  const { store, bus } = deps;

  return {
    put: async ({ conversationId, seq, intent }, by) => {
      const message = await readMessage(conversationId, seq);
      const text = textIn(message.content);
      const takenFor = deps.model.recognize(text)?.intent ?? null;
      // What the model says may have another name by now: it can be confirmed all the same.
      if (intent !== null && intent !== takenFor && (await deps.intents.named([intent])).length === 0)
        throw new Refusal('bad-request', `intent: there is no intent “${intent}”.`, { field: 'intent' });
      const label = { conversationId, seq, intent, takenFor, by: { id: by.id, name: by.name }, at: deps.clock.now() };
      const lesson = intent === takenFor ? null : await lessonOf(label, message);
      if (!(await store.put(label, lesson))) throw noSuch();
      const shown = { intent, by: label.by, at: label.at };
      bus.publish('intent-label.changed', { conversationId, seq, label: shown });
      return label;
    },
    remove: async (conversationId, seq) => {
      if (!(await store.remove(conversationId, seq)))
        throw new Refusal('not-found', 'Nobody has said which intent this message had.');
      bus.publish('intent-label.changed', { conversationId, seq, label: null });
    },
  };

  async function readMessage(conversationId: string, seq: number): Promise<Message> {
    const range = { after: seq - 1, before: seq + 1, limit: 1, publicOnly: true };
    const [message] = await deps.messages.messages(conversationId, range);
    const hasWords = message !== undefined && message.recalledAt === undefined && textIn(message.content).trim() !== '';
    if (!hasWords || !isFromCustomer(message)) throw noSuch();
    return message;
  }

  /** The message as the intent is to be taught it; null: nothing of it is left without what tells of the person. */
  async function lessonOf(
    { conversationId, seq, intent }: IntentLabel,
    { content, createdAt: askedAt }: Message,
  ): Promise<CorrectedGap | null> {
    const contact = (await deps.messages.get(conversationId))?.contact;
    if (contact === undefined) throw noSuch();
    const question = questionWithoutPerson(textIn(content), contact.name);
    if (!/\p{L}/u.test(question)) return null;
    const language = languageFrom(languageMarks(question)) ?? null;
    const meant = intent ?? outOfScopeId;
    return { conversationId, seq, contactId: contact.id, askedAt, why: 'corrected', language, question, meant };
  }
}

const noSuch = () => new Refusal('not-found', 'There is no such message of the customer with words in it.');
