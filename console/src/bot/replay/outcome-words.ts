import { useTranslation } from 'react-i18next';
import type { TurnOutcome } from './replay-queries.ts';

/** What a version does about a turn, in words. */
export function useOutcomeWords(): (outcome: TurnOutcome) => string {
  const { t, i18n } = useTranslation();
  /** A name that this console does not know stays as the server says it. */
  const said = (key: string, name: string) => (i18n.exists(key) ? t(key as never) : name);
  return ({ does, by, intent }) => {
    if (does === 'silent') return t('replay.does.silent');
    if (does === 'hands-over') return t('replay.does.hands-over', { by: said(`botReason.${by}`, by) });
    return t(`replay.does.${does}`, { by: intent ?? said(`replay.by.${by}`, by) });
  };
}
