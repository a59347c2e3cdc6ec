import { Badge, Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../../words/time.ts';
import { useOutcomeWords } from './outcome-words.ts';
import styles from './replay.module.css';
import { changes, type Disagreement } from './replay-queries.ts';

const all = 'all';
const colours = { worse: 'red', better: 'green', unknown: 'gray', words: 'gray' } as const;

/** What would be otherwise, the most frequent first, each with turns to look at. */
export function Disagreements({ disagreements }: { disagreements: readonly Disagreement[] }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<string>(all);
  const there = changes.filter((change) => disagreements.some((each) => each.change === change));
  const some = disagreements.filter(({ change }) => shown === all || change === shown);
  return (
    <section aria-label={t('replay.disagreements')}>
      <Select
        my="sm"
        maw={320}
        label={t('replay.disagreements')}
        allowDeselect={false}
        value={shown}
        data={[
          { value: all, label: t('replay.all') },
          ...there.map((change) => ({ value: change, label: t(`replay.change.${change}`) })),
        ]}
        onChange={(value) => setShown(value ?? all)}
      />
      {some.map((group, at) => (
        <Group key={JSON.stringify([group.before, group.after, group.change])} group={group} isOpen={at === 0} />
      ))}
    </section>
  );
}

function Group({ group, isOpen }: { group: Disagreement; isOpen: boolean }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const words = useOutcomeWords();
  const { before, after, change, count, examples } = group;
  return (
    <details className={styles.group} open={isOpen}>
      <summary>
        <span className={styles.count}>{count}</span>
        <span>{change === 'words' ? words(after) : `${words(before)} → ${words(after)}`}</span>
        <Badge size="sm" variant="light" color={colours[change]} c="var(--mantine-color-text)" tt="none">
          {t(`replay.change.${change}`)}
        </Badge>
      </summary>
      <ul className={styles.examples}>
        {examples.map(({ conversationId, seq, at, text }) => (
          <li key={`${conversationId} ${seq}`}>
            <span>{text ?? t('replay.gone')}</span>
            <Link to="/conversations/$tab/$conversationId" params={{ tab: 'all', conversationId }}>
              {t('replay.conversationOf', { when: full(at) })}
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );
}
