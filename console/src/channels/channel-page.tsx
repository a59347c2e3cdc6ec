import { Alert, Button, Group, Skeleton, Stack, Switch, Text } from '@mantine/core';
import type { Channel, ChannelHealth } from '@parley/sdk/protocol.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { CopyField } from '../app/copy-field.tsx';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Page, Panel } from '../app/page.tsx';
import { serverWords } from '../words/server-words.ts';
import { ChannelForm, type ChannelFormValues } from './channel-form.tsx';
import { Traffic } from './channel-list.tsx';
import { channelsQuery, channelTypesQuery, useChannel } from './channel-queries.ts';
import { HealthLight } from './health-light.tsx';
import { useHandedOver } from './made-secrets.ts';
import { BackToChannels } from './new-channel.tsx';
import { useLocalText } from './settings-fields.tsx';

/** One channel: whether it works, how to connect it, and its settings. */
export function ChannelPage() {
  const { t } = useTranslation();
  const { channelId } = useParams({ from: '/signed-in/admin/channels/$channelId' });
  const { isPending } = useQuery(channelsQuery);
  const channel = useChannel(channelId);
  if (isPending) return <Skeleton height={240} m="xl" radius="md" />;
  if (channel === undefined) return <EmptyState title={t('app.notFound')} />;
  return <KnownChannel key={channelId} channel={channel} />;
}

function KnownChannel({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const local = useLocalText();
  const changed = useChannelChanged();
  const made = useHandedOver(channel.id);
  const { data: types } = useQuery(channelTypesQuery);
  const adapter = types?.find((known) => known.type === channel.type);

  async function save({ name, settings }: ChannelFormValues): Promise<void> {
    changed(await api.call<Channel>('PATCH', `/api/v1/channels/${channel.id}`, { name, settings }));
    notifyDone(t('app.saved'));
  }

  return (
    <Page
      title={channel.name}
      intro={adapter === undefined ? channel.type : local(adapter.name)}
      back={<BackToChannels />}
    >
      <HealthPanel channel={channel} />
      <ConnectPanel channel={channel} />
      {adapter === undefined ? (
        types !== undefined && <Alert color="amber">{t('channels.unknownType')}</Alert>
      ) : (
        <ChannelForm
          fields={adapter.settings}
          name={channel.name}
          stored={channel.settings}
          made={made}
          submit={t('app.save')}
          onSubmit={save}
        />
      )}
      <DeletePanel channel={channel} />
    </Page>
  );
}

function HealthPanel({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const changed = useChannelChanged();
  const check = useMutation({
    mutationFn: () => api.call<{ health: ChannelHealth }>('POST', `/api/v1/channels/${channel.id}/check`),
    onSuccess: ({ health }) => {
      changed({ ...channel, health });
      if (health.light === 'green') notifyDone(t('channels.checkOk'));
    },
    onError: notifyFailure,
  });
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => api.call<Channel>('PATCH', `/api/v1/channels/${channel.id}`, { enabled }),
    onSuccess: changed,
    onError: notifyFailure,
  });
  const { health } = channel;
  return (
    <Panel>
      <Group justify="space-between" gap="md">
        <Group gap="lg">
          <HealthLight health={health} />
          <Traffic channel={channel} />
        </Group>
        <Group gap="md">
          <Switch
            label={t('channels.enabled')}
            checked={toggle.isPending ? toggle.variables : channel.enabled}
            onChange={(event) => toggle.mutate(event.currentTarget.checked)}
          />
          <Button
            size="xs"
            variant="default"
            loading={check.isPending}
            disabled={!channel.enabled}
            onClick={() => check.mutate()}
          >
            {t('channels.check')}
          </Button>
        </Group>
      </Group>
      {health.reason !== undefined && health.light !== 'green' && (
        <Alert mt="sm" p="xs" color={health.light === 'red' ? 'red' : 'amber'} variant="light" role="status">
          {serverWords(health.reason)}
        </Alert>
      )}
    </Panel>
  );
}

/** What has to be carried to the other side. */
function ConnectPanel({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  if (channel.type === 'web') {
    const snippet = `<script src="${location.origin}/widget.js" data-channel="${channel.id}" async></script>`;
    return (
      <Panel title={t('channels.snippet')} hint={t('channels.snippetHint')}>
        <CopyField value={snippet} label={t('channels.snippet')} />
      </Panel>
    );
  }
  if (channel.callbackUrl === undefined) return null;
  return (
    <Panel title={t('channels.callback')} hint={t('channels.callbackHint')}>
      <CopyField value={channel.callbackUrl} label={t('channels.callback')} />
    </Panel>
  );
}

function DeletePanel({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.call('DELETE', `/api/v1/channels/${channel.id}`),
    onSuccess: async () => {
      await navigate({ to: '/channels' });
      await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey });
    },
    onError: notifyFailure,
  });
  return (
    <Panel title={t('channels.danger')}>
      <Stack align="flex-start" gap="xs">
        <Text size="sm" c="dimmed">
          {t('channels.deleteText', { name: channel.name })}
        </Text>
        <Button size="xs" color="red" variant="light" onClick={() => setAsking(true)}>
          {t('channels.deleteConfirm')}
        </Button>
      </Stack>
      <ConfirmDialog
        opened={asking}
        title={t('channels.deleteTitle')}
        text={t('channels.deleteText', { name: channel.name })}
        confirm={t('channels.deleteConfirm')}
        dangerous
        busy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
      />
    </Panel>
  );
}

function useChannelChanged(): (channel: Channel) => void {
  const queryClient = useQueryClient();
  return (changed) => {
    queryClient.setQueryData(channelsQuery.queryKey, (channels) =>
      channels?.map((channel) => (channel.id === changed.id ? changed : channel)),
    );
  };
}
