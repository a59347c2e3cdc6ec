import type { Sentence } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';

type Say = (key: string, data?: Record<string, string | number>) => string;

/** A reason in the agent's language; one that this console does not know yet as the server says it. */
export function useSentence(nameOf: (agentId: string) => string): (sentence: Sentence) => string {
  const { t, i18n } = useTranslation();
  const { span } = useTimeWords();
  const say = t as unknown as Say;
  const isKnown = (key: string) => i18n.exists(key);

  /** How many there are of each reason. */
  const listOf = (counts: Sentence['data']) =>
    Object.entries(counts)
      .map(([key, n]) => `${n} ${isKnown(`decision.short.${key}`) ? say(`decision.short.${key}`) : key}`)
      .join(i18n.language.startsWith('zh') ? '、' : ', ');

  return ({ key, data, text }) => {
    const path = `decision.${key}`;
    if (!isKnown(path)) return text;
    const { waitedMs, worthMs, forMs, afterMs, agentId, usedUnits, capacityUnits, neededUnits, verdict } = data;
    const ms = waitedMs ?? worthMs ?? forMs ?? afterMs;
    const words = say(path, {
      ...data,
      // The group of all has no name that somebody gave it.
      ...(data.group === 'Everyone' ? { group: say('routing.everyone') } : {}),
      ...(ms === undefined ? {} : { span: span(Number(ms)) }),
      ...(agentId === undefined ? {} : { agent: nameOf(String(agentId)) }),
      ...(usedUnits === undefined
        ? {}
        : {
            used: conversations(usedUnits),
            capacity: conversations(capacityUnits),
            needed: conversations(neededUnits),
          }),
      ...(key === 'others' ? { list: listOf(data) } : {}),
      ...(verdict === undefined ? {} : { verdict: say(`decision.short.${verdict}`) }),
    });
    if (verdict === undefined || key === 'overridden') return words;
    return `${words} ${say('decision.overridden', { verdict: say(`decision.short.${verdict}`) })}`;
  };
}

const conversations = (units: string | number | undefined) => Number(units ?? 0) / 100;
