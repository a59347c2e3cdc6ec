import { Alert, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { isFull, usedOf } from '../agents/load.ts';
import { hasCode } from '../app/api.ts';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { takeOver } from './team-queries.ts';

/** Asks before a supervisor takes a conversation from who has it; says so when they have no room for it. */
export function TakeOverDialog(props: { conversation: Conversation; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('team.takeOverTitle')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <TakeOverForm conversation={props.conversation} onDone={props.onClose} />
    </Modal>
  );
}

function TakeOverForm({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const own = useAgent(me.id) ?? me;
  const name = useAgent(conversation.assigneeId)?.name ?? t('conversation.formerAgent');
  const [formerStays, setFormerStays] = useState(true);
  const [wasRefused, setRefused] = useState(false);
  const isOver = wasRefused || isFull(own);
  const take = useMutation({
    mutationFn: () => takeOver(conversation.id, { ownerEpoch: conversation.ownerEpoch, formerStays, override: isOver }),
    onSuccess: (changed) => {
      placeEverywhere(queryClient, changed, me.id);
      notifyDone(t('team.tookOver', { name }));
      onDone();
    },
    onError: (error) => {
      if (hasCode(error, 'capacity-reached')) setRefused(true);
      else if (hasCode(error, 'conflict')) notifyFailure(new Error(t('conversation.conflict')));
      else notifyFailure(error);
    },
  });
  return (
    <>
      <Stack gap="md">
        <Text size="sm">{t('team.takeOverText', { name })}</Text>
        <Checkbox
          label={t('team.formerStays', { name })}
          checked={formerStays}
          onChange={(event) => setFormerStays(event.currentTarget.checked)}
        />
        {isOver && (
          <Alert color="amber" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
            {t('team.full', { load: usedOf(own), capacity: own.capacity })}
          </Alert>
        )}
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onDone} data-autofocus>
          {t('app.cancel')}
        </Button>
        <Button color={isOver ? 'amber.8' : 'parley'} loading={take.isPending} onClick={() => take.mutate()}>
          {t(isOver ? 'team.takeOverAnyway' : 'team.takeOver')}
        </Button>
      </Group>
    </>
  );
}
