import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../app/api.ts';
import { notify, notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { InvitationCard } from '../team/invitation-card.tsx';
import { invitationsQuery } from '../team/team-queries.ts';
import { groupsQuery } from '../transfer/group-queries.ts';
import { Countdown, Offered, untoldMs } from './offer-parts.tsx';
import { acceptOffer, declineOffer, offersQuery, type TimedOffer } from './offer-queries.ts';
import styles from './offers.module.css';

/** What the agent is asked to take, and into what to come, over whatever they do. */
export function OfferCards() {
  const { data: offers = [] } = useQuery(offersQuery);
  const { data: invitations = [] } = useQuery(invitationsQuery);
  if (offers.length + invitations.length === 0) return null;
  return (
    <div className={styles.cards}>
      {invitations.map((invitation) => (
        <InvitationCard key={invitation.conversationId} invitation={invitation} />
      ))}
      {offers.map((offer) => (
        <OfferCard key={offer.conversationId} offer={offer} />
      ))}
    </div>
  );
}

function OfferCard({ offer }: { offer: TimedOffer }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: groups = [] } = useQuery(groupsQuery);
  const { conversationId: id } = offer;
  const group = groups.find((each) => each.id === offer.groupId)?.name;
  const forget = () =>
    queryClient.setQueryData(offersQuery.queryKey, (offers) => offers?.filter((each) => each.conversationId !== id));
  const failed = (error: unknown) => {
    if (!hasCode(error, 'conflict')) {
      notifyFailure(error);
      return;
    }
    forget();
    notify({ message: t('offer.over') });
  };
  const accept = useMutation({
    mutationFn: () => acceptOffer(id),
    onSuccess: (conversation) => {
      forget();
      placeEverywhere(queryClient, conversation, me.id);
      void navigate({ to: `/conversations/mine/${id}` });
    },
    onError: failed,
  });
  const decline = useMutation({ mutationFn: () => declineOffer(id), onSuccess: forget, onError: failed });
  const busy = accept.isPending || decline.isPending;
  // Its end may not be told: whoever asked was killed. Another one asks anew.
  useEffect(() => {
    const timer = setTimeout(forget, Math.max(0, offer.endsAt - Date.now()) + untoldMs);
    return () => clearTimeout(timer);
  });
  return (
    <section className={styles.card} aria-label={t('offer.title')} role="alertdialog" aria-live="assertive">
      <Countdown endsAt={offer.endsAt} timeoutMs={offer.timeoutMs} />
      <Offered id={id} title={t('offer.title')} from={group === undefined ? undefined : t('offer.from', { group })} />
      <div className={styles.buttons}>
        <Button size="xs" variant="default" disabled={busy} onClick={() => decline.mutate()}>
          {t('offer.decline')}
        </Button>
        <Button size="xs" loading={accept.isPending} disabled={busy} onClick={() => accept.mutate()}>
          {t('offer.accept')}
        </Button>
      </div>
    </section>
  );
}
