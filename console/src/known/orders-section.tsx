import { ActionIcon, Anchor, Badge, Button, Loader, Text, Tooltip } from '@mantine/core';
import type { KnownOrders } from '@parley/sdk/protocol.ts';
import { IconRefresh, IconSettings } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Section } from '../contacts/section.tsx';
import { useMe } from '../session/session.ts';
import { CopyButton } from './copy-button.tsx';
import styles from './known.module.css';
import { ordersQuery } from './known-queries.ts';
import { OrdersDialog } from './orders-dialog.tsx';

/** The contact's orders from the shop's own server; for administrators also where they are set up. */
export function OrdersSection({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const [settingUp, setSettingUp] = useState(false);
  const { data, isFetching, refetch } = useQuery(ordersQuery(conversationId));
  const isAdmin = me.role === 'admin';
  if (data === undefined || (data.state === 'off' && !isAdmin)) return null;
  const actions = (
    <span className={styles.actions}>
      {isFetching && <Loader size={14} aria-label={t('known.orders.loading')} />}
      {data.state === 'failed' && (
        <Tooltip label={t('app.retry')} openDelay={300}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`${t('app.retry')}: ${t('known.orders.title')}`}
            onClick={() => void refetch()}
          >
            <IconRefresh size={15} />
          </ActionIcon>
        </Tooltip>
      )}
      {isAdmin && data.state !== 'off' && (
        <Tooltip label={t('known.orders.settings')} openDelay={300}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t('known.orders.settings')}
            onClick={() => setSettingUp(true)}
          >
            <IconSettings size={15} />
          </ActionIcon>
        </Tooltip>
      )}
    </span>
  );
  return (
    <Section title={t('known.orders.title')} action={actions}>
      {data.state === 'off' ? (
        <Button size="xs" variant="default" onClick={() => setSettingUp(true)}>
          {t('known.orders.setUp')}
        </Button>
      ) : (
        <Orders orders={data} />
      )}
      <OrdersDialog opened={settingUp} onClose={() => setSettingUp(false)} conversationId={conversationId} />
    </Section>
  );
}

function Orders({ orders }: { orders: KnownOrders }) {
  const { t } = useTranslation();
  return (
    <>
      {orders.state === 'failed' && (
        <Text size="sm" c="var(--parley-warn-text)" mb={4}>
          {t('known.orders.failed', { why: orders.why ?? '' })}
        </Text>
      )}
      {orders.items.length === 0 && orders.state !== 'failed' && (
        <Text size="sm" c="dimmed">
          {t(orders.state === 'none-to-ask-for' ? 'known.orders.nobody' : 'known.orders.none')}
        </Text>
      )}
      <ul className={styles.orders}>
        {orders.items.map((order) => (
          <li key={order.id}>
            <div className={styles.orderHead}>
              {order.url === undefined ? (
                <span className={styles.value}>{order.id}</span>
              ) : (
                <Anchor
                  href={order.url}
                  target="_blank"
                  rel="noreferrer noopener"
                  size="sm"
                  c="var(--parley-accent-text)"
                >
                  {order.id}
                </Anchor>
              )}
              {order.status !== undefined && (
                <Badge size="sm" variant="light" color="gray" tt="none">
                  {order.status}
                </Badge>
              )}
              <CopyButton value={order.id} />
            </div>
            {order.title !== undefined && <div>{order.title}</div>}
            <dl className={styles.facts}>
              {Object.entries(order.fields).map(([name, value]) => (
                <OrderField key={name} name={name} value={value} />
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}

function OrderField({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
