import { SegmentedControl } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconLock, IconMessage2Share } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isSupervisor, useMe } from '../session/session.ts';
import { partOf } from '../team/team-queries.ts';
import styles from './composer.module.css';
import type { Draft } from './drafts.ts';

export type Mode = Draft['mode'];

/** To whom this agent may write here: who listens not to the customer, and supervisors to who has it. */
export function useModes(conversation: Conversation | undefined): readonly Mode[] {
  const me = useMe();
  const isListening = partOf(conversation, me.id)?.kind === 'listening';
  const isRunning = conversation?.status === 'agent' || conversation?.status === 'snoozed';
  const mayWhisper = isSupervisor(me) && isRunning && conversation.assigneeId !== me.id;
  return [...(isListening ? [] : ['reply' as const]), ...(mayWhisper ? ['whisper' as const] : []), 'note'];
}

export function ModeSwitch(props: { modes: readonly Mode[]; mode: Mode; onChoose: (mode: Mode) => void }) {
  const { t } = useTranslation();
  const labels = {
    reply: t('composer.reply'),
    whisper: (
      <span className={styles.noteLabel}>
        <IconMessage2Share size={13} aria-hidden="true" />
        {t('composer.whisper')}
      </span>
    ),
    note: (
      <span className={styles.noteLabel}>
        <IconLock size={13} aria-hidden="true" />
        {t('composer.note')}
      </span>
    ),
  };
  return (
    <SegmentedControl<Mode>
      className={styles.mode}
      size="xs"
      aria-label={t('composer.mode')}
      value={props.mode}
      onChange={props.onChoose}
      data={props.modes.map((value) => ({ value, label: labels[value] }))}
    />
  );
}
