import type { Sentence } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';

type Say = (key: string, data?: Record<string, string | number>) => string;

/** A reason of the bot in the reader's language; one that this console does not know as the server says it. */
export function useBotSentence(): (sentence: Sentence) => string {
  const { t, i18n } = useTranslation();
  const say = t as unknown as Say;
  return ({ key, data, text }) => {
    const path = `botWhy.${key}`;
    if (!i18n.exists(path)) return text;
    const { reason } = data;
    const isKnown = typeof reason === 'string' && i18n.exists(`botReason.${reason}`);
    return say(path, { ...data, ...(isKnown ? { reason: say(`botReason.${reason}`) } : {}) });
  };
}
