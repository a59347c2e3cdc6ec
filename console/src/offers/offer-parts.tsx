import { RingProgress, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { useChannel } from '../channels/channel-queries.ts';
import { useContactName } from '../contacts/contact-queries.ts';
import { useNow } from '../words/time.ts';
import { offeredConversationQuery } from './offer-queries.ts';
import styles from './offers.module.css';

/** What an agent is asked stands for so long after its time is over, in case its end is on the way. */
export const untoldMs = 3_000;

/** Who it is, where from, and what they wrote last. */
export function Offered(props: { id: string; title: string; from?: string | undefined; children?: ReactNode }) {
  const { id, title, from } = props;
  const { data: conversation } = useQuery(offeredConversationQuery(id));
  const channel = useChannel(conversation?.channelId ?? '');
  const contact = conversation?.contact ?? { id, name: '' };
  const name = useContactName(contact);
  return (
    <div className={styles.what}>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <div className={styles.who}>
        <Face id={contact.id} name={name} url={conversation?.contact.avatarUrl} size={24} />
        <span className={styles.name}>{name}</span>
      </div>
      <Text size="xs" c="dimmed" className={styles.from}>
        {conversation !== undefined && <ChannelIcon type={conversation.channelType} size={13} />}
        <span>{channel?.name}</span>
        {from !== undefined && <span>{from}</span>}
      </Text>
      {props.children}
      {conversation?.lastMessage !== undefined && (
        <Text size="sm" lineClamp={2} className={styles.words}>
          {conversation.lastMessage.preview}
        </Text>
      )}
    </div>
  );
}

/** How long there is for an answer, by this window's clock. */
export function Countdown({ endsAt, timeoutMs }: { endsAt: number; timeoutMs: number }) {
  const { t } = useTranslation();
  const leftMs = Math.max(0, endsAt - useNow(250));
  const n = Math.ceil(leftMs / 1_000);
  const isLate = leftMs < 5_000;
  return (
    <div role="timer" aria-label={t('offer.left', { n })}>
      <RingProgress
        size={56}
        thickness={4}
        roundCaps
        sections={[{ value: (leftMs / timeoutMs) * 100, color: isLate ? 'red.6' : 'parley' }]}
        label={
          <Text size="xs" ta="center" fw={600} aria-hidden="true">
            {n}
          </Text>
        }
      />
    </div>
  );
}
