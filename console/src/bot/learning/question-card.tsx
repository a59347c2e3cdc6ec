import { Badge, Button, Checkbox, Group } from '@mantine/core';
import { gapReasons, type QuestionGroup } from '@parley/sdk/bot-learning.ts';
import { IconCheck, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { useTimeWords } from '../../words/time.ts';
import { outOfScopeId } from '../intents/intent-queries.ts';
import type { Deciding, Deed } from './deciding.ts';
import styles from './learning.module.css';
import { dismiss, learningKey } from './learning-queries.ts';

const shownFirst = 6;

/**
 * Questions that mean the same, or one alone: how often and why, which wordings to take, and what to make of them.
 *
 * @param props.isCorrected agents said which intent they had: to that one they are to be added
 */
export function QuestionCard({
  group,
  isCorrected = false,
  onDecide,
}: {
  group: QuestionGroup;
  isCorrected?: boolean;
  onDecide: (deciding: Deciding) => void;
}) {
  const { t } = useTranslation();
  const { day } = useTimeWords();
  const queryClient = useQueryClient();
  const { utterances, nearest, answers } = group;
  const [first] = utterances;
  const [left, setLeft] = useState<ReadonlySet<string>>(
    () => new Set(utterances.filter(({ alsoIn }) => alsoIn.length > 0).map(({ text }) => text)),
  );
  const [isWhole, setIsWhole] = useState(false);
  const dismissing = useMutation({
    mutationFn: () => dismiss(group),
    onSuccess: async () => {
      notifyDone(t('learning.isDismissed'));
      await queryClient.invalidateQueries({ queryKey: learningKey });
    },
    onError: notifyFailure,
  });
  const taken = utterances.map(({ text }) => text).filter((text) => !left.has(text));
  const decide = (deed: Deed) => onDecide({ deed, group, utterances: taken });
  const toggle = (text: string) =>
    setLeft((before) => {
      const after = new Set(before);
      if (!after.delete(text)) after.add(text);
      return after;
    });
  const isOne = utterances.length === 1 && !isCorrected;
  const name = group.name === outOfScopeId ? t('intents.outOfScope') : group.name;
  const title = name === '' ? (first?.text ?? '') : name;
  const hasIntent = isCorrected && nearest !== null;
  const reasons = gapReasons.flatMap((why) => {
    const n = group.reasons[why];
    return n === undefined ? [] : [t(`learning.why.${why}`, { n })];
  });
  return (
    <Panel>
      <section aria-label={title}>
        <h3 className={styles.title}>{title}</h3>
        <Group gap="xs" mb="xs">
          <Badge variant="light" tt="none">
            {t('learning.asked', { n: group.size })}
          </Badge>
          <span className={styles.dim}>{t('learning.last', { day: day(group.lastAt, Date.now()) })}</span>
          <span className={styles.dim}>{reasons.join(' · ')}</span>
        </Group>
        {!isOne && (
          <ul className={styles.utterances} aria-label={t('learning.wordings')}>
            {(isWhole ? utterances : utterances.slice(0, shownFirst)).map(({ text, alsoIn }) => (
              <li key={text}>
                <Checkbox
                  size="sm"
                  label={text}
                  checked={!left.has(text)}
                  onChange={() => toggle(text)}
                  {...(alsoIn.length === 0 ? {} : { description: <AlsoIn intents={alsoIn} /> })}
                />
              </li>
            ))}
          </ul>
        )}
        {isOne && first !== undefined && first.alsoIn.length > 0 && <AlsoIn intents={first.alsoIn} />}
        {!isWhole && utterances.length > shownFirst && (
          <Button size="compact-xs" variant="subtle" onClick={() => setIsWhole(true)}>
            {t('learning.more', { n: utterances.length - shownFirst })}
          </Button>
        )}
        {nearest !== null && !isCorrected && (
          <p className={styles.dim}>
            {t('learning.nearest')}{' '}
            <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: nearest.id }}>
              {nearest.name}
            </Link>
          </p>
        )}
        {answers[0] !== undefined && (
          <blockquote className={styles.answer}>
            <span className={styles.dim}>
              {t(answers[0].isDirect ? 'learning.agentsAnswered' : 'learning.agentsAnsweredAlike', {
                n: answers[0].times,
              })}
            </span>
            <span>{answers[0].text}</span>
          </blockquote>
        )}
        <Group gap="xs" mt="sm">
          {!hasIntent && (
            <Button
              size="xs"
              variant={isOne ? 'default' : 'filled'}
              leftSection={<IconPlus size={14} />}
              disabled={taken.length === 0}
              onClick={() => decide('intent')}
            >
              {t('learning.makeIntent')}
            </Button>
          )}
          <Button
            size="xs"
            variant={hasIntent ? 'filled' : 'default'}
            disabled={taken.length === 0}
            onClick={() => decide('add')}
          >
            {t('learning.addToIntent')}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconCheck size={14} />}
            disabled={taken.length === 0}
            onClick={() => decide('approve')}
          >
            {t('learning.approveAnswer')}
          </Button>
          <Button size="xs" variant="subtle" loading={dismissing.isPending} onClick={() => dismissing.mutate()}>
            {t('learning.dismiss')}
          </Button>
        </Group>
      </section>
    </Panel>
  );
}

function AlsoIn({ intents }: { intents: QuestionGroup['utterances'][number]['alsoIn'] }) {
  const { t } = useTranslation();
  return (
    <span className={styles.conflict}>
      {t('intents.alsoIn')}{' '}
      {intents.map(({ id, name }, at) => (
        <span key={id}>
          {at > 0 && ', '}
          <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: id }}>
            {id === outOfScopeId ? t('intents.outOfScope') : name}
          </Link>
        </span>
      ))}
    </span>
  );
}
