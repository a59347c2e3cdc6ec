import { Button, Text } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { botDecisionsQuery } from '../bot/dialogue/dialogue-queries.ts';
import { Section } from '../contacts/section.tsx';
import { useTimeWords } from '../words/time.ts';
import { useBotSentence } from './bot-sentence.ts';
import styles from './decisions.module.css';

/** Why the bot said what it said, the last thing first; nothing where it never spoke. */
export function BotWhySection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const say = useBotSentence();
  const [isAll, setAll] = useState(false);
  const { data: decisions = [] } = useQuery(botDecisionsQuery(conversation.id, conversation.lastSeq));
  if (decisions.length === 0) return null;
  const shown = isAll ? decisions : decisions.slice(0, 1);
  return (
    <Section title={t('dialogue.whyTitle')}>
      <ol className={styles.earlier}>
        {shown.map(({ seq, epoch, at, messages, words }) => (
          <li key={`${epoch}.${seq}`}>
            <time dateTime={new Date(at).toISOString()}>{full(at)}</time>
            {messages.at(-1) !== undefined && (
              <Text size="sm" lineClamp={2}>
                {messages.at(-1)?.text}
              </Text>
            )}
            <ul className={styles.words}>
              {words.map((sentence) => (
                <li key={sentence.key}>{say(sentence)}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {decisions.length > 1 && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          ml={-8}
          aria-expanded={isAll}
          onClick={() => setAll(!isAll)}
        >
          {t('decision.earlier', { n: decisions.length - 1 })}
        </Button>
      )}
    </Section>
  );
}
