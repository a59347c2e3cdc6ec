import { Button, Checkbox, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { flowNamesQuery, giveToBot } from './give-to-bot.ts';

/** Gives a conversation to the bot: what it shall do first, and what the team should know. */
export function GiveToBotDialog(props: { conversation: Conversation; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('dialogue.giving.title')}
      size="md"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <GiveToBotForm conversation={props.conversation} onDone={props.onClose} />
    </Modal>
  );
}

function GiveToBotForm({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const { data: flows = [] } = useQuery(flowNamesQuery);
  const [flowId, setFlowId] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const [isBack, setBack] = useState(conversation.assigneeId === me.id);
  const give = useMutation({
    mutationFn: () =>
      giveToBot(conversation.id, {
        ...(flowId === null ? {} : { flowId }),
        ...(note.trim() === '' ? {} : { note: note.trim() }),
        ...{ backToMe: isBack, ownerEpoch: conversation.ownerEpoch },
      }),
    onSuccess: (changed) => {
      placeEverywhere(queryClient, changed, me.id);
      notifyDone(t('dialogue.giving.done'));
      onDone();
    },
    onError: notifyFailure,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    give.mutate();
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label={t('dialogue.giving.flow')}
          description={t('dialogue.giving.flowHint')}
          placeholder={t('dialogue.giving.none')}
          data={flows.map(({ id, name }) => ({ value: id, label: name }))}
          value={flowId}
          onChange={setFlowId}
          clearable
          data-autofocus
        />
        <Textarea
          label={t('dialogue.giving.note')}
          description={t('dialogue.giving.noteHint')}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={1_000}
        />
        <Checkbox
          label={t('dialogue.giving.back')}
          checked={isBack}
          onChange={(event) => setBack(event.currentTarget.checked)}
        />
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={give.isPending}>
          {t('dialogue.giving.send')}
        </Button>
      </Group>
    </form>
  );
}
