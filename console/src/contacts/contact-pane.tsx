import { ActionIcon, Badge, Skeleton, Stack, Text, Tooltip } from '@mantine/core';
import type { Contact, Conversation } from '@parley/sdk/protocol.ts';
import { IconPencil, IconShieldCheck, IconStarFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { CallBacksSection } from '../call-backs/call-backs-section.tsx';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { useChannel } from '../channels/channel-queries.ts';
import { BotWhySection } from '../decisions/bot-why-section.tsx';
import { WhySection } from '../decisions/why-section.tsx';
import { KnownSection } from '../known/known-section.tsx';
import { OrdersSection } from '../known/orders-section.tsx';
import { useConversationView } from '../messages/use-conversation-view.ts';
import styles from './contact.module.css';
import { ContactForm } from './contact-form.tsx';
import { contactQuery, useContactName } from './contact-queries.ts';
import { IdentityBadge } from './identity-badge.tsx';
import { PreviousConversations } from './previous-conversations.tsx';
import { Section } from './section.tsx';
import { isVip } from './vip.ts';
import { VipSwitch } from './vip-switch.tsx';

/** Everything known of the customer of this conversation. */
export function ContactPane({ conversationId }: { conversationId: string }) {
  const view = useConversationView(conversationId);
  const conversation = view?.conversation;
  if (conversation === undefined) return <ContactSkeleton />;
  return <KnownContact conversation={conversation} />;
}

function KnownContact({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const contactId = conversation.contact.id;
  const { data: contact, error, refetch } = useQuery(contactQuery(contactId));
  const [editing, setEditing] = useState(false);
  if (contact === undefined && error !== null) {
    return <LoadFailed title={t('contact.loadFailed')} error={error} onRetry={refetch} />;
  }
  if (contact === undefined) return <ContactSkeleton />;
  return (
    <div className={styles.pane}>
      <Head contact={contact} conversation={conversation} />
      <VipSwitch contact={contact} />
      <Section
        title={t('contact.details')}
        action={
          !editing && (
            <Tooltip label={t('app.edit')} openDelay={400}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={`${t('app.edit')}: ${t('contact.details')}`}
                onClick={() => setEditing(true)}
              >
                <IconPencil size={15} />
              </ActionIcon>
            </Tooltip>
          )
        }
      >
        {editing ? <ContactForm contact={contact} onDone={() => setEditing(false)} /> : <Details contact={contact} />}
      </Section>
      <KnownSection conversation={conversation} />
      <OrdersSection key={`orders ${conversation.id}`} conversationId={conversation.id} />
      <CallBacksSection key={conversation.id} conversationId={conversation.id} />
      <WhySection conversation={conversation} />
      <BotWhySection key={`bot ${conversation.id}`} conversation={conversation} />
      <Section title={t('contact.identities')}>
        <ul className={styles.identities}>
          {contact.identities.map((identity) => (
            <Identity key={`${identity.channelId} ${identity.externalId}`} identity={identity} />
          ))}
        </ul>
      </Section>
      <Section title={t('contact.previous')}>
        <PreviousConversations contactId={contactId} currentId={conversation.id} contactName={contact.name} />
      </Section>
    </div>
  );
}

function Head({ contact, conversation }: { contact: Contact; conversation: Conversation }) {
  const { t, i18n } = useTranslation();
  const name = useContactName(contact);
  const date = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(contact.createdAt);
  return (
    <div className={styles.head}>
      <Face id={contact.id} name={name} url={contact.avatarUrl} size={52} />
      <div className={styles.headText}>
        <h2 className={styles.name}>{name}</h2>
        {isVip(contact) && (
          <Badge
            size="sm"
            variant="light"
            color="grape"
            tt="none"
            leftSection={<IconStarFilled size={11} aria-hidden="true" />}
          >
            {t('contact.vip')}
          </Badge>
        )}
        {contact.verified && (
          <Tooltip label={t('contact.verifiedHint')} openDelay={300}>
            <Badge
              size="sm"
              variant="light"
              color="green"
              tt="none"
              leftSection={<IconShieldCheck size={13} aria-hidden="true" />}
            >
              {t('contact.verified')}
            </Badge>
          </Tooltip>
        )}
        <IdentityBadge conversation={conversation} />
        <Text size="xs" c="dimmed">
          {t('contact.since', { date })}
        </Text>
      </div>
    </div>
  );
}

function Details({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const { email, phone, attributes } = contact;
  const entries = Object.entries(attributes);
  if (email === undefined && phone === undefined && entries.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('contact.noDetails')}
      </Text>
    );
  }
  return (
    <dl className={styles.details}>
      {email !== undefined && (
        <>
          <dt>{t('contact.email')}</dt>
          <dd>{email}</dd>
        </>
      )}
      {phone !== undefined && (
        <>
          <dt>{t('contact.phone')}</dt>
          <dd>{phone}</dd>
        </>
      )}
      {entries.map(([name, value]) => (
        <Attribute key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Attribute({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Identity({ identity }: { identity: Contact['identities'][number] }) {
  const { t } = useTranslation();
  const channel = useChannel(identity.channelId);
  return (
    <li>
      <ChannelIcon type={identity.channelType} size={15} />
      <span>{channel?.name ?? t('contact.channelGone')}</span>
      <code title={identity.externalId}>{identity.externalId}</code>
    </li>
  );
}

function ContactSkeleton() {
  return (
    <Stack className={styles.pane} gap="md" aria-hidden="true">
      <div className={styles.head}>
        <Skeleton circle height={52} />
        <Skeleton height={14} width={120} />
      </div>
      <Skeleton height={12} width="60%" />
      <Skeleton height={12} width="80%" />
      <Skeleton height={12} width="50%" />
    </Stack>
  );
}
