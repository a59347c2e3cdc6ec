import { Alert, Button, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Agent, Conversation } from '@parley/sdk/protocol.ts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { byReadiness } from '../agents/by-readiness.ts';
import { isFull, loadOf } from '../agents/load.ts';
import { fieldProblem } from '../app/api.ts';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { byHandQuery } from '../decisions/decision-queries.ts';
import { useSentence } from '../decisions/sentence-words.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { usePresenceWords } from '../realtime/presence-words.ts';
import { useMe } from '../session/session.ts';
import { groupsQuery, type TransferTo, transferConversation, transferMarginQuery } from './group-queries.ts';

/** Passes a conversation on to somebody who is there, or into the queue of a group, with a note for whoever gets it. */
export function TransferDialog(props: { conversation: Conversation; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={props.opened}
      onClose={props.onClose}
      title={t('transfer.title')}
      size="md"
    >
      <TransferForm conversation={props.conversation} onDone={props.onClose} />
    </Modal>
  );
}

function TransferForm({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const choices = useChoices(conversation);
  const [to, setTo] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const against = useRuleAgainst(conversation, to);
  const pass = useMutation({
    mutationFn: (value: string) =>
      transferConversation(conversation.id, {
        ...destinationOf(value),
        ownerEpoch: conversation.ownerEpoch,
        ...(note.trim() === '' ? {} : { note: note.trim() }),
        // Said beforehand, on the button.
        ...(against?.isForbidden === true ? { override: true } : {}),
      }),
    onSuccess: (changed, value) => {
      placeEverywhere(queryClient, changed, me.id);
      notifyDone(t('transfer.done', { name: choices.nameOf(value) }));
      onDone();
    },
    onError: (error) => {
      if (!(error instanceof ApiError && isAboutDestination(error))) notifyFailure(error);
    },
  });
  const { error } = pass;
  const refusal = error instanceof ApiError && isAboutDestination(error) ? fieldProblem(error) : undefined;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (to !== null) pass.mutate(to);
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label={t('transfer.to')}
          description={t('transfer.toHint')}
          placeholder={t('transfer.choose')}
          data={choices.data}
          value={to}
          error={refusal}
          onChange={(value) => {
            pass.reset();
            setTo(value);
          }}
          searchable
          maxDropdownHeight={260}
          data-autofocus
        />
        {against !== undefined && (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} role="status">
            {t('transfer.against', { name: choices.nameOf(to ?? ''), rule: against.words })}
          </Alert>
        )}
        <Textarea
          label={t('transfer.note')}
          description={t('transfer.noteHint')}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={8}
          maxLength={4_000}
        />
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" disabled={to === null} loading={pass.isPending}>
          {against?.isForbidden === true ? t('transfer.sendAnyway') : t('transfer.send')}
        </Button>
      </Group>
    </form>
  );
}

/** What speaks against whom was chosen, by the rules; that they are full stands beside their name. */
function useRuleAgainst({ id, ownerEpoch }: Conversation, to: string | null) {
  const agentId = to?.startsWith('agent ') === true ? to.slice('agent '.length) : undefined;
  const { data: agents = [] } = useQuery(agentsQuery);
  const sentence = useSentence((other) => agents.find((agent) => agent.id === other)?.name ?? other);
  const { data } = useQuery({ ...byHandQuery(id, ownerEpoch, agentId ?? ''), enabled: agentId !== undefined });
  const [verdict] = data?.items ?? [];
  const [words] = verdict?.words ?? [];
  if (verdict === undefined || words === undefined) return undefined;
  if (verdict.key === 'can-have-it' || verdict.key === 'full') return undefined;
  return { words: sentence(words), isForbidden: verdict.key === 'not-this-agent' };
}

const isAboutDestination = ({ field, code }: ApiError) =>
  field === 'toAgentId' || field === 'toGroupId' || code === 'capacity-reached' || code === 'against-rule';

function destinationOf(value: string): TransferTo {
  const id = value.slice(value.indexOf(' ') + 1);
  return value.startsWith('agent ') ? { toAgentId: id } : { toGroupId: id };
}

/** Who is there and could have it, those with the most room first; who is offline is shown and cannot be chosen. */
function useChoices(conversation: Conversation) {
  const { t } = useTranslation();
  const presenceWords = usePresenceWords();
  const me = useMe();
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: groups = [] } = useQuery(groupsQuery);
  const { data: margin = 0 } = useQuery(transferMarginQuery);
  const beyond = (agent: Agent) => (margin > 0 && isFull(agent) ? ` · ${t('transfer.beyond', { n: margin })}` : '');
  const labelOf = (agent: Agent) => `${agent.name} · ${presenceWords(agent)} · ${loadOf(agent)}${beyond(agent)}`;
  const others = agents
    .filter(({ id, enabled }) => enabled && id !== me.id && id !== conversation.assigneeId)
    .toSorted(byReadiness)
    .map((agent) => ({
      value: `agent ${agent.id}`,
      label: labelOf(agent),
      name: agent.name,
      disabled: agent.presence === 'offline',
    }));
  const queues = groups.map(({ id, name }) => ({ value: `group ${id}`, label: name, name }));
  return {
    data: [
      ...(queues.length === 0 ? [] : [{ group: t('transfer.groups'), items: queues }]),
      { group: t('transfer.agents'), items: others },
    ],
    nameOf: (value: string) => [...others, ...queues].find((each) => each.value === value)?.name ?? '',
  };
}
