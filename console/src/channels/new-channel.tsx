import { Skeleton } from '@mantine/core';
import type { Channel } from '@parley/sdk/protocol.ts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { BackLink } from '../app/back-link.tsx';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyDone } from '../app/notify.ts';
import { Page } from '../app/page.tsx';
import { ChannelForm, type ChannelFormValues } from './channel-form.tsx';
import { channelsQuery, channelTypesQuery } from './channel-queries.ts';
import { handOverSecrets } from './made-secrets.ts';
import { useLocalText } from './settings-fields.tsx';

export function BackToChannels() {
  const { t } = useTranslation();
  return <BackLink to="/channels">{t('channels.title')}</BackLink>;
}

export function NewChannelPage() {
  const { t } = useTranslation();
  const local = useLocalText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { type } = useParams({ from: '/signed-in/admin/channels/new/$type' });
  const { data: types } = useQuery(channelTypesQuery);
  if (types === undefined) return <Skeleton height={200} m="xl" />;
  const adapter = types.find((known) => known.type === type);
  if (adapter === undefined) return <EmptyState title={t('channels.unknownType')} hint={type} />;

  async function create({ made, ...values }: ChannelFormValues): Promise<void> {
    const channel = await api.call<Channel>('POST', '/api/v1/channels', { type, ...values });
    handOverSecrets(channel.id, made);
    await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey });
    notifyDone(t('channels.created'));
    await navigate({ to: '/channels/$channelId', params: { channelId: channel.id } });
  }

  return (
    <Page
      title={t('channels.newTitle', { type: local(adapter.name) })}
      intro={local(adapter.description)}
      back={<BackToChannels />}
    >
      <ChannelForm
        fields={adapter.settings}
        name={local(adapter.name)}
        stored={{}}
        submit={t('channels.create')}
        onSubmit={create}
      />
    </Page>
  );
}
