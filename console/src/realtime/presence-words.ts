import type { Agent } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';

/** Reasons that agents choose from, each with the presence that goes with it. */
export const reasonChoices = [
  { reason: 'lunch', status: 'away' },
  { reason: 'break', status: 'away' },
  { reason: 'meeting', status: 'busy' },
  { reason: 'training', status: 'busy' },
] as const;

const knownReasons = [...reasonChoices.map(({ reason }) => reason), 'auto', 'missed-offers', 'finishing'] as const;

/** Whether somebody is there, in a word: the reason, where there is one. */
export function usePresenceWords(): (agent: Pick<Agent, 'presence' | 'presenceReason'>) => string {
  const { t } = useTranslation();
  return ({ presence, presenceReason: reason }) => {
    if (reason === undefined) return t(`presence.${presence}`);
    const known = knownReasons.find((each) => each === reason);
    return known === undefined ? `${t(`presence.${presence}`)} · ${reason}` : t(`presence.reason.${known}`);
  };
}
