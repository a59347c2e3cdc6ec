import type { Conversation, Priority } from '@parley/sdk/protocol.ts';
import { IconArrowUp, IconChevronsUp, IconStarFilled } from '@tabler/icons-react';
import { memo, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { Face } from '../app/face.tsx';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { drafts } from '../composer/drafts.ts';
import { useContactName } from '../contacts/contact-queries.ts';
import { useMe } from '../session/session.ts';
import { useTimeWords } from '../words/time.ts';
import styles from './conversation-list.module.css';
import type { Tab } from './conversation-queries.ts';
import type { Row } from './list-order.ts';
import { SlaMark } from './sla-timer.tsx';
import { useTypist } from './use-typist.ts';

/** From here on a waiting time is shown as urgent. */
const longWaitMs = 5 * 60_000;

type RowProps = {
  domId: string;
  row: Row;
  tab: Tab;
  now: number;
  top: number;
  height: number;
  isOpen: boolean;
  isCursor: boolean;
  onOpen: (id: string) => void;
};

/** One conversation in the list. Its height is fixed, so that nothing jumps. */
export const ConversationRow = memo(function ConversationRow(props: RowProps) {
  const { t } = useTranslation();
  const { stamp } = useTimeWords();
  const { conversation, gone } = props.row;
  const { id, contact, lastMessage, unread, priority } = conversation;
  const name = useContactName(contact);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it takes the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its active option.
    <div
      id={props.domId}
      role="option"
      aria-selected={props.isOpen}
      className={styles.row}
      data-open={props.isOpen || undefined}
      data-cursor={props.isCursor || undefined}
      data-unread={unread > 0 || undefined}
      data-gone={gone || undefined}
      title={gone ? t('list.gone') : undefined}
      style={{ transform: `translateY(${props.top}px)`, height: props.height }}
      onClick={() => props.onOpen(id)}
    >
      <div className={styles.face}>
        <Face id={contact.id} name={name} url={contact.avatarUrl} size={36} />
        <span className={styles.channel}>
          <ChannelIcon type={conversation.channelType} size={12} />
        </span>
      </div>
      <div className={styles.body}>
        <div className={styles.line}>
          <span className={styles.name}>{name}</span>
          {contact.vip === true && <VipMark />}
          <PriorityMark priority={priority} />
          <span className={styles.time}>{stamp(lastMessage?.createdAt ?? conversation.createdAt, props.now)}</span>
        </div>
        <div className={styles.line}>
          <Preview conversation={conversation} />
          {unread > 0 && (
            <span className={styles.unread} role="img" aria-label={t('list.unread', { n: unread })}>
              {unread > 99 ? '99+' : unread}
            </span>
          )}
        </div>
        <Facts conversation={conversation} tab={props.tab} now={props.now} />
      </div>
    </div>
  );
});

function Preview({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const typing = useTypist(conversation.id);
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.textOf(conversation.id));
  const { lastMessage } = conversation;
  if (typing) return <span className={styles.typing}>{t('list.typing')}</span>;
  if (draft !== '') {
    return (
      <span className={styles.preview}>
        <span className={styles.draft}>{t('list.draft')}</span> {draft}
      </span>
    );
  }
  const who = lastMessage?.senderType === 'agent' ? `${t('message.agent')}: ` : '';
  return (
    <span className={styles.preview}>
      {who}
      {lastMessage?.preview === '' ? t('content.file') : lastMessage?.preview}
    </span>
  );
}

/** The third line: how long the customer waits, who has it, and what it is about. */
function Facts({ conversation, tab, now }: { conversation: Conversation; tab: Tab; now: number }) {
  const { t } = useTranslation();
  const { span, when } = useTimeWords();
  const { waitingSince, abandonedAt, status, tags, snoozedUntil } = conversation;
  const waited = waitingSince === undefined || status === 'closed' ? undefined : now - waitingSince;
  return (
    <div className={styles.facts}>
      {waited !== undefined && (
        <span
          className={styles.waiting}
          data-long={waited >= longWaitMs || undefined}
          title={t('list.waitingLabel', { span: span(waited) })}
        >
          {t('list.waiting', { span: span(waited) })}
        </span>
      )}
      <SlaMark clocks={status === 'closed' ? undefined : conversation.sla} now={now} />
      {snoozedUntil !== undefined && <span>{t('snooze.back', { when: when(snoozedUntil, now) })}</span>}
      {abandonedAt !== undefined && status === 'queued' && (
        <span className={styles.tag} title={t('list.leftHint')}>
          {t('list.left')}
        </span>
      )}
      {tab === 'all' && status !== 'agent' && <span>{t(`status.${status}`)}</span>}
      {tab !== 'mine' && tab !== 'snoozed' && tab !== 'queue' && status !== 'queued' && (
        <Assignee id={conversation.assigneeId} />
      )}
      {tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
    </div>
  );
}

function Assignee({ id }: { id: string | null }) {
  const { t } = useTranslation();
  const me = useMe();
  const agent = useAgent(id);
  if (id === null) return null;
  return <span>{id === me.id ? t('list.you') : (agent?.name ?? t('conversation.formerAgent'))}</span>;
}

function VipMark() {
  const { t } = useTranslation();
  return (
    <span className={styles.vip} role="img" aria-label={t('contact.vip')} title={t('contact.vip')}>
      <IconStarFilled size={12} />
    </span>
  );
}

export function PriorityMark({ priority }: { priority: Priority }) {
  const { t } = useTranslation();
  if (priority !== 'high' && priority !== 'urgent') return null;
  const Icon = priority === 'urgent' ? IconChevronsUp : IconArrowUp;
  return (
    <span
      className={styles.priority}
      data-priority={priority}
      role="img"
      aria-label={`${t('priority.label')}: ${t(`priority.${priority}`)}`}
      title={t(`priority.${priority}`)}
    >
      <Icon size={14} stroke={2.4} />
    </span>
  );
}
