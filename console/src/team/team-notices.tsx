import { Anchor, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Message } from '@parley/sdk/protocol.ts';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { notify } from '../app/notify.ts';
import { useClient } from '../realtime/realtime.tsx';
import { playTone } from '../realtime/tone.ts';
import { preferences } from '../session/preferences.ts';
import { useMe } from '../session/session.ts';

const shownMs = 12_000;

/** Tells an agent, over whatever they do, of a whisper, of a take-over, and of what became of an invitation. */
export function useTeamNotices(): void {
  const { t } = useTranslation();
  const client = useClient();
  const { id: ownId } = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { conversationId: openId } = useParams({ strict: false });
  const open = useRef(openId);
  open.current = openId;

  useEffect(() => {
    function tell(notice: { id: string; title: string; text?: string; conversationId: string; color?: string }): void {
      const { id, title, text, conversationId, color = 'parley' } = notice;
      // Who has it before their eyes sees it there, and needs the room below for writing.
      if (open.current === conversationId && document.visibilityState === 'visible') return;
      const go = () => {
        notifications.hide(id);
        void navigate({ to: '/conversations/$tab/$conversationId', params: { tab: 'all', conversationId } });
      };
      const message = (
        <>
          {text !== undefined && (
            <Text size="sm" c="var(--mantine-color-text)" lineClamp={3}>
              {text}
            </Text>
          )}
          <Anchor component="button" type="button" size="sm" c="var(--parley-accent-text)" onClick={go}>
            {t('team.open')}
          </Anchor>
        </>
      );
      notify({ id, title, message, color, autoClose: shownMs });
    }
    /** A person speaks to the agent: heard also while the window is in front. */
    function call(): void {
      if (preferences().sound) playTone('whisper');
    }
    function whispered({ id, conversationId, content, sender }: Message): void {
      call();
      const text = content.type === 'text' ? content.text : '';
      const title = t('team.whispers', { name: sender.name ?? t('message.agent') });
      tell({ id: `whisper-${id}`, title, text, conversationId, color: 'violet' });
    }
    const nameOf = (agentId: string) =>
      queryClient.getQueryData(agentsQuery.queryKey)?.find((agent) => agent.id === agentId)?.name ?? t('message.agent');
    const ends = [
      client.on('message', ({ message }) => {
        if (message.whisper === true && message.sender.id !== ownId) whispered(message);
      }),
      client.on('event', (frame) => {
        if (frame.event === 'conversation.taken-over') {
          const { conversationId, byName, stays } = frame.data;
          call();
          const title = t('team.takenOver', { name: byName });
          const text = t(stays ? 'team.takenOverStays' : 'team.takenOverLeaves');
          tell({ id: `taken-${conversationId}`, title, text, conversationId, color: 'amber' });
        } else if (frame.event === 'invitation.ended' && frame.data.agentId !== ownId) {
          const { conversationId, agentId, why } = frame.data;
          if (why === 'withdrawn') return;
          const title = t(`team.answer.${why}`, { name: nameOf(agentId) });
          tell({ id: `answer-${conversationId}-${agentId}`, title, conversationId });
        }
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, ownId, navigate, queryClient, t]);
}
