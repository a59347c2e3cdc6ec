import { Button, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { hasCode } from '../app/api.ts';
import { notify, notifyFailure } from '../app/notify.ts';
import { Countdown, Offered, untoldMs } from '../offers/offer-parts.tsx';
import styles from '../offers/offers.module.css';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { forgetInvitation, placeParticipation } from './follow-team.ts';
import { answerInvitation, type TimedInvitation } from './team-queries.ts';

/** A colleague asks the agent to help: with what, and until when. */
export function InvitationCard({ invitation }: { invitation: TimedInvitation }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { conversationId: id, byId, note } = invitation;
  const by = useAgent(byId)?.name ?? t('message.agent');
  const forget = () => forgetInvitation(queryClient, id);
  const answer = useMutation({
    mutationFn: (what: 'accept' | 'decline') => answerInvitation(id, what),
    onSuccess: (conversation, what) => {
      forget();
      placeEverywhere(queryClient, conversation, me.id);
      placeParticipation(queryClient, conversation, me.id);
      if (what === 'accept') void navigate({ to: `/conversations/mine/${id}` });
    },
    onError: (error) => {
      if (!hasCode(error, 'conflict')) {
        notifyFailure(error);
        return;
      }
      forget();
      notify({ message: t('team.over') });
    },
  });
  // Its end may not be told; the server ends it all the same.
  useEffect(() => {
    const timer = setTimeout(forget, Math.max(0, invitation.endsAt - Date.now()) + untoldMs);
    return () => clearTimeout(timer);
  });
  const title = t('team.invitesYou', { name: by });
  return (
    <section className={styles.card} aria-label={title} role="alertdialog" aria-live="assertive">
      <Countdown endsAt={invitation.endsAt} timeoutMs={invitation.timeoutMs} />
      <Offered id={id} title={title}>
        {note !== undefined && (
          <Text size="sm" className={styles.note}>
            {note}
          </Text>
        )}
      </Offered>
      <div className={styles.buttons}>
        <Button size="xs" variant="default" disabled={answer.isPending} onClick={() => answer.mutate('decline')}>
          {t('offer.decline')}
        </Button>
        <Button size="xs" loading={answer.isPending} onClick={() => answer.mutate('accept')}>
          {t('team.help')}
        </Button>
      </div>
    </section>
  );
}
