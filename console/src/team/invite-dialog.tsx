import { Button, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { byReadiness } from '../agents/by-readiness.ts';
import { fieldProblem } from '../app/api.ts';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { useMe } from '../session/session.ts';
import { invite } from './team-queries.ts';

/** Asks a colleague who is there into the conversation. */
export function InviteDialog(props: { conversation: Conversation; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('team.inviteTitle')}
      size="md"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <InviteForm conversation={props.conversation} onDone={props.onClose} />
    </Modal>
  );
}

const isAboutAgent = (error: unknown): error is ApiError => error instanceof ApiError && error.field === 'agentId';

function InviteForm({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const { t } = useTranslation();
  const colleagues = useColleagues(conversation);
  const [agentId, setAgentId] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const ask = useMutation({
    mutationFn: (id: string) =>
      invite(conversation.id, { agentId: id, ...(note.trim() === '' ? {} : { note: note.trim() }) }),
    onSuccess: (_, id) => {
      notifyDone(t('team.asked', { name: colleagues.find(({ value }) => value === id)?.name ?? '' }));
      onDone();
    },
    onError: (error) => {
      if (!isAboutAgent(error)) notifyFailure(error);
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (agentId !== null) ask.mutate(agentId);
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label={t('team.colleague')}
          description={t('team.inviteHint')}
          placeholder={t('team.choose')}
          data={colleagues}
          value={agentId}
          error={isAboutAgent(ask.error) ? fieldProblem(ask.error) : undefined}
          onChange={(value) => {
            ask.reset();
            setAgentId(value);
          }}
          searchable
          maxDropdownHeight={260}
          data-autofocus
        />
        <Textarea
          label={t('team.note')}
          description={t('team.noteHint')}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={500}
        />
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" disabled={agentId === null} loading={ask.isPending}>
          {t('team.ask')}
        </Button>
      </Group>
    </form>
  );
}

/** Who is not in the conversation yet, those with the most room first; who is offline is shown and cannot be chosen. */
function useColleagues({ assigneeId, participants = [] }: Conversation) {
  const { t } = useTranslation();
  const me = useMe();
  const { data: agents = [] } = useQuery(agentsQuery);
  const there = new Set([me.id, assigneeId, ...participants.map((each) => each.agentId)]);
  return agents
    .filter(({ id, enabled }) => enabled && !there.has(id))
    .toSorted(byReadiness)
    .map(({ id, name, presence }) => ({
      value: id,
      label: `${name} · ${t(`presence.${presence}`)}`,
      name,
      disabled: presence === 'offline',
    }));
}
