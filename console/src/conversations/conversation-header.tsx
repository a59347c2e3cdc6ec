import { ActionIcon, Button, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import {
  IconArrowBackUp,
  IconArrowLeft,
  IconCheck,
  IconHandGrab,
  IconLayoutSidebarRightCollapse,
  IconLayoutSidebarRightExpand,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { useIsPhone } from '../app/screen.ts';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { useChannel } from '../channels/channel-queries.ts';
import { useContactName } from '../contacts/contact-queries.ts';
import { useMe } from '../session/session.ts';
import { SnoozeMenu } from '../snooze/snooze-menu.tsx';
import { useNow, useTimeWords } from '../words/time.ts';
import { AssignMenu } from './assign-menu.tsx';
import styles from './conversation-pane.module.css';
import type { Tab } from './conversation-queries.ts';
import { PriorityMenu } from './priority-menu.tsx';
import { LiveSlaMark, SlaTimer } from './sla-timer.tsx';
import { TagsEditor } from './tags-editor.tsx';
import type { ConversationActions } from './use-conversation-actions.tsx';

const minuteMs = 60_000;

type HeaderProps = {
  conversation: Conversation;
  tab: Tab;
  actions: ConversationActions;
  assignTarget: RefObject<HTMLButtonElement | null>;
  snoozeTarget: RefObject<HTMLButtonElement | null>;
  contactShown: boolean;
  onToggleContact: () => void;
};

/** Whose conversation it is, in which state, and everything that can be done with it. */
export function ConversationHeader(props: HeaderProps) {
  const { t } = useTranslation();
  const { conversation, actions } = props;
  const isPhone = useIsPhone();
  // That nobody has it is said by the button that takes it, which needs the room.
  const isWaiting = conversation.status === 'queued';
  return (
    <header className={styles.header}>
      {isPhone && (
        <ActionIcon
          component={Link}
          to={`/conversations/${props.tab}`}
          variant="subtle"
          color="gray"
          aria-label={t('app.back')}
        >
          <IconArrowLeft size={20} />
        </ActionIcon>
      )}
      <Who {...props} />
      <div className={styles.actions}>
        {!isPhone && <SlaTimer clocks={conversation.sla} />}
        <AssignMenu
          conversation={conversation}
          actions={actions}
          target={props.assignTarget}
          compact={isPhone || isWaiting}
        />
        <PriorityMenu priority={conversation.priority} onChoose={actions.setPriority} />
        <TagsEditor tags={conversation.tags} onChange={actions.setTags} />
        <SnoozeMenu conversation={conversation} target={props.snoozeTarget} />
        {isWaiting && <TakeButton actions={actions} compact={isPhone} />}
        <ResolveButton conversation={conversation} actions={actions} compact={isPhone} />
        {!isPhone && <ContactToggle shown={props.contactShown} onToggle={props.onToggleContact} />}
      </div>
    </header>
  );
}

function Who({ conversation, onToggleContact }: HeaderProps) {
  const { t } = useTranslation();
  const channel = useChannel(conversation.channelId);
  const { contact } = conversation;
  const name = useContactName(contact);
  const isPhone = useIsPhone();
  // A phone has no room for both; how long there is left says more than that it is open.
  const isMeasured = (conversation.sla ?? []).length > 0;
  return (
    <UnstyledButton className={styles.who} onClick={onToggleContact}>
      {!isPhone && <Face id={contact.id} name={name} url={contact.avatarUrl} size={32} />}
      <span className={styles.whoText}>
        <span className={styles.name}>{name}</span>
        <span className={styles.channelName}>
          <ChannelIcon type={conversation.channelType} size={13} />
          <span>{channel?.name ?? conversation.channelType}</span>
          {!(isPhone && isMeasured) && (
            <span className={styles.status} data-status={conversation.status}>
              <StatusWords conversation={conversation} />
            </span>
          )}
          {isPhone && <LiveSlaMark clocks={conversation.sla} />}
        </span>
      </span>
      <VisuallyHidden>{t('conversation.showDetails')}</VisuallyHidden>
    </UnstyledButton>
  );
}

function StatusWords({ conversation: { status, snoozedUntil } }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { when } = useTimeWords();
  const now = useNow(minuteMs);
  return snoozedUntil === undefined ? t(`status.${status}`) : t('snooze.until', { when: when(snoozedUntil, now) });
}

/** What is to be done first with a conversation that waits. */
function TakeButton({ actions, compact }: { actions: ConversationActions; compact: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const take = () => actions.assign(me);
  if (compact) {
    return (
      <ActionIcon variant="filled" aria-label={t('conversation.take')} loading={actions.busy} onClick={take}>
        <IconHandGrab size={18} />
      </ActionIcon>
    );
  }
  return (
    <Button size="xs" leftSection={<IconHandGrab size={15} />} disabled={actions.busy} onClick={take}>
      {t('conversation.take')}
    </Button>
  );
}

function ResolveButton(props: { conversation: Conversation; actions: ConversationActions; compact: boolean }) {
  const { t } = useTranslation();
  const { actions, compact } = props;
  const { status } = props.conversation;
  const closed = status === 'closed';
  const variant = closed || status === 'queued' ? 'default' : 'filled';
  const label = t(closed ? 'conversation.reopen' : 'conversation.resolve');
  const Icon = closed ? IconArrowBackUp : IconCheck;
  if (compact) {
    return (
      <ActionIcon variant={variant} aria-label={label} loading={actions.busy} onClick={actions.toggleResolved}>
        <Icon size={18} />
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={`${label} (E)`} openDelay={500}>
      <Button
        size="xs"
        variant={variant}
        leftSection={<Icon size={15} />}
        disabled={actions.busy}
        onClick={actions.toggleResolved}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

function ContactToggle({ shown, onToggle }: { shown: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  const label = t(shown ? 'conversation.hideDetails' : 'conversation.showDetails');
  return (
    <Tooltip label={label} openDelay={500}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} aria-expanded={shown} onClick={onToggle}>
        {shown ? <IconLayoutSidebarRightCollapse size={19} /> : <IconLayoutSidebarRightExpand size={19} />}
      </ActionIcon>
    </Tooltip>
  );
}
