import { lazyPage } from '../app/lazy-page.ts';

/** The tabs of the bot's page, in this order: what stands in the address, the words of the tab, and what it shows. */
export const botParts = [
  {
    key: 'intents',
    label: 'bot.part.intents',
    component: lazyPage(() => import('./intents/intents-part.tsx'), 'IntentsPart'),
  },
  {
    key: 'evaluation',
    label: 'bot.part.evaluation',
    component: lazyPage(() => import('./intents/evaluation-part.tsx'), 'EvaluationPart'),
  },
  {
    key: 'results',
    label: 'bot.part.results',
    component: lazyPage(() => import('./results/results-part.tsx'), 'ResultsPart'),
  },
  {
    key: 'learning',
    label: 'bot.part.learning',
    component: lazyPage(() => import('./learning/learning-part.tsx'), 'LearningPart'),
  },
  {
    key: 'replay',
    label: 'bot.part.replay',
    component: lazyPage(() => import('./replay/replay-part.tsx'), 'ReplayPart'),
  },
  {
    key: 'flows',
    label: 'bot.part.flows',
    component: lazyPage(() => import('./dialogue/flows-part.tsx'), 'FlowsPart'),
  },
  {
    key: 'settings',
    label: 'bot.part.settings',
    component: lazyPage(() => import('./dialogue/settings-part.tsx'), 'BotSettingsPart'),
  },
  {
    key: 'language-model',
    label: 'bot.part.language-model',
    component: lazyPage(() => import('./language-model/language-model-part.tsx'), 'LanguageModelPart'),
  },
  {
    key: 'entities',
    label: 'bot.part.entities',
    component: lazyPage(() => import('./entities/entities-part.tsx'), 'EntitiesPart'),
  },
  {
    key: 'graph',
    label: 'bot.part.graph',
    component: lazyPage(() => import('./graph/graph-part.tsx'), 'GraphPart'),
  },
] as const;
