import { useTranslation } from 'react-i18next';
import type { TurnOutcome } from './replay-queries.ts';

const bands = [
  'request',
  'intent',
  'did-you-mean',
  'graph',
  'knowledge',
  'language-model',
  'flow',
  'miss',
  'hand-off',
  'leave-message',
  'silent',
  'approved',
] as const;

/** What a version does about a turn, in words. */
export function useOutcomeWords(): (outcome: TurnOutcome) => string {
  const { t, i18n } = useTranslation();
  return ({ does, by, intent }) => {
    if (does === 'silent') return t('replay.does.silent');
    const reason = `botReason.${by}`;
    const band = bands.find((each) => each === by);
    const found = intent ?? (band === undefined ? by : t(`replay.by.${band}`));
    if (does === 'hands-over')
      return t('replay.does.hands-over', { by: i18n.exists(reason) ? t(reason as never) : by });
    return t(`replay.does.${does}`, { by: found });
  };
}
