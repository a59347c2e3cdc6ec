import { ActionIcon, Button, Tooltip } from '@mantine/core';
import type { Conversation, Participant } from '@parley/sdk/protocol.ts';
import {
  IconArrowsExchange,
  IconClock,
  IconEar,
  IconEarOff,
  IconLogout,
  IconMessage2Share,
  IconUserPlus,
  IconUsers,
  IconX,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { Face } from '../app/face.tsx';
import { notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { isSupervisor, useMe } from '../session/session.ts';
import { placeParticipation } from './follow-team.ts';
import { TakeOverDialog } from './take-over-dialog.tsx';
import styles from './team.module.css';
import { endParticipation, enter, partOf } from './team-queries.ts';

type StripProps = {
  conversation: Conversation;
  /** Begins a whisper where the agent writes. */
  onWhisper: () => void;
  onInvite: () => void;
};

/** Who takes part beside the one who has the conversation, and what this agent can do about it. */
export function ParticipantsStrip({ conversation, onWhisper, onInvite }: StripProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { participants = [], status, assigneeId } = conversation;
  const isRunning = status === 'agent' || status === 'snoozed';
  const supervises = isSupervisor(me) && isRunning && assigneeId !== me.id;
  if (participants.length === 0 && !supervises) return null;
  const own = partOf(conversation, me.id);
  const mayInvite = isRunning && (assigneeId === me.id || own?.kind === 'invited' || own?.kind === 'joined');
  return (
    <section className={styles.strip} aria-label={t('team.label')}>
      {participants.length > 0 && (
        <ul className={styles.chips}>
          {participants.map((each) => (
            <Chip key={each.agentId} conversation={conversation} participant={each} />
          ))}
        </ul>
      )}
      {own?.kind === 'listening' && <span className={styles.hint}>{t('team.youListen')}</span>}
      <div className={styles.deeds}>
        {mayInvite && <Deed icon={<IconUserPlus size={15} />} label={t('team.inviteShort')} onClick={onInvite} />}
        {supervises && <Supervise conversation={conversation} onWhisper={onWhisper} />}
        {own !== undefined && <Leave conversation={conversation} isListening={own.kind === 'listening'} />}
      </div>
    </section>
  );
}

/** Changes that the server answers with the conversation as it is then. */
function useChange(change: () => Promise<Conversation>) {
  const me = useMe();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (changed) => {
      placeEverywhere(queryClient, changed, me.id);
      placeParticipation(queryClient, changed, me.id);
    },
    onError: notifyFailure,
  });
}

function Supervise({ conversation, onWhisper }: Omit<StripProps, 'onInvite'>) {
  const { t } = useTranslation();
  const me = useMe();
  const [isAsking, setAsking] = useState(false);
  const own = partOf(conversation, me.id);
  const listen = useChange(() => enter(conversation.id, 'listen'));
  const join = useChange(() => enter(conversation.id, 'join'));
  return (
    <>
      {own === undefined && (
        <Deed icon={<IconEar size={15} />} label={t('team.listen')} busy={listen.isPending} onClick={listen.mutate} />
      )}
      <Deed icon={<IconMessage2Share size={15} />} label={t('team.whisper')} onClick={onWhisper} />
      {(own === undefined || own.kind === 'listening') && (
        <Deed icon={<IconUsers size={15} />} label={t('team.join')} busy={join.isPending} onClick={join.mutate} />
      )}
      <Deed icon={<IconArrowsExchange size={15} />} label={t('team.takeOver')} onClick={() => setAsking(true)} />
      <TakeOverDialog conversation={conversation} opened={isAsking} onClose={() => setAsking(false)} />
    </>
  );
}

function Leave({ conversation, isListening }: { conversation: Conversation; isListening: boolean }) {
  const { t } = useTranslation();
  const leave = useChange(() => endParticipation(conversation.id, 'me'));
  return (
    <Deed
      icon={isListening ? <IconEarOff size={15} /> : <IconLogout size={15} />}
      label={t(isListening ? 'team.stopListening' : 'team.leave')}
      busy={leave.isPending}
      onClick={leave.mutate}
    />
  );
}

function Deed(props: { icon: ReactNode; label: string; busy?: boolean; onClick: () => void }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={props.icon}
      loading={props.busy ?? false}
      onClick={() => props.onClick()}
    >
      {props.label}
    </Button>
  );
}

function Chip({ conversation, participant }: { conversation: Conversation; participant: Participant }) {
  const { t } = useTranslation();
  const me = useMe();
  const { agentId, kind, byId, askedUntil } = participant;
  const agent = useAgent(agentId);
  const name = agentId === me.id ? t('list.you') : (agent?.name ?? t('conversation.formerAgent'));
  const part = t(`team.part.${askedUntil === undefined ? kind : 'asked'}`);
  const end = useChange(() => endParticipation(conversation.id, agentId));
  const mayEnd =
    agentId !== me.id &&
    (isSupervisor(me) || (kind === 'invited' && (conversation.assigneeId === me.id || byId === me.id)));
  return (
    <li className={styles.chip} data-kind={kind} data-asked={askedUntil !== undefined || undefined}>
      <Face id={agentId} name={agent?.name ?? name} size={20} />
      <span className={styles.chipName}>{name}</span>
      <span className={styles.part}>
        {askedUntil !== undefined && <IconClock size={12} aria-hidden="true" />}
        {kind === 'listening' && <IconEar size={12} aria-hidden="true" />}
        {part}
      </span>
      {mayEnd && (
        <Tooltip label={t('team.remove', { name })} openDelay={400}>
          <ActionIcon
            size="xs"
            variant="subtle"
            color="gray"
            aria-label={t('team.remove', { name })}
            loading={end.isPending}
            onClick={() => end.mutate()}
          >
            <IconX size={13} />
          </ActionIcon>
        </Tooltip>
      )}
    </li>
  );
}
