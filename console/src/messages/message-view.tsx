import { Button, Tooltip } from '@mantine/core';
import type { PendingMessage } from '@parley/sdk/client-api.ts';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import {
  IconAlertCircle,
  IconCheck,
  IconChecks,
  IconClock,
  IconHelpCircle,
  IconLock,
  IconMessage2Share,
  IconRobot,
} from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemWords } from '../words/problems.ts';
import { serverWords } from '../words/server-words.ts';
import { useTimeWords } from '../words/time.ts';
import { ContentView } from './content-view.tsx';
import styles from './message.module.css';
import { SystemEntry } from './system-entry.tsx';

/** One entry of the timeline. `onResend` missing: shown for reading only. */
export const MessageView = memo(function MessageView(props: {
  message: Message;
  startsGroup: boolean;
  contactName: string;
  onResend?: (seq: number) => void;
}) {
  const { t } = useTranslation();
  const { full, clock } = useTimeWords();
  const { message, startsGroup } = props;
  if (message.content.type === 'system') return <SystemEntry content={message.content} at={message.createdAt} />;
  const name = senderName(message, props.contactName, t);
  return (
    <Bubble
      side={message.direction}
      note={message.private}
      whisper={message.whisper === true}
      label={t('message.at', { name, time: full(message.createdAt) })}
      content={message.content}
      head={startsGroup && <Head message={message} name={name} />}
    >
      {message.recalledAt === undefined ? (
        <ContentView content={message.content} />
      ) : (
        <em className={styles.dim}>{t('message.recalled')}</em>
      )}
      {message.deliveredAs !== undefined && <CustomerSaw content={message.deliveredAs} />}
      <div className={styles.foot}>
        {message.editedAt !== undefined && <span>{t('message.edited')}</span>}
        <time dateTime={new Date(message.createdAt).toISOString()} title={full(message.createdAt)}>
          {clock(message.createdAt)}
        </time>
        {message.direction === 'out' && !message.private && <StateMark message={message} />}
      </div>
      <Trouble message={message} onResend={props.onResend} />
    </Bubble>
  );
});

/** A message of our own that the server does not have yet. */
export function PendingView(props: { pending: PendingMessage; onRetry: () => void; onDiscard: () => void }) {
  const { t } = useTranslation();
  const { pending } = props;
  const failed = pending.state === 'failed';
  return (
    <Bubble
      side="out"
      note={pending.private}
      label={t(`message.pending.${pending.state}`)}
      content={pending.content}
      pending
    >
      <ContentView content={pending.content} />
      <div className={styles.foot}>
        {failed ? <IconAlertCircle size={14} className={styles.bad} /> : <IconClock size={13} />}
        <span>{t(`message.pending.${pending.state}`)}</span>
      </div>
      {failed && (
        <div className={styles.trouble} role="alert">
          <span>{failureOf(pending)}</span>
          <Button size="compact-xs" variant="light" color="red" onClick={props.onRetry}>
            {t('message.sendAgain')}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={props.onDiscard}>
            {t('message.discard')}
          </Button>
        </div>
      )}
    </Bubble>
  );
}

const labelIcon = { size: 12, stroke: 2.2, 'aria-hidden': true } as const;

function Bubble(props: {
  side: 'in' | 'out';
  note: boolean;
  whisper?: boolean;
  label: string;
  content: Content;
  head?: ReactNode;
  pending?: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const bare = props.content.type === 'sticker';
  const isWhisper = props.whisper === true;
  return (
    <article className={styles.message} data-side={props.side} aria-label={props.label}>
      {props.head}
      <div
        className={styles.bubble}
        data-note={(props.note && !isWhisper) || undefined}
        data-whisper={isWhisper || undefined}
        data-bare={bare || undefined}
        data-pending={props.pending || undefined}
      >
        {props.note && (
          <div className={styles.noteLabel} title={t('message.noteHint')}>
            {isWhisper ? <IconMessage2Share {...labelIcon} /> : <IconLock {...labelIcon} />}
            {t(isWhisper ? 'message.whisper' : 'message.privateNote')}
          </div>
        )}
        {props.children}
      </div>
    </article>
  );
}

function Head({ message, name }: { message: Message; name: string }) {
  return (
    <div className={styles.head}>
      {message.sender.type === 'bot' && <IconRobot size={14} aria-hidden="true" />}
      {name}
    </div>
  );
}

function senderName(message: Message, contactName: string, t: TFunction): string {
  const { type, name } = message.sender;
  switch (type) {
    case 'contact':
      return name || contactName;
    case 'agent':
      return name ?? t('message.agent');
    case 'bot':
      return name ?? t('message.bot');
    case 'system':
      return t('message.system');
    default:
      return type satisfies never;
  }
}

/** How far an outgoing message has come, as a sign; the word is its label. */
function StateMark({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { state } = message;
  const word = t(`message.state.${state}`);
  const icons = {
    received: null,
    queued: <IconClock size={13} />,
    sent: <IconCheck size={14} />,
    delivered: <IconChecks size={14} />,
    read: <IconChecks size={14} className={styles.read} />,
    failed: <IconAlertCircle size={14} className={styles.bad} />,
    unknown: <IconHelpCircle size={14} className={styles.warn} />,
  };
  return (
    <Tooltip label={word} openDelay={300}>
      <span className={styles.state} role="img" aria-label={word} data-state={state}>
        {icons[state]}
      </span>
    </Tooltip>
  );
}

/** A message that did not arrive, or perhaps did: why, and what can be done. */
function Trouble({ message, onResend }: { message: Message; onResend: ((seq: number) => void) | undefined }) {
  const { t } = useTranslation();
  const { state, stateReason, seq } = message;
  if (state !== 'failed' && state !== 'unknown') return null;
  return (
    <div className={styles.trouble} data-state={state}>
      <span>
        <strong>{t(`message.state.${state}`)}</strong>
        {stateReason !== undefined && `: ${serverWords(stateReason)}`}
        {state === 'unknown' && <span className={styles.dim}> {t('message.unknownHint')}</span>}
      </span>
      {onResend !== undefined && (
        <Button
          size="compact-xs"
          variant="light"
          color={state === 'failed' ? 'red' : 'amber.8'}
          onClick={() => onResend(seq)}
        >
          {t('message.sendAgain')}
        </Button>
      )}
    </div>
  );
}

function CustomerSaw({ content }: { content: Content }) {
  const { t } = useTranslation();
  return (
    <details className={styles.saw}>
      <summary>{t('message.customerSaw')}</summary>
      <ContentView content={content} />
    </details>
  );
}

function failureOf({ error }: PendingMessage): string | undefined {
  return error === undefined ? undefined : problemWords({ code: error.code, detail: error.message });
}
