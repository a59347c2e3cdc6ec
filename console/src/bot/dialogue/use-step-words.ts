import type { AddressSource, FlowStep, Texts } from '@parley/sdk/flow-document.ts';
import type { TFunction } from 'i18next';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

const identityWays = ['next', 'tooMany', 'expired', 'undelivered'] as const;
const identityWay = (way: string) => identityWays.find((each) => each === way) ?? 'next';

function sourceWords(source: AddressSource, t: TFunction): string {
  if (source.kind === 'answer') return `{${source.slot}}`;
  if (source.kind === 'attribute') return source.name;
  return t(`dialogue.identity.sources.${source.field}`);
}

/** What a step says, and what its ways out are called, in a few words. */
export function useStepWords(): {
  textOf: (step: FlowStep) => string;
  wayWords: (step: FlowStep, way: string) => string;
} {
  const { t, i18n } = useTranslation();
  const inWords = useCallback(
    (texts: Texts) => texts[i18n.language.slice(0, 2)] ?? texts.default ?? Object.values(texts)[0] ?? '',
    [i18n.language],
  );
  const textOf = useCallback(
    (step: FlowStep): string => {
      switch (step.kind) {
        case 'say':
        case 'choices':
          return inWords(step.texts);
        case 'ask':
          return step.slots.map(({ question }) => inWords(question)).join(' / ');
        case 'condition':
          return `{${step.slot}} ${t(`dialogue.is.${step.is}`)} ${step.value}`;
        case 'http':
          return `${step.method} ${step.url}`;
        case 'identity':
          return step.sources.map((source) => sourceWords(source, t)).join(' / ');
        case 'set':
          return `{${step.slot}} = ${step.value}`;
        default:
          return '';
      }
    },
    [inWords, t],
  );
  const wayWords = useCallback(
    (step: FlowStep, way: string): string => {
      if (step.kind === 'choices' && way.startsWith('options.')) {
        const option = step.options.find(({ id }) => `options.${id}` === way);
        return option === undefined ? way : inWords(option.labels);
      }
      if (step.kind === 'condition') return way === 'next' ? t('dialogue.yes') : t('dialogue.no');
      if (way === 'declined') return t('dialogue.declined');
      if (step.kind === 'identity') return t(`dialogue.identity.ways.${identityWay(way)}`);
      return way === 'next' ? t('dialogue.next') : t('dialogue.otherwise');
    },
    [inWords, t],
  );
  return { textOf, wayWords };
}
