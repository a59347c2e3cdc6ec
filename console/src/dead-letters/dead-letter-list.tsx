import { ActionIcon, Anchor, Button, Group, SegmentedControl, Text } from '@mantine/core';
import type { Page as PageOf } from '@parley/sdk/protocol.ts';
import { IconMailCheck, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Page } from '../app/page.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { useChannel } from '../channels/channel-queries.ts';
import { serverWords } from '../words/server-words.ts';
import { useTimeWords } from '../words/time.ts';
import styles from './dead-letters.module.css';

type Kind = 'outbound' | 'inbound';
type DeadLetter = {
  id: string;
  kind: Kind;
  channelId: string;
  conversationId?: string;
  seq?: number;
  reason: string;
  attempts: number;
  createdAt: number;
};

const listKey = 'dead-letters';
const refreshMs = 30_000;

/** What could not be delivered, in either direction, and what can be done about it. */
export function DeadLetterListPage() {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>('outbound');
  const query = useInfiniteQuery({
    queryKey: [listKey, kind],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return api.call<PageOf<DeadLetter>>('GET', `/api/v1/dead-letters?kind=${kind}${cursor}`, undefined, { signal });
    },
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: refreshMs,
  });
  const letters = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t('deadLetters.title')} intro={t('deadLetters.intro')}>
      <SegmentedControl<Kind>
        mb="md"
        size="sm"
        aria-label={t('deadLetters.direction')}
        value={kind}
        onChange={setKind}
        data={[
          { value: 'outbound', label: t('deadLetters.outbound') },
          { value: 'inbound', label: t('deadLetters.inbound') },
        ]}
      />
      <PagedList
        query={query}
        items={letters}
        failed={t('deadLetters.loadFailed')}
        empty={
          <EmptyState
            icon={<IconMailCheck size={22} />}
            title={t('deadLetters.empty')}
            hint={t('deadLetters.emptyHint')}
          />
        }
      >
        {(shown) => (
          <ul className={styles.list}>
            {shown.map((letter) => (
              <Letter key={letter.id} letter={letter} />
            ))}
          </ul>
        )}
      </PagedList>
    </Page>
  );
}

function Letter({ letter }: { letter: DeadLetter }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const channel = useChannel(letter.channelId);
  const { retry, remove } = useLetterActions(letter);
  const [asking, setAsking] = useState(false);
  return (
    <li className={styles.letter}>
      <div className={styles.text}>
        <strong>{serverWords(letter.reason)}</strong>
        <Text size="xs" c="dimmed">
          {channel?.name ?? t('contact.channelGone')} · {full(letter.createdAt)} ·{' '}
          {t('deadLetters.attempts', { n: letter.attempts })}
        </Text>
        {letter.conversationId !== undefined && (
          <Anchor
            component={Link}
            to={`/conversations/all/${letter.conversationId}`}
            size="xs"
            c="var(--parley-accent-text)"
          >
            {t('deadLetters.openConversation')}
          </Anchor>
        )}
      </div>
      <Group gap="xs" wrap="nowrap">
        <Button size="xs" variant="light" loading={retry.isPending} onClick={() => retry.mutate()}>
          {t('deadLetters.retry')}
        </Button>
        <ActionIcon variant="subtle" color="gray" aria-label={t('app.delete')} onClick={() => setAsking(true)}>
          <IconTrash size={17} />
        </ActionIcon>
      </Group>
      <ConfirmDialog
        opened={asking}
        title={t('deadLetters.deleteTitle')}
        text={t('deadLetters.deleteText')}
        confirm={t('app.delete')}
        dangerous
        busy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}

function useLetterActions({ id }: DeadLetter) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const path = `/api/v1/dead-letters/${encodeURIComponent(id)}`;
  const refresh = () => queryClient.invalidateQueries({ queryKey: [listKey] });
  const retry = useMutation({
    mutationFn: () => api.call('POST', `${path}/retry`),
    onSuccess: async () => {
      notifyDone(t('deadLetters.retried'));
      await refresh();
    },
    onError: notifyFailure,
  });
  const remove = useMutation({
    mutationFn: () => api.call('DELETE', path),
    onSuccess: refresh,
    onError: notifyFailure,
  });
  return { retry, remove };
}
