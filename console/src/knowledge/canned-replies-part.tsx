import { Badge, Button, SegmentedControl, TextInput, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconMessage2Plus, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { isSupervisor, useMe } from '../session/session.ts';
import { useNow, useTimeWords } from '../words/time.ts';
import { CannedReplyDialog } from './canned-reply-dialog.tsx';
import { ImportButton } from './import-dialog.tsx';
import styles from './knowledge.module.css';
import { type CannedReply, repliesQuery } from './knowledge-queries.ts';

/** After so many days without a use a reply is a candidate to go. */
const unusedDays = 90;

/** All canned replies that one may see, to find, change and tidy up. */
export function CannedRepliesPart() {
  const { t } = useTranslation();
  const me = useMe();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 150);
  const [which, setWhich] = useState<'all' | 'mine' | 'unused'>('all');
  const [editing, setEditing] = useState<CannedReply | 'new'>();
  const scope = which === 'mine' ? 'mine' : 'all';
  const query = useInfiniteQuery({
    ...repliesQuery({ q, scope, unusedDays: which === 'unused' ? unusedDays : undefined }),
    placeholderData: keepPreviousData,
  });
  const replies = query.data?.pages.flatMap(({ items }) => items);
  return (
    <>
      <div className={styles.tools}>
        <TextInput
          className={styles.search}
          aria-label={t('knowledge.find')}
          placeholder={t('knowledge.find')}
          leftSection={<IconSearch size={16} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t('knowledge.which')}
          value={which}
          onChange={(next) => setWhich(next as typeof which)}
          data={(['all', 'mine', 'unused'] as const).map((value) => ({ value, label: t(`knowledge.scope.${value}`) }))}
        />
        {isSupervisor(me) && <ImportButton kind="canned-reply" />}
        <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
          {t('knowledge.newReply')}
        </Button>
      </div>
      <PagedList
        query={query}
        items={replies}
        failed={t('knowledge.loadFailed')}
        empty={
          <EmptyState
            icon={<IconMessage2Plus size={30} />}
            title={q === '' ? t('knowledge.noReplies') : t('knowledge.noneFound')}
            hint={t('knowledge.noRepliesHint')}
          />
        }
      >
        {(shown) => (
          <ul className={styles.list}>
            {shown.map((reply) => (
              <li key={reply.id}>
                <ReplyRow reply={reply} onOpen={() => setEditing(reply)} />
              </li>
            ))}
          </ul>
        )}
      </PagedList>
      <CannedReplyDialog editing={editing} onClose={() => setEditing(undefined)} />
    </>
  );
}

function ReplyRow({ reply, onOpen }: { reply: CannedReply; onOpen: () => void }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const now = useNow(60_000);
  const isOver = reply.validUntil !== null && reply.validUntil <= now;
  const isToCome = reply.validFrom !== null && reply.validFrom > now;
  return (
    <UnstyledButton className={styles.row} onClick={onOpen}>
      <span className={styles.rowText}>
        <span className={styles.rowHead}>
          <strong>{reply.title}</strong>
          {reply.shortCode !== null && <code>/{reply.shortCode}</code>}
          {reply.visibility !== 'all' && (
            <Badge size="sm" variant="light" tt="none" color="gray">
              {t(`knowledge.visibility.${reply.visibility}`)}
            </Badge>
          )}
          {(isOver || isToCome) && (
            <Badge size="sm" variant="light" tt="none" color={isOver ? 'red' : 'blue'}>
              {isOver ? t('knowledge.over') : t('knowledge.from', { at: full(reply.validFrom ?? 0) })}
            </Badge>
          )}
        </span>
        <span className={styles.dim}>{reply.body}</span>
      </span>
      <span className={styles.uses}>{t('knowledge.uses', { n: reply.uses })}</span>
      <VisuallyHidden>{t('app.edit')}</VisuallyHidden>
    </UnstyledButton>
  );
}
