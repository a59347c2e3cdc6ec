import { Button, CloseButton, Skeleton, TextInput, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconArrowUp, IconInbox, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { useIsPhone } from '../app/screen.ts';
import { useClient } from '../realtime/realtime.tsx';
import { usePreferences } from '../session/preferences.ts';
import { useShortcuts } from '../shortcuts/shortcuts.ts';
import { TakingPart } from '../team/taking-part.tsx';
import { useNow } from '../words/time.ts';
import styles from './conversation-list.module.css';
import { countsQuery, type Tab, tabs } from './conversation-queries.ts';
import { ConversationRow } from './conversation-row.tsx';
import { FirstSteps, useIsUntouched } from './first-steps.tsx';
import { useList } from './use-list.ts';

const rowPx = { compact: 68, comfortable: 82 } as const;
const searchAfterMs = 250;
/** Whose changes a window has to hear of for its list. */
const watchedOf = { mine: 'mine', snoozed: 'mine', queue: 'queue', all: 'all', closed: 'all' } as const;
/** Rows from the end at which the next page is asked for. */
const loadAhead = 8;

/** All about finding the next conversation: tabs, search, and the rows. */
export function ConversationList(props: { tab: Tab; openId: string | undefined; onEnter: () => void }) {
  const { tab } = props;
  const { t } = useTranslation();
  const client = useClient();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), searchAfterMs);
  const searchRef = useRef<HTMLInputElement>(null);
  useEffect(() => client.watch(watchedOf[tab]), [client, tab]);
  useShortcuts({
    search: () => {
      searchRef.current?.focus();
      searchRef.current?.select();
      return true;
    },
  });
  return (
    <section className={styles.pane} aria-label={t('list.label')}>
      <Tabs tab={tab} />
      <div className={styles.search}>
        <TextInput
          ref={searchRef}
          size="sm"
          type="search"
          aria-label={t('list.search')}
          placeholder={t('list.searchHint')}
          leftSection={<IconSearch size={15} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
            setText('');
            searchRef.current?.blur();
          }}
          rightSection={
            text !== '' && <CloseButton size="sm" aria-label={t('list.clearSearch')} onClick={() => setText('')} />
          }
        />
      </div>
      {tab === 'mine' && search === '' && <TakingPart openId={props.openId} />}
      <Rows key={`${tab} ${search}`} {...props} search={search} />
    </section>
  );
}

function Tabs({ tab: chosen }: { tab: Tab }) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  return (
    <nav className={styles.tabs} aria-label={t('list.tabs')}>
      {tabs.map((tab) => (
        <Link
          key={tab}
          to="/conversations/$tab"
          params={{ tab }}
          className={styles.tab}
          aria-current={tab === chosen ? 'page' : undefined}
        >
          {t(`list.${tab}`)}
          {tab !== 'closed' && counts !== undefined && <span className={styles.tabCount}>{counts[tab]}</span>}
        </Link>
      ))}
    </nav>
  );
}

