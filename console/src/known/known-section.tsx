import { Anchor, Text } from '@mantine/core';
import type { Conversation, ConversationKnown, KnownEntity } from '@parley/sdk/protocol.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Section } from '../contacts/section.tsx';
import { CopyButton } from './copy-button.tsx';
import { IntentRow } from './intent-row.tsx';
import styles from './known.module.css';
import { contextQuery } from './known-queries.ts';

/** What has come out of the conversation so far, so that nobody asks for it again. */
export function KnownSection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const query = contextQuery(conversation.id, conversation.lastSeq, conversation.changes);
  // What was there stays to be read while it is asked again.
  const { data } = useQuery({ ...query, placeholderData: keepPreviousData });
  if (data === undefined || data.conversation.id !== conversation.id) return null;
  const { known } = data;
  if (isEmpty(known)) return null;
  return (
    <Section title={t('known.title')}>
      <div className={styles.stack}>
        <Said title={t('known.openQuestions')} texts={known.openQuestions.map(({ text }) => text)} />
        <Values entities={known.entities} />
        <Facts known={known} conversationId={conversation.id} />
        <Summary known={known} />
        <Former known={known} />
      </div>
    </Section>
  );
}

function isEmpty({ entities, intents, openQuestions, summary, former, language, page }: ConversationKnown): boolean {
  const lists = [entities, intents, openQuestions, summary.exchanges, former];
  return lists.every((list) => list.length === 0) && language === undefined && page === undefined;
}

function Said({ title, texts }: { title: string; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <div>
      <h4 className={styles.part}>{title}</h4>
      <ul className={styles.open}>
        {texts.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same may be asked twice.
          <li key={index}>{text}</li>
        ))}
      </ul>
    </div>
  );
}

function Values({ entities }: { entities: readonly KnownEntity[] }) {
  const { t } = useTranslation();
  if (entities.length === 0) return null;
  return (
    <div>
      <h4 className={styles.part}>{t('known.values')}</h4>
      <ul className={styles.values}>
        {entities.map((entity) => (
          <li key={`${entity.type} ${entity.value} ${entity.unit ?? ''}`}>
            <span className={styles.type}>{entity.type}</span>
            <span className={styles.value}>
              {[entity.value, entity.unit].filter(Boolean).join(' ')}
              {entity.from !== undefined && <span className={styles.dim}> · {t('known.fromFormer')}</span>}
            </span>
            <CopyButton value={entity.value} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Facts({ known, conversationId }: { known: ConversationKnown; conversationId: string }) {
  const { t, i18n } = useTranslation();
  const { intents, language, page } = known;
  if (intents.length === 0 && language === undefined && page === undefined) return null;
  return (
    <dl className={styles.facts}>
      {intents.length > 0 && (
        <>
          <dt>{t('known.wants')}</dt>
          <dd>
            <ul className={styles.intents} aria-label={t('known.wants')}>
              {intents.map((intent) => (
                <IntentRow key={intent.seq} conversationId={conversationId} known={intent} />
              ))}
            </ul>
          </dd>
        </>
      )}
      {language !== undefined && (
        <>
          <dt>{t('known.language')}</dt>
          <dd>{nameOf(language, i18n.language)}</dd>
        </>
      )}
      {page !== undefined && (
        <>
          <dt>{t('known.page')}</dt>
          <dd>{page}</dd>
        </>
      )}
    </dl>
  );
}

function nameOf(language: string, shownIn: string): string {
  try {
    return new Intl.DisplayNames(shownIn, { type: 'language' }).of(language) ?? language;
  } catch {
    return language;
  }
}

function Summary({ known: { summary } }: { known: ConversationKnown }) {
  const { t } = useTranslation();
  if (summary.exchanges.length === 0) return null;
  return (
    <details className={styles.details}>
      <summary>{t('known.summary')}</summary>
      <ol className={styles.exchanges}>
        {summary.exchanges.map(({ question, answer, by }) => (
          <li key={answer.seq}>
            <div>{question.text}</div>
            <div className={styles.answer}>
              <span className={styles.dim}>{t(`known.by.${by}`)}</span> {answer.text}
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Former({ known: { former } }: { known: ConversationKnown }) {
  const { t } = useTranslation();
  if (former.length === 0) return null;
  return (
    <div>
      <h4 className={styles.part}>{t('known.former')}</h4>
      <ul className={styles.open}>
        {former.map(({ conversationId, firstQuestion, openQuestions }) => (
          <li key={conversationId}>
            <Anchor
              component={Link}
              to={`/conversations/all/${conversationId}`}
              size="sm"
              c="var(--parley-accent-text)"
            >
              {firstQuestion ?? openQuestions[0]}
            </Anchor>
            {openQuestions.length > 0 && (
              <Text span size="xs" c="dimmed">
                {' '}
                · {t('known.stillOpen')}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
