import { Button, Group, Modal, Skeleton, Stack, Switch, Text, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { OrdersSettings } from '@parley/sdk/protocol.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../app/api.ts';
import { MadeSecret, MakeSecretButton } from '../app/make-secret.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { PasswordField } from '../app/password-field.tsx';
import { changeOrdersSettings, ordersQuery, ordersSettingsQuery } from './known-queries.ts';

type DialogProps = { opened: boolean; onClose: () => void; conversationId: string };

/** Where an administrator says how orders are asked for. */
export function OrdersDialog({ opened, onClose, conversationId }: DialogProps) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...ordersSettingsQuery, enabled: opened });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('known.orders.settings')}
      size="md"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {data === undefined ? (
        <Skeleton height={200} />
      ) : (
        <OrdersForm settings={data} onClose={onClose} conversationId={conversationId} />
      )}
    </Modal>
  );
}

/** The shop's owner makes it up; every header can carry it. */
const secretForm = { of: 'letters-and-digits', length: 43 } as const;

type FormProps = { settings: OrdersSettings; onClose: () => void; conversationId: string };

function OrdersForm({ settings, onClose, conversationId }: FormProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [enabled, setEnabled] = useState(settings.enabled || settings.url === '');
  const [url, setUrl] = useState(settings.url);
  const [headerName, setHeaderName] = useState(settings.headerName);
  const [headerValue, setHeaderValue] = useState('');
  const [made, setMade] = useState<string>();
  const save = useMutation({
    mutationFn: () =>
      changeOrdersSettings({
        ...{ enabled, url: url.trim(), headerName: headerName.trim() },
        ...(headerValue === '' ? {} : { headerValue }),
      }),
    onSuccess: async (saved) => {
      queryClient.setQueryData(ordersSettingsQuery.queryKey, saved);
      onClose();
      notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: ordersQuery(conversationId).queryKey });
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field === undefined) notifyFailure(error);
    },
  });
  const errorAt = (field: string) =>
    save.error instanceof ApiError && save.error.field === field ? fieldProblem(save.error) : undefined;

  function submit(event: FormEvent): void {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('known.orders.hint')}
        </Text>
        <TextInput
          label={t('known.orders.url')}
          description={t('known.orders.urlHint')}
          placeholder="https://shop.example/orders?contact={externalId}"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          error={errorAt('url')}
          data-autofocus
        />
        <TextInput
          label={t('known.orders.headerName')}
          placeholder="Authorization"
          value={headerName}
          onChange={(event) => setHeaderName(event.currentTarget.value)}
          error={errorAt('headerName')}
        />
        <div>
          <PasswordField
            label={t('known.orders.headerValue')}
            description={t('known.orders.headerValueHint')}
            placeholder={settings.headerValue.set ? t('known.orders.isSet') : ''}
            autoComplete="off"
            value={headerValue}
            onChange={(event) => setHeaderValue(event.currentTarget.value)}
            error={errorAt('headerValue')}
          />
          <Group mt={4}>
            <MakeSecretButton
              form={secretForm}
              label={t('known.orders.headerValue')}
              onMade={(secret) => {
                setMade(secret);
                setHeaderValue(secret);
              }}
            />
          </Group>
          <MadeSecret
            secret={made === headerValue ? made : undefined}
            label={t('known.orders.headerValue')}
            replaces={settings.headerValue.set}
            isNew
          />
        </div>
        <Switch
          label={t('known.orders.enabled')}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