function Rows(props: { tab: Tab; search: string; openId: string | undefined; onEnter: () => void }) {
  const { tab, search, openId, onEnter } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { density } = usePreferences();
  const { query, rows, fresh, hold, release } = useList({ tab, search });
  const scrollRef = useRef<HTMLDivElement>(null);
  const now = useNow(10_000);
  const [cursorId, setCursorId] = useState(openId);
  useEffect(() => setCursorId(openId), [openId]);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowPx[density],
    getItemKey: (index) => rows[index]?.conversation.id ?? index,
    overscan: 6,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the virtualizer keeps sizes; a new height makes them wrong.
  useEffect(() => virtualizer.measure(), [density, virtualizer]);

  const visible = virtualizer.getVirtualItems();
  const lastShown = visible.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= rows.length - loadAhead) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, lastShown, rows.length, fetchNextPage]);

  const cursor = rows.findIndex((row) => row.conversation.id === cursorId);

  function move(by: 1 | -1): boolean {
    const next = rows[cursor < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, cursor + by))];
    if (next === undefined) return false;
    hold();
    setCursorId(next.conversation.id);
    virtualizer.scrollToIndex(rows.indexOf(next));
    return true;
  }
  function open(id: string): void {
    void navigate({ to: '/conversations/$tab/$conversationId', params: { tab, conversationId: id } });
  }
  function openCursor(): boolean {
    if (cursorId === undefined || cursor < 0) return false;
    if (cursorId === openId) onEnter();
    else open(cursorId);
    return true;
  }
  useShortcuts({ next: () => move(1), previous: () => move(-1), open: openCursor });

  function onKeyDown(event: KeyboardEvent): void {
    const moved = { ArrowDown: 1, ArrowUp: -1 } as const;
    if (event.key === 'Enter' && openCursor()) event.preventDefault();
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && move(moved[event.key])) event.preventDefault();
  }

  /** The list may move again when nobody points at it or has scrolled into it. */
  function settle(): void {
    if ((scrollRef.current?.scrollTop ?? 0) < rowPx[density]) release();
  }
  function showNew(): void {
    release();
    scrollRef.current?.scrollTo({ top: 0 });
  }

  if (query.isPending) return <RowSkeletons />;
  if (query.isError && rows.length === 0) {
    return <LoadFailed title={t('list.loadFailed')} error={query.error} onRetry={query.refetch} />;
  }
  if (rows.length === 0 && fresh === 0) return <NoRows tab={tab} search={search} />;
  return (
    <div className={styles.rows}>
      {fresh > 0 && (
        <Button
          className={styles.fresh}
          size="compact-sm"
          radius="xl"
          leftSection={<IconArrowUp size={14} />}
          onClick={showNew}
        >
          {t('list.newRows', { n: fresh })}
        </Button>
      )}
      <div
        ref={scrollRef}
        className={styles.scroll}
        data-density={density}
        role="listbox"
        aria-label={t('list.label')}
        aria-activedescendant={cursor >= 0 ? rowDomId(cursorId) : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerEnter={hold}
        onPointerLeave={settle}
        onScroll={(event) => event.currentTarget.scrollTop > rowPx[density] && hold()}
      >
        <div className={styles.canvas} style={{ height: virtualizer.getTotalSize() }}>
          {visible.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <ConversationRow
                key={item.key}
                domId={rowDomId(row.conversation.id)}
                row={row}
                tab={tab}
                now={now}
                top={item.start}
                height={item.size}
                isOpen={row.conversation.id === openId}
                isCursor={row.conversation.id === cursorId}
                onOpen={open}
              />
            );
          })}
        </div>
        {isFetchingNextPage && <RowSkeletons count={2} />}
      </div>
      <Announcer rows={rows} openId={openId} />
    </div>
  );
}

function rowDomId(id: string | undefined): string {
  return `conversation-row-${id ?? ''}`;
}

function NoRows({ tab, search }: { tab: Tab; search: string }) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  const isPhone = useIsPhone();
  const isUntouched = useIsUntouched();
  if (search !== '')
    return (
      <EmptyState icon={<IconSearch size={22} />} title={t('list.emptySearch')} hint={t('list.emptySearchHint')} />
    );
  // Where there is room, they stand beside the list.
  if (tab === 'mine' && isPhone && isUntouched) return <FirstSteps />;
  const words = { mine: 'Mine', snoozed: 'Snoozed', queue: 'Queue', all: 'All', closed: 'Closed' } as const;
  return (
    <EmptyState
      icon={<IconInbox size={22} />}
      title={t(`list.empty${words[tab]}`)}
      hint={t(`list.empty${words[tab]}Hint`)}
    >
      {tab === 'mine' && (counts?.queue ?? 0) > 0 && (
        <Button component={Link} to="/conversations/queue" size="xs" variant="light">
          {t('list.toQueue')}
        </Button>
      )}
    </EmptyState>
  );
}

function RowSkeletons({ count = 7 }: { count?: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same and never move.
        <div key={index} className={styles.skeleton}>
          <Skeleton circle height={36} />
          <div className={styles.skeletonText}>
            <Skeleton height={11} width={`${45 + ((index * 17) % 30)}%`} />
            <Skeleton height={10} width={`${70 + ((index * 11) % 25)}%`} />
          </div>
        </div>
      ))}
    </div>
  );
}

/** Tells screen readers of a new message in another conversation than the open one. */
function Announcer(props: { rows: readonly { conversation: Conversation }[]; openId: string | undefined }) {
  const { t } = useTranslation();
  const client = useClient();
  const [said, setSaid] = useState('');
  const latest = useRef(props);
  latest.current = props;
  useEffect(
    () =>
      client.on('message', ({ message }) => {
        const { rows, openId } = latest.current;
        if (message.direction !== 'in' || message.conversationId === openId) return;
        const row = rows.find(({ conversation }) => conversation.id === message.conversationId);
        const name = row?.conversation.contact.name || message.sender.name || t('contact.unnamed');
        const text = message.content.type === 'text' ? message.content.text.slice(0, 200) : '';
        setSaid(t('list.newMessage', { name, text }));
      }),
    [client, t],
  );
  return <VisuallyHidden aria-live="polite">{said}</VisuallyHidden>;
}
