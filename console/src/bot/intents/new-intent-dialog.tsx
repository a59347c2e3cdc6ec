import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem, problemText } from '../../app/api.ts';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyFailure } from '../../app/notify.ts';
import { createIntent, intentsKey } from './intent-queries.ts';
import { linesOf } from './lines.ts';

/** A new intent with its first utterances. */
export function NewIntentDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [said, setSaid] = useState('');
  const creating = useMutation({
    mutationFn: () => createIntent({ name, utterances: linesOf(said) }),
    onSuccess: async ({ id }) => {
      onClose();
      setName('');
      setSaid('');
      await queryClient.invalidateQueries({ queryKey: intentsKey });
      await navigate({ to: '/bot/$part', params: { part: 'intents' }, search: { open: id } });
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field === undefined) notifyFailure(error);
    },
  });
  const { error } = creating;
  const problem = error instanceof ApiError && error.field !== undefined ? error : undefined;
  function submit(event: FormEvent): void {
    event.preventDefault();
    creating.mutate();
  }
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={opened}
      onClose={onClose}
      title={t('intents.add')}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label={t('intents.name')}
            description={t('intents.nameHint')}
            inputWrapperOrder={inputWrapperOrder}
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.field === 'name' ? fieldProblem(problem) : undefined}
            data-autofocus
          />
          <Textarea
            label={t('intents.utterances')}
            description={t('intents.onePerLine')}
            inputWrapperOrder={inputWrapperOrder}
            autosize
            minRows={5}
            maxRows={14}
            value={said}
            onChange={(event) => setSaid(event.currentTarget.value)}
            error={problem !== undefined && problem.field !== 'name' ? problemText(problem) : undefined}
          />
        </Stack>
        <Group justify="flex-end" mt="lg" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" loading={creating.isPending} disabled={name.trim() === ''}>
            {t('intents.create')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
