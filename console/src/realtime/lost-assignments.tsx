import { Anchor } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { notify } from '../app/notify.ts';
import { offeredConversationQuery } from '../offers/offer-queries.ts';
import { useClient } from './realtime.tsx';

/** Says what went back to the queue because the agent's answer did not come in time; it stays until it is closed. */
export function useLostAssignments(): void {
  const { t } = useTranslation();
  const client = useClient();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  useEffect(
    () =>
      client.on('event', (frame) => {
        if (frame.event !== 'assignment.ended') return;
        const { conversationId: id } = frame.data;
        const look = () => {
          notifications.hide(`lost-${id}`);
          void navigate({ to: `/conversations/queue/${id}` });
        };
        const show = (name: string) =>
          notify({
            id: `lost-${id}`,
            color: 'yellow',
            title: t('lost.title'),
            message: (
              <>
                {t('lost.text', { name })}{' '}
                <Anchor component="button" type="button" size="sm" onClick={look}>
                  {t('lost.look')}
                </Anchor>
              </>
            ),
            autoClose: false,
          });
        queryClient.fetchQuery(offeredConversationQuery(id)).then(
          ({ contact }) => show(contact.name || t('contact.unnamed')),
          () => show(t('contact.unnamed')),
        );
      }),
    [client, queryClient, navigate, t],
  );
}
