import { Drawer, VisuallyHidden } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconMessageCircle } from '@tabler/icons-react';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { useIsPhone, useIsWide } from '../app/screen.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { ContactPane } from '../contacts/contact-pane.tsx';
import { useShortcuts } from '../shortcuts/shortcuts.ts';
import { ConversationList } from './conversation-list.tsx';
import { ConversationPane } from './conversation-pane.tsx';
import { FirstSteps, useIsUntouched } from './first-steps.tsx';
import styles from './workbench.module.css';

/** Three panes side by side; on a phone one after the other, with the browser's own way back. */
export function Workbench() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { tab = 'mine', conversationId } = useParams({ strict: false });
  const isPhone = useIsPhone();
  const composer = useRef<ComposerHandle>(null);
  const contact = useContactPane();
  useShortcuts({
    back: () => {
      if (conversationId === undefined) return false;
      void navigate({ to: '/conversations/$tab', params: { tab } });
      return true;
    },
  });
  const showList = !isPhone || conversationId === undefined;
  const showConversation = !isPhone || conversationId !== undefined;
  return (
    <div className={styles.panes}>
      <VisuallyHidden component="h1">{t('nav.conversations')}</VisuallyHidden>
      {showList && (
        <div className={styles.list}>
          <ConversationList tab={tab} openId={conversationId} onEnter={() => composer.current?.focus()} />
        </div>
      )}
      {showConversation && (
        <div className={styles.conversation}>
          {conversationId === undefined ? (
            <NoConversation />
          ) : (
            <ConversationPane
              key={conversationId}
              id={conversationId}
              tab={tab}
              composer={composer}
              contactShown={contact.shown}
              onToggleContact={contact.toggle}
            />
          )}
        </div>
      )}
      {conversationId !== undefined && contact.inline && contact.shown && (
        <aside className={styles.contact} aria-label={t('contact.label')}>
          <ContactPane key={conversationId} conversationId={conversationId} />
        </aside>
      )}
      {conversationId !== undefined && !contact.inline && (
        <Drawer
          opened={contact.shown}
          onClose={contact.toggle}
          position="right"
          size={isPhone ? '100%' : 380}
          title={t('contact.label')}
          closeButtonProps={{ 'aria-label': t('app.close') }}
        >
          <ContactPane key={conversationId} conversationId={conversationId} />
        </Drawer>
      )}
    </div>
  );
}

function NoConversation() {
  const { t } = useTranslation();
  if (useIsUntouched()) return <FirstSteps />;
  return (
    <EmptyState
      icon={<IconMessageCircle size={22} />}
      title={t('conversation.none')}
      hint={t('conversation.noneHint')}
    />
  );
}

/** Beside the conversation where there is room, and then remembered; else over it, when asked for. */
function useContactPane() {
  const inline = useIsWide();
  const [kept, setKept] = useLocalStorage({
    key: 'parley.contact-pane',
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  const [over, setOver] = useState(false);
  return {
    inline,
    shown: inline ? kept : over,
    toggle: () => (inline ? setKept((shown) => !shown) : setOver((shown) => !shown)),
  };
}
