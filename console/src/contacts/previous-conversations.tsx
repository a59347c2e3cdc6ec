import { Anchor, Skeleton, Text, UnstyledButton } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { MessageView } from '../messages/message-view.tsx';
import { timelineItems } from '../messages/timeline-items.ts';
import { useTimeWords } from '../words/time.ts';
import styles from './contact.module.css';
import { contactConversationsQuery, excerptQuery } from './contact-queries.ts';

/** What this customer wrote about before, to be read without leaving the present conversation. */
export function PreviousConversations(props: { contactId: string; currentId: string; contactName: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(contactConversationsQuery(props.contactId));
  if (data === undefined) return <Skeleton height={12} width="70%" />;
  const previous = data.filter((conversation) => conversation.id !== props.currentId);
  if (previous.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('contact.noPrevious')}
      </Text>
    );
  }
  return (
    <ul className={styles.previous}>
      {previous.map((conversation) => (
        <Previous key={conversation.id} conversation={conversation} contactName={props.contactName} />
      ))}
    </ul>
  );
}

function Previous({ conversation, contactName }: { conversation: Conversation; contactName: string }) {
  const { t } = useTranslation();
  const { day } = useTimeWords();
  const [opened, setOpened] = useState(false);
  const date = day(conversation.createdAt, Date.now());
  return (
    <li>
      <UnstyledButton
        className={styles.previousHead}
        aria-expanded={opened}
        aria-label={t('contact.readInline', { date })}
        onClick={() => setOpened((open) => !open)}
      >
        <IconChevronRight size={14} className={styles.chevron} aria-hidden="true" />
        <ChannelIcon type={conversation.channelType} size={14} />
        <span className={styles.previousText}>{conversation.lastMessage?.preview || t('conversation.empty')}</span>
        <span className={styles.dim}>{date}</span>
      </UnstyledButton>
      {opened && <Excerpt conversation={conversation} contactName={contactName} />}
    </li>
  );
}

function Excerpt({ conversation, contactName }: { conversation: Conversation; contactName: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(excerptQuery(conversation.id, conversation.lastSeq));
  if (data === undefined) return <Skeleton height={40} mt={6} />;
  return (
    <div className={styles.excerpt}>
      {timelineItems(data, undefined).map(
        (item) =>
          item.kind === 'message' && (
            <MessageView
              key={item.key}
              message={item.message}
              startsGroup={item.startsGroup}
              contactName={contactName}
            />
          ),
      )}
      <Anchor
        component={Link}
        to={`/conversations/${conversation.status === 'closed' ? 'closed' : 'all'}/${conversation.id}`}
        size="xs"
        c="var(--parley-accent-text)"
        mt="xs"
      >
        {t('contact.openIt')}
      </Anchor>
    </div>
  );
}
