import type { Flow } from '@parley/sdk/flow-document.ts';
import { createIntentRecognizer, type IntentRecognizer, type Recognition } from '../intent/recognizer.ts';
import { shopIntents } from '../intent/shop-intents-fixture.ts';
import { trainIntents } from '../intent/train-intents.ts';
import { type BotSettings, defaultBotSettings } from './bot-settings.ts';
import { type DecisionInput, decide } from './decide.ts';
import type { Decision, Observations, Outcome } from './decision.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';

/** A bot of a shop that answers about refunds and delivery, and has a flow for order numbers. */
export const shopSettings: BotSettings = {
  ...defaultBotSettings,
  enabled: true,
  reactions: [
    {
      intent: 'refund',
      labels: { en: 'A refund', zh: '退款' },
      does: { kind: 'answer', texts: { en: 'A refund takes 3 days.', zh: '退款需要三个工作日。' } },
      groupId: 'money',
    },
    {
      intent: 'delivery',
      labels: { en: 'A delivery', zh: '物流' },
      does: { kind: 'flow', flowId: 'track' },
      groupId: null,
    },
    { intent: 'complaint', labels: {}, does: { kind: 'hand-off' }, groupId: 'care' },
  ],
};

export const trackFlow: Flow = {
  id: 'track',
  name: 'Track a parcel',
  enabled: true,
  startWords: ['查物流', 'track'],
  first: 'ask',
  places: {},
  steps: [
    {
      id: 'ask',
      kind: 'ask',
      slots: [
        {
          name: 'order',
          type: 'order',
          question: { en: 'What is your order number?', zh: '请问订单号是多少？' },
          askAgain: false,
        },
      ],
      tries: 2,
      next: 'call',
      otherwise: null,
    },
    {
      id: 'call',
      kind: 'http',
      method: 'GET',
      url: 'https://shop.example/orders/{order}',
      body: '',
      timeoutMs: 5_000,
      keep: [{ slot: 'status', path: 'order.status' }],
      confirm: null,
      provenOnly: false,
      next: 'say',
      otherwise: null,
    },
    {
      id: 'say',
      kind: 'say',
      texts: { en: 'Order {order} is {status}.', zh: '订单{order}的状态：{status}。' },
      next: 'end',
    },
    { id: 'end', kind: 'end' },
  ],
};

export const unsure: Recognition = {
  intent: null,
  confidence: 0,
  familiarity: 0,
  candidates: [],
  doubt: null,
  embedding: null,
};

export function recognized(intent: string, confidence: number, next = 'other'): Recognition {
  const rest = (1 - confidence) / 2;
  return {
    intent,
    confidence,
    familiarity: 1,
    doubt: null,
    embedding: null,
    candidates: [
      { intent, probability: confidence },
      { intent: next, probability: rest },
    ],
  };
}

export const nothingFound: Observations = {
  now: 0,
  isOpen: true,
  opensAt: null,
  vip: false,
  versions: { settings: 1, flows: 1, model: '1' },
  recognition: unsure,
  entities: [],
  graph: null,
  passages: null,
  grounded: null,
  called: {},
};

export function inputOf(
  text: string,
  more: Partial<Omit<DecisionInput, 'observations'>> & { observations?: Partial<Observations> } = {},
): DecisionInput {
  return {
    state: newDialogue,
    said: { text, isWordless: false },
    settings: shopSettings,
    flows: { flows: [trackFlow] },
    ...more,
    observations: { ...nothingFound, ...more.observations },
  };
}

/** The decision about one text; it has all that it needs. */
export function decidedOn(
  text: string,
  more: Parameters<typeof inputOf>[1] = {},
): { decision: Decision; state: DialogueState; says: string[] } {
  const outcome: Outcome = decide(inputOf(text, more));
  if (outcome.kind !== 'decided') throw new Error(`It needs ${outcome.need.kind}.`);
  return { ...outcome, says: outcome.decision.messages.map((message) => message.text) };
}

let trained: IntentRecognizer | undefined;
/** A recogniser that was really trained, on the shop's few utterances. */
export function shopRecognizer(): IntentRecognizer {
  trained ??= createIntentRecognizer(trainIntents(shopIntents, { seed: 1 }).model);
  return trained;
}
