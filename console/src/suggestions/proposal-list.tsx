import { Badge, Button, Group, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Page, ReplyProposal } from '@parley/sdk/protocol.ts';
import { IconCheck, IconSparkles } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem } from '../app/api.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import { useTimeWords } from '../words/time.ts';
import styles from './proposals.module.css';

const path = '/api/v1/knowledge/proposals';
const proposalsQuery = queryOptions({
  queryKey: ['reply-proposals'],
  queryFn: async ({ signal }) => (await api.call<Page<ReplyProposal>>('GET', path, undefined, { signal })).items,
});

/** The proposals that nobody has decided about, the most frequent first. */
export function ProposalList() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(proposalsQuery);
  if (error !== null) {
    return <LoadFailed title={t('proposals.loadFailed')} error={error} onRetry={refetch} />;
  }
  if (data === undefined) return <Skeleton height={160} radius="md" />;
  if (data.length === 0) {
    return <EmptyState icon={<IconSparkles size={22} />} title={t('proposals.none')} hint={t('proposals.noneHint')} />;
  }
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t('proposals.intro')}
      </Text>
      <Stack component="ul" gap="md" className={styles.list}>
        {data.map((proposal) => (
          <li key={proposal.id}>
            <Proposal proposal={proposal} />
          </li>
        ))}
      </Stack>
    </>
  );
}

function Proposal({ proposal }: { proposal: ReplyProposal }) {
  const { t } = useTranslation();
  const { day } = useTimeWords();
  const queryClient = useQueryClient();
  const [title, setTitle] = useState(proposal.title);
  const [text, setText] = useState(proposal.text);
  const decided = async (words: string) => {
    queryClient.setQueryData(proposalsQuery.queryKey, (items) => items?.filter(({ id }) => id !== proposal.id));
    notifyDone(words);
    await queryClient.invalidateQueries({ queryKey: proposalsQuery.queryKey });
  };
  const approve = useMutation({
    mutationFn: () => api.call('POST', `${path}/${proposal.id}/approve`, { title: title.trim(), text: text.trim() }),
    onSuccess: () => decided(t('proposals.approved')),
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field === undefined) notifyFailure(error);
    },
  });
  const dismiss = useMutation({
    mutationFn: () => api.call('POST', `${path}/${proposal.id}/dismiss`),
    onSuccess: () => decided(t('proposals.dismissed')),
    onError: notifyFailure,
  });
  const errorAt = (...fields: string[]) =>
    approve.error instanceof ApiError && fields.includes(approve.error.field ?? '')
      ? fieldProblem(approve.error)
      : undefined;

  function submit(event: FormEvent): void {
    event.preventDefault();
    approve.mutate();
  }

  return (
    <Panel>
      <form onSubmit={submit} aria-label={proposal.text.slice(0, 80)}>
        <Group gap="xs" mb="xs">
          <Badge variant="light" tt="none">
            {t('proposals.times', { times: proposal.times })}
          </Badge>
          <Text size="xs" c="dimmed">
            {t('proposals.by', { agents: proposal.agents, day: day(proposal.lastAt, Date.now()) })}
          </Text>
        </Group>
        <Stack gap="sm">
          <TextInput
            label={t('proposals.name')}
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.currentTarget.value)}
            error={errorAt('title')}
          />
          <Textarea
            label={t('proposals.text')}
            autosize
            minRows={2}
            maxRows={12}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={errorAt('text', 'body')}
          />
          <div>
            <Text size="xs" fw={600} mb={2}>
              {t('proposals.examples')}
            </Text>
            <ul className={styles.examples}>
              {proposal.examples.map((example) => (
                <li key={example}>{example}</li>
              ))}
            </ul>
          </div>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" loading={dismiss.isPending} onClick={() => dismiss.mutate()}>
              {t('proposals.dismiss')}
            </Button>
            <Button
              type="submit"
              leftSection={<IconCheck size={15} />}
              loading={approve.isPending}
              disabled={title.trim() === '' || text.trim() === ''}
            >
              {t('proposals.approve')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
