import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../app/api.ts';
import { notify, notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { useTimeWords } from '../words/time.ts';
import { snoozeConversation, wakeConversation } from './snooze-queries.ts';

/** Puts a conversation off, and takes it up again. */
export function useSnooze({ id, ownerEpoch }: Conversation) {
  const { t } = useTranslation();
  const { when } = useTimeWords();
  const queryClient = useQueryClient();
  const { id: ownId } = useMe();
  const onError = (error: unknown) => {
    if (hasCode(error, 'conflict')) notifyFailure(new Error(t('conversation.conflict')));
    else notifyFailure(hasCode(error, 'capacity-reached') ? new Error(t('snooze.full')) : error);
  };
  const wake = useMutation({
    mutationFn: () => wakeConversation(id),
    onSuccess: (changed) => placeEverywhere(queryClient, changed, ownId),
    onError,
  });
  const snooze = useMutation({
    mutationFn: (until: number) => snoozeConversation(id, until, ownerEpoch),
    onSuccess: (changed, until) => {
      placeEverywhere(queryClient, changed, ownId);
      const noticeId = `snoozed-${id}`;
      const message = (
        <Group justify="space-between" wrap="nowrap">
          {t('snooze.done', { when: when(until, Date.now()) })}
          <Button
            size="compact-xs"
            variant="light"
            flex="none"
            onClick={() => {
              notifications.hide(noticeId);
              wake.mutate();
            }}
          >
            {t('snooze.undo')}
          </Button>
        </Group>
      );
      notify({ id: noticeId, message, autoClose: 6_000 });
    },
    onError,
  });
  return { snooze: snooze.mutate, wake: () => wake.mutate(), busy: snooze.isPending || wake.isPending };
}
