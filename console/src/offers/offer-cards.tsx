import { Button, RingProgress, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../app/api.ts';
import { Face } from '../app/face.tsx';
import { notify, notifyFailure } from '../app/notify.ts';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { useChannel } from '../channels/channel-queries.ts';
import { useContactName } from '../contacts/contact-queries.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { groupsQuery } from '../transfer/group-queries.ts';
import { useNow } from '../words/time.ts';
import { acceptOffer, declineOffer, offeredConversationQuery, offersQuery, type TimedOffer } from './offer-queries.ts';
import styles from './offers.module.css';

/** What the agent is asked to take, over whatever they do. */
export function OfferCards() {
  const { data: offers = [] } = useQuery(offersQuery);
  if (offers.length === 0) return null;
  return (
    <div className={styles.cards}>
      {offers.map((offer) => (
        <OfferCard key={offer.conversationId} offer={offer} />
      ))}
    </div>
  );
}

/** An offer whose time is over stands for so long, in case its end is on the way. */
const untoldMs = 3_000;

function OfferCard({ offer }: { offer: TimedOffer }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { conversationId: id } = offer;
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
      <Countdown offer={offer} />
      <Offered id={id} groupId={offer.groupId} />
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

/** Who it is, where from, and what they wrote last. */
function Offered({ id, groupId }: { id: string; groupId: string }) {
  const { t } = useTranslation();
  const { data: conversation } = useQuery(offeredConversationQuery(id));
  const { data: groups = [] } = useQuery(groupsQuery);
  const channel = useChannel(conversation?.channelId ?? '');
  const contact = conversation?.contact ?? { id, name: '' };
  const name = useContactName(contact);
  const group = groups.find((each) => each.id === groupId)?.name;
  return (
    <div className={styles.what}>
      <Text size="xs" c="dimmed">
        {t('offer.title')}
      </Text>
      <div className={styles.who}>
        <Face id={contact.id} name={name} url={conversation?.contact.avatarUrl} size={24} />
        <span className={styles.name}>{name}</span>
      </div>
      <Text size="xs" c="dimmed" className={styles.from}>
        {conversation !== undefined && <ChannelIcon type={conversation.channelType} size={13} />}
        <span>{channel?.name}</span>
        {group !== undefined && <span>{t('offer.from', { group })}</span>}
      </Text>
      {conversation?.lastMessage !== undefined && (
        <Text size="sm" lineClamp={2} className={styles.words}>
          {conversation.lastMessage.preview}
        </Text>
      )}
    </div>
  );
}

function Countdown({ offer }: { offer: TimedOffer }) {
  const { t } = useTranslation();
  const leftMs = Math.max(0, offer.endsAt - useNow(250));
  const n = Math.ceil(leftMs / 1_000);
  const isLate = leftMs < 5_000;
  return (
    <div role="timer" aria-label={t('offer.left', { n })}>
      <RingProgress
        size={56}
        thickness={4}
        roundCaps
        sections={[{ value: (leftMs / offer.timeoutMs) * 100, color: isLate ? 'red.6' : 'parley' }]}
        label={
          <Text size="xs" ta="center" fw={600} aria-hidden="true">
            {n}
          </Text>
        }
      />
    </div>
  );
}
