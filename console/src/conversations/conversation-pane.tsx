import { Button, Skeleton } from '@mantine/core';
import { IconMessageOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type RefObject, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { Composer, type ComposerHandle } from '../composer/composer.tsx';
import type { Draft } from '../composer/drafts.ts';
import { ImageViewerProvider } from '../messages/image-viewer.tsx';
import { Timeline } from '../messages/timeline.tsx';
import { useConversationView } from '../messages/use-conversation-view.ts';
import { useMe } from '../session/session.ts';
import { useShortcuts } from '../shortcuts/shortcuts.ts';
import { SuggestionStrip } from '../suggestions/suggestion-strip.tsx';
import { ParticipantsStrip } from '../team/participants-strip.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import styles from './conversation-pane.module.css';
import { listQuery, type Tab } from './conversation-queries.ts';
import { belongs } from './list-cache.ts';
import { mostUrgent } from './most-urgent.ts';
import { useConversationActions } from './use-conversation-actions.tsx';

type PaneProps = {
  id: string;
  tab: Tab;
  composer: RefObject<ComposerHandle | null>;
  contactShown: boolean;
  onToggleContact: () => void;
};

/** The open conversation: what it is, what was said, and where to answer. Keep it mounted with its id as key. */
export function ConversationPane({ id, tab, composer, contactShown, onToggleContact }: PaneProps) {
  const { t } = useTranslation();
  const view = useConversationView(id);
  const conversation = view?.conversation;
  const actions = useConversationActions(conversation);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { id: ownId } = useMe();
  const assignTarget = useRef<HTMLButtonElement>(null);
  const snoozeTarget = useRef<HTMLButtonElement>(null);
  useShortcuts({
    resolve: () => {
      if (conversation === undefined) return false;
      actions.toggleResolved();
      return true;
    },
    resolveNext: () => {
      if (conversation === undefined) return false;
      actions.resolve(() => void openNext());
      return true;
    },
    reply: () => focus('reply'),
    note: () => focus('note'),
    assign: () => {
      assignTarget.current?.click();
      return assignTarget.current !== null;
    },
    snooze: () => {
      snoozeTarget.current?.click();
      return snoozeTarget.current !== null;
    },
  });
  /** What of one's own needs an answer first; where there is nothing left, the list. */
  async function openNext(): Promise<void> {
    const pages = await queryClient.ensureInfiniteQueryData(listQuery({ tab: 'mine', search: '' }));
    const mine = pages.pages.flatMap(({ items }) => items);
    const next = mostUrgent(mine.filter((one) => one.id !== id && belongs(one, 'mine', ownId)));
    if (next === undefined) await navigate({ to: '/conversations/$tab', params: { tab } });
    else
      await navigate({
        to: '/conversations/$tab/$conversationId',
        params: { tab: 'mine', conversationId: next.id },
      });
  }
  function focus(mode: Draft['mode']): boolean {
    composer.current?.focus(mode);
    return composer.current !== null;
  }

  if (view?.loaded === true && conversation === undefined) {
    return (
      <EmptyState icon={<IconMessageOff size={22} />} title={t('conversation.missing')}>
        <Button component={Link} to={`/conversations/${tab}`} size="xs" variant="light">
          {t('app.back')}
        </Button>
      </EmptyState>
    );
  }
  return (
    <ImageViewerProvider>
      <section className={styles.pane} aria-label={t('conversation.label')}>
        {conversation === undefined ? (
          <div className={styles.header}>
            <Skeleton circle height={32} />
            <Skeleton height={12} width={160} />
          </div>
        ) : (
          <ConversationHeader
            conversation={conversation}
            tab={tab}
            actions={actions}
            assignTarget={assignTarget}
            snoozeTarget={snoozeTarget}
            contactShown={contactShown}
            onToggleContact={onToggleContact}
          />
        )}
        {conversation !== undefined && (
          <ParticipantsStrip conversation={conversation} onWhisper={() => focus('whisper')} onInvite={actions.invite} />
        )}
        {view === undefined ? (
          <div className={styles.fill} />
        ) : (
          <>
            <Timeline view={view} />
            <SuggestionStrip view={view} conversationId={id} composer={composer} />
            <Composer view={view} conversationId={id} handle={composer} />
          </>
        )}
        {actions.dialogs}
      </section>
    </ImageViewerProvider>
  );
}
