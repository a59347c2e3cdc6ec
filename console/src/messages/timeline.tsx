import { Button, Loader, Skeleton, VisuallyHidden } from '@mantine/core';
import type { ConversationView } from '@parley/sdk/client-api.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { IconArrowDown, IconMessage2 } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyFailure } from '../app/notify.ts';
import { markRead } from '../realtime/follow-lists.ts';
import { useNow, useTimeWords } from '../words/time.ts';
import { MessageView, PendingView } from './message-view.tsx';
import styles from './timeline.module.css';
import { timelineItems } from './timeline-items.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

/** Only so many of the held messages are in the page; scrolling up shows more of them before it asks the server. */
const windowSize = 80;

/** The conversation as it went. Keep it mounted with the conversation's id as key. */
export function Timeline({ view }: { view: ConversationView }) {
  const { t } = useTranslation();
  const scroll = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { messages, pending, hasOlder, conversation } = view;
  const [shown, setShown] = useState(windowSize);
  const readSeq = useReadSeqAtOpening(view);
  const inWindow = useMemo(() => messages.slice(-shown), [messages, shown]);
  const items = useMemo(() => timelineItems(inWindow, readSeq), [inWindow, readSeq]);
  const loadingOlder = useRef(false);

  const showOlder = useCallback(() => {
    if (view.messages.length > shown) setShown(shown + windowSize);
    else if (view.hasOlder && !loadingOlder.current) {
      loadingOlder.current = true;
      view
        .loadOlder()
        .then(() => setShown((count) => count + windowSize))
        .catch(notifyFailure)
        .finally(() => {
          loadingOlder.current = false;
        });
    }
  }, [view, shown]);
  const { atEnd, toEnd, onScroll } = useStickToEnd({ scroll, content, firstKey: items[0]?.key, onTop: showOlder });
  // Back at the end, the page becomes light again.
  useEffect(() => {
    if (atEnd) setShown(windowSize);
  }, [atEnd]);
  // What was just sent here is to be seen, wherever the reader was.
  const lastPending = pending.at(-1)?.clientId;
  useEffect(() => {
    if (lastPending !== undefined) toEnd();
  }, [lastPending, toEnd]);
  const below = useBelow(messages, atEnd);
  useMarkRead(view, atEnd);
  const onResend = useResend(view.id);

  const contactName = conversation?.contact.name || t('contact.unnamed');
  const more = hasOlder || messages.length > inWindow.length;
  return (
    <div className={styles.frame}>
      <div
        ref={scroll}
        className={styles.scroll}
        onScroll={onScroll}
        role="log"
        aria-label={t('conversation.timeline')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it.
        tabIndex={0}
      >
        <div ref={content} className={styles.content}>
          {view.loaded ? (
            <div className={styles.edge}>
              {more ? (
                <>
                  <Loader size={14} /> {t('conversation.loadingOlder')}
                </>
              ) : (
                messages.length > 0 && t('conversation.beginning')
              )}
            </div>
          ) : (
            <BubbleSkeletons />
          )}
          {items.map((item) => {
            if (item.kind === 'day') return <DayDivider key={item.key} at={item.at} />;
            if (item.kind === 'new') return <NewDivider key={item.key} />;
            return (
              <MessageView
                key={item.key}
                message={item.message}
                startsGroup={item.startsGroup}
                contactName={contactName}
                onResend={onResend}
              />
            );
          })}
          {pending.map((entry) => (
            <PendingView
              key={entry.clientId}
              pending={entry}
              onRetry={() => view.retry(entry.clientId)}
              onDiscard={() => view.discard(entry.clientId)}
            />
          ))}
          {view.loaded && messages.length === 0 && pending.length === 0 && (
            <EmptyState
              icon={<IconMessage2 size={22} />}
              title={t('conversation.empty')}
              hint={t('conversation.emptyHint')}
            />
          )}
          <Typist view={view} contactName={contactName} />
        </div>
      </div>
      {!atEnd && (
        <Button
          className={styles.toEnd}
          size="compact-sm"
          radius="xl"
          variant={below > 0 ? 'filled' : 'default'}
          leftSection={<IconArrowDown size={14} />}
          onClick={toEnd}
        >
          {below > 0 ? t('conversation.newBelow', { n: below }) : t('conversation.toLatest')}
        </Button>
      )}
    </div>
  );
}

function DayDivider({ at }: { at: number }) {
  const { day, full } = useTimeWords();
  const now = useNow(60_000);
  return (
    <div className={styles.day} title={full(at)}>
      <span>{day(at, now)}</span>
    </div>
  );
}

function NewDivider() {
  const { t } = useTranslation();
  return (
    <div className={styles.new}>
      <span>{t('conversation.newDivider')}</span>
    </div>
  );
}

function Typist({ view, contactName }: { view: ConversationView; contactName: string }) {
  const { t } = useTranslation();
  const { typing } = view;
  const name = typing?.by === 'contact' ? contactName : typing?.name;
  const words = name === undefined ? t('conversation.someoneTyping') : t('conversation.typing', { name });
  return (
    <div className={styles.typing} data-on={typing !== undefined || undefined}>
      {typing !== undefined && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words}
        </>
      )}
      <VisuallyHidden aria-live="polite">{typing !== undefined ? words : ''}</VisuallyHidden>
    </div>
  );
}

function BubbleSkeletons() {
  return (
    <div className={styles.skeletons} aria-hidden="true">
      {[220, 300, 180, 340, 240].map((width, index) => (
        <Skeleton
          key={width}
          className={index % 2 === 1 ? styles.skeletonOut : undefined}
          width={width}
          maw="80%"
          height={38}
          radius={12}
        />
      ))}
    </div>
  );
}

/** How far agents had read when this conversation was opened: it stays while one reads on. */
function useReadSeqAtOpening(view: ConversationView): number | undefined {
  const [readSeq, setReadSeq] = useState<number>();
  const known = view.conversation;
  useEffect(() => {
    if (known === undefined) return;
    setReadSeq((before) => before ?? (known.unread > 0 ? known.agentReadSeq : Number.POSITIVE_INFINITY));
  }, [known]);
  return readSeq;
}

/** How many customer's messages came while the reader was further up. */
function useBelow(messages: readonly Message[], atEnd: boolean): number {
  const lastSeq = messages.at(-1)?.seq ?? 0;
  const [seenSeq, setSeenSeq] = useState(lastSeq);
  useEffect(() => {
    if (atEnd) setSeenSeq(lastSeq);
  }, [atEnd, lastSeq]);
  return messages.filter((message) => message.seq > seenSeq && message.direction === 'in').length;
}

/** Read is what stood at the bottom of a window that somebody looked at. */
function useMarkRead(view: ConversationView, atEnd: boolean): void {
  const queryClient = useQueryClient();
  const lastSeq = view.messages.at(-1)?.seq ?? 0;
  const readSeq = view.conversation?.agentReadSeq ?? 0;
  const { id } = view;
  useEffect(() => {
    if (!atEnd || id === undefined || lastSeq <= readSeq) return;
    const conversationId = id;
    function read(): void {
      if (!document.hasFocus() || document.visibilityState !== 'visible') return;
      view.markRead(lastSeq);
      markRead(queryClient, conversationId, lastSeq);
    }
    read();
    window.addEventListener('focus', read);
    return () => window.removeEventListener('focus', read);
  }, [view, id, atEnd, lastSeq, readSeq, queryClient]);
}

function useResend(id: string | undefined): (seq: number) => void {
  return useCallback(
    (seq: number) => {
      if (id === undefined) return;
      api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/messages/${seq}/resend`).catch(notifyFailure);
    },
    [id],
  );
}
