import { Button, Menu, Skeleton, Text } from '@mantine/core';
import type { Channel } from '@parley/sdk/protocol.ts';
import { IconChevronRight, IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { Page } from '../app/page.tsx';
import { serverWords } from '../words/server-words.ts';
import { useNow, useTimeWords } from '../words/time.ts';
import { ChannelIcon } from './channel-icon.tsx';
import { channelsQuery, channelTypesQuery } from './channel-queries.ts';
import styles from './channels.module.css';
import { HealthLight } from './health-light.tsx';
import { useLocalText } from './settings-fields.tsx';

const refreshMs = 15_000;

/** Every configured channel and how it is. */
export function ChannelListPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...channelsQuery, refetchInterval: refreshMs });
  return (
    <Page title={t('channels.title')} intro={t('channels.intro')} action={<AddChannel />}>
      {data === undefined && error === null && <Skeleton height={150} radius="md" />}
      {data === undefined && error !== null && (
        <LoadFailed title={t('channels.loadFailed')} error={error} onRetry={refetch} />
      )}
      {data?.length === 0 && (
        <EmptyState icon={<IconPlugConnected size={22} />} title={t('channels.empty')} hint={t('channels.emptyHint')} />
      )}
      {data !== undefined && data.length > 0 && (
        <ul className={styles.list}>
          {data.map((channel) => (
            <li key={channel.id}>
              <ChannelCard channel={channel} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function ChannelCard({ channel }: { channel: Channel }) {
  const local = useLocalText();
  const { data: types } = useQuery(channelTypesQuery);
  const type = types?.find((known) => known.type === channel.type);
  const { health } = channel;
  return (
    <Link to="/channels/$channelId" params={{ channelId: channel.id }} className={styles.row}>
      <span className={styles.icon}>
        <ChannelIcon type={channel.type} size={20} />
      </span>
      <span className={styles.rowText}>
        <strong>{channel.name}</strong>
        <span className={styles.dim}>{type === undefined ? channel.type : local(type.name)}</span>
        {health.reason !== undefined && health.light !== 'green' && (
          <span className={styles.reason}>{serverWords(health.reason)}</span>
        )}
      </span>
      <Traffic channel={channel} />
      <HealthLight health={health} />
      <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
    </Link>
  );
}

/** When something last came in and went out. */
export function Traffic({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const { ago } = useTimeWords();
  const now = useNow(30_000);
  const { lastInboundAt, lastOutboundAt } = channel.health;
  const words = (at: number | undefined) => (at === undefined ? t('channels.never') : ago(now - at));
  return (
    <span className={styles.traffic}>
      <span>
        {t('channels.lastIn')}: {words(lastInboundAt)}
      </span>
      {/* The web chat's visitors fetch what is theirs: nothing is delivered that could be told of. */}
      {channel.type !== 'web' && (
        <span>
          {t('channels.lastOut')}: {words(lastOutboundAt)}
        </span>
      )}
    </span>
  );
}

function AddChannel() {
  const { t } = useTranslation();
  const local = useLocalText();
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(channelTypesQuery);
  return (
    <Menu position="bottom-end" width={320} shadow="md">
      <Menu.Target>
        <Button size="sm" leftSection={<IconPlus size={16} />}>
          {t('channels.add')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('channels.choose')}</Menu.Label>
        {types.map((type) => (
          <Menu.Item
            key={type.type}
            leftSection={<ChannelIcon type={type.type} size={18} />}
            onClick={() => void navigate({ to: '/channels/new/$type', params: { type: type.type } })}
          >
            {local(type.name)}
            <Text size="xs" c="dimmed">
              {local(type.description)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
