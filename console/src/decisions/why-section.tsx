import { Button, Skeleton, Text } from '@mantine/core';
import type { Conversation, RoutingDecision, Sentence } from '@parley/sdk/protocol.ts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { problemText } from '../app/api.ts';
import { Section } from '../contacts/section.tsx';
import { useMe } from '../session/session.ts';
import { useTimeWords } from '../words/time.ts';
import { decisionsQuery, verdictQuery } from './decision-queries.ts';
import styles from './decisions.module.css';
import { useSentence } from './sentence-words.ts';

/** Why the conversation is with whom it is, what was decided before, and why it is not mine. */
export function WhySection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { id, ownerEpoch, status, assigneeId } = conversation;
  const me = useMe();
  const { data: decisions, error } = useQuery(decisionsQuery(id, ownerEpoch));
  const waits = status === 'queued';
  return (
    <Section title={waits ? t('decision.waitingTitle') : t('decision.title')}>
      {decisions === undefined && error === null && <Skeleton height={12} width="80%" />}
      {error !== null && (
        <Text size="sm" c="dimmed">
          {problemText(error)}
        </Text>
      )}
      {decisions !== undefined && <Decisions decisions={decisions} waits={waits} />}
      {assigneeId !== me.id && status !== 'closed' && <WhyNotMe key={ownerEpoch} conversation={conversation} />}
    </Section>
  );
}

function Decisions({ decisions, waits }: { decisions: readonly RoutingDecision[]; waits: boolean }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [newest, ...earlier] = decisions;
  if (newest === undefined) {
    return (
      <Text size="sm" c="dimmed">
        {waits ? t('decision.waitsForFirst') : t('decision.none')}
      </Text>
    );
  }
  return (
    <>
      <Words words={newest.words} />
      {earlier.length > 0 && (
        <>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            mt={4}
            ml={-8}
            aria-expanded={opened}
            onClick={() => setOpened((open) => !open)}
          >
            {t('decision.earlier', { n: earlier.length })}
          </Button>
          {opened && (
            <ol className={styles.earlier}>
              {earlier.map((decision) => (
                <Earlier key={`${decision.epoch}.${decision.n}`} decision={decision} />
              ))}
            </ol>
          )}
        </>
      )}
    </>
  );
}

function Earlier({ decision }: { decision: RoutingDecision }) {
  const { full } = useTimeWords();
  return (
    <li>
      <time dateTime={new Date(decision.at).toISOString()}>{full(decision.at)}</time>
      <Words words={decision.words.slice(0, 1)} />
    </li>
  );
}

function Words({ words }: { words: readonly Sentence[] }) {
  const { data: agents = [] } = useQuery(agentsQuery);
  const say = useSentence((id) => agents.find((agent) => agent.id === id)?.name ?? id);
  return (
    <ul className={styles.words}>
      {words.map((sentence) => (
        <li key={sentence.key}>{say(sentence)}</li>
      ))}
    </ul>
  );
}

/** Asked only when somebody wants to know: the answer is of this moment. */
function WhyNotMe({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const me = useMe();
  const [asked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({
    ...verdictQuery(conversation.id, conversation.ownerEpoch, me.id),
    enabled: asked,
  });
  return (
    <div className={styles.whyNot}>
      <Button
        size="compact-xs"
        variant="default"
        loading={isFetching}
        onClick={() => {
          if (asked) void refetch();
          else setAsked(true);
        }}
      >
        {t('decision.whyNotMe')}
      </Button>
      <div aria-live="polite">
        {error !== null && (
          <Text size="sm" c="dimmed" mt={6}>
            {problemText(error)}
          </Text>
        )}
        {data !== undefined && error === null && (
          <div className={styles.answer}>
            {data.items[0] === undefined ? (
              <Text size="sm" c="dimmed">
                {t('decision.unknown')}
              </Text>
            ) : (
              <Words words={data.items[0].words} />
            )}
          </div>
        )}
      </div>
    </div>
  );
}
