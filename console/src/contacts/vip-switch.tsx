import { Switch } from '@mantine/core';
import type { Contact } from '@parley/sdk/protocol.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../app/notify.ts';
import { useMe } from '../session/session.ts';
import { contactQuery, patchContact } from './contact-queries.ts';
import { isVip, withVip } from './vip.ts';

/** Says of a contact that it is a VIP, whose conversations come earlier. For supervisors. */
export function VipSwitch({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const { role } = useMe();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: (vip: boolean) => patchContact(contact.id, { attributes: withVip(contact, vip) }),
    onSuccess: (changed) => queryClient.setQueryData(contactQuery(contact.id).queryKey, changed),
    onError: notifyFailure,
  });
  if (role === 'agent') return null;
  return (
    <Switch
      mt="sm"
      size="xs"
      label={t('contact.vip')}
      description={t('contact.vipHint')}
      checked={isVip(contact)}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  );
}
