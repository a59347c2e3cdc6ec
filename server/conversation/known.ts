import type {
  Contact,
  Conversation,
  ConversationKnown,
  KnownEntity,
  KnownIntent,
  KnownOrders,
  Message,
} from '@parley/sdk/protocol.ts';
import { type Facts, textIn } from './facts.ts';
import { languageFrom } from './language-of.ts';

/** How sure an intent must be to be shown at all: from here on it is likelier right than wrong. */
const intentFloor = 0.5;
/** Of the customer's texts the last so many are asked about, and so many intents are kept. */
const textsAsked = 8;
const intentsKept = 5;
const entitiesShown = 30;

/** What a text most likely wants (`Intents` of the bot). */
export interface IntentsOf {
  recognize(text: string): { readonly intent: string | null; readonly confidence: number } | undefined;
}

/** Which intent a message had, as a person says. */
export interface IntentLabelOf extends NonNullable<KnownIntent['label']> {
  readonly seq: number;
}

/** What is known of a contact's former conversation. */
export interface Former {
  readonly conversation: Conversation;
  readonly facts: Facts;
}

/** Puts together what is known: of this conversation, and what the contact's former ones have left. */
export function knownFrom(of: {
  conversation: Conversation;
  contact: Contact;
  messages: readonly Message[];
  facts: Facts;
  former: readonly Former[];
  intents: IntentsOf | undefined;
  labels: readonly IntentLabelOf[];
  orders: KnownOrders;
}): ConversationKnown {
  const { facts, former, contact } = of;
  const language = of.conversation.language ?? languageFrom(facts.marks) ?? formerLanguage(former);
  const page = contact.attributes.page;
  return {
    ...(language === undefined ? {} : { language }),
    ...(page === undefined || page === '' ? {} : { page }),
    entities: entitiesOf(facts, former),
    intents: intentsIn(of.messages, of.intents, of.labels),
    openQuestions: [...facts.open],
    summary: {
      ...(facts.firstQuestion === undefined ? {} : { firstQuestion: facts.firstQuestion }),
      exchanges: [...facts.exchanges],
    },
    former: former.filter(hasSomething).map(({ conversation, facts: theirs }) => ({
      conversationId: conversation.id,
      channelType: conversation.channelType,
      at: conversation.lastMessage?.createdAt ?? conversation.updatedAt,
      ...(theirs.firstQuestion === undefined ? {} : { firstQuestion: theirs.firstQuestion.text }),
      openQuestions: theirs.open.map(({ text }) => text),
    })),
    orders: of.orders,
  };
}

const hasSomething = ({ facts }: Former) => facts.firstQuestion !== undefined || facts.open.length > 0;

/** A customer who sent two words on this channel may have written pages on the other. */
const formerLanguage = (former: readonly Former[]) =>
  former.map(({ facts }) => languageFrom(facts.marks)).find((language) => language !== undefined);

/** The newest first; what this conversation says goes before what a former one said. */
function entitiesOf(facts: Facts, former: readonly Former[]): KnownEntity[] {
  const all = [
    ...facts.entities.toReversed(),
    ...former.flatMap(({ conversation, facts: theirs }) =>
      theirs.entities.toReversed().map((entity) => ({ ...entity, from: conversation.id })),
    ),
  ];
  const byValue = new Map<string, KnownEntity>();
  for (const entity of all) {
    const key = JSON.stringify([entity.type, entity.value, entity.unit ?? '']);
    if (!byValue.has(key)) byValue.set(key, entity);
  }
  return [...byValue.values()].slice(0, entitiesShown);
}

/**
 * Asked of the model that holds now, so that no old one's answer is kept. Each intent stands there once, at its last message; a
 * message of which a person said which one it had stands for itself, however unsure.
 */
function intentsIn(
  messages: readonly Message[],
  intents: IntentsOf | undefined,
  labels: readonly IntentLabelOf[],
): KnownIntent[] {
  if (intents === undefined) return [];
  const said = messages.filter(
    ({ sender, private: isPrivate, recalledAt }) => sender.type === 'contact' && !isPrivate && recalledAt === undefined,
  );
  const found: KnownIntent[] = [];
  for (const { content, seq, createdAt: at } of said.slice(-textsAsked).reverse()) {
    const text = textIn(content);
    const { intent, confidence } = (text.trim() === '' ? undefined : intents.recognize(text)) ?? nothing;
    if (intent === null) continue;
    const label = labels.find((one) => one.seq === seq);
    if (label !== undefined) {
      const { intent: meant, by, at: saidAt } = label;
      found.push({ intent, confidence, seq, at, label: { intent: meant, by, at: saidAt } });
    } else if (confidence >= intentFloor && !found.some((one) => one.intent === intent && one.label === undefined))
      found.push({ intent, confidence, seq, at });
  }
  return found.slice(0, intentsKept);
}

const nothing = { intent: null, confidence: 0 };
