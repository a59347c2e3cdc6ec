import { Button, Group, Modal, NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Agent } from '@parley/sdk/protocol.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem } from '../app/api.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { useMe } from '../session/session.ts';
import { agentsQuery } from './agent-queries.ts';
import { makePassword } from './make-password.ts';
import type { ShownPassword } from './password-once-dialog.tsx';

const roles = ['agent', 'supervisor', 'admin'] as const;
const defaultCapacity = 5;

type DialogProps = {
  editing: Agent | 'new' | undefined;
  onClose: () => void;
  onPassword: (shown: ShownPassword) => void;
};

/** Makes a new agent, or changes one. */
export function AgentDialog({ editing, onClose, onPassword }: DialogProps) {
  const { t } = useTranslation();
  const agent = editing === 'new' ? undefined : editing;
  const title = agent === undefined ? t('agents.add') : t('agents.editTitle', { name: agent.name });
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={editing !== undefined}
      onClose={onClose}
      title={title}
      size="md"
    >
      {editing !== undefined && (
        <AgentForm key={agent?.id ?? 'new'} agent={agent} onClose={onClose} onPassword={onPassword} />
      )}
    </Modal>
  );
}

type FormProps = { agent: Agent | undefined; onClose: () => void; onPassword: (shown: ShownPassword) => void };

function AgentForm({ agent, onClose, onPassword }: FormProps) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState(agent?.email ?? '');
  const [name, setName] = useState(agent?.name ?? '');
  const [role, setRole] = useState<Agent['role']>(agent?.role ?? 'agent');
  const [capacity, setCapacity] = useState(agent?.capacity ?? defaultCapacity);
  const [enabled, setEnabled] = useState(agent?.enabled ?? true);
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      agent === undefined
        ? api.call<Agent & { password?: string }>('POST', '/api/v1/agents', {
            email: email.trim(),
            name,
            role,
            capacity,
          })
        : api.call<Agent & { password?: string }>('PATCH', `/api/v1/agents/${agent.id}`, {
            name,
            role,
            capacity,
            enabled,
          }),
    onSuccess: async ({ password }) => {
      onClose();
      if (password !== undefined) onPassword({ name, password });
      else notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: agentsQuery.queryKey });
    },
    onError: (error) => {
      if (fieldOf(error) === undefined) notifyFailure(error);
    },
  });
  const wrong = {
    email: agent === undefined && !/^[^\s@]+@[^\s@]+$/.test(email.trim()) ? t('agents.emailWrong') : undefined,
    name: name.trim() === '' ? t('agents.nameMissing') : undefined,
  };
  const errorAt = (field: 'email' | 'name' | 'capacity' | 'role') => {
    const refused =
      fieldOf(save.error) === field && save.error instanceof ApiError ? fieldProblem(save.error) : undefined;
    return refused ?? (tried && (field === 'email' || field === 'name') ? wrong[field] : undefined);
  };

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (wrong.email === undefined && wrong.name === undefined) save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {agent === undefined && (
          <TextInput
            label={t('agents.email')}
            type="email"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errorAt('email')}
            data-autofocus
          />
        )}
        <TextInput
          label={t('agents.name')}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errorAt('name')}
        />
        <Select
          label={t('agents.role')}
          data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
          value={role}
          onChange={(value) => setRole(roles.find((known) => known === value) ?? 'agent')}
          allowDeselect={false}
          // Whoever takes the last administrator's rights away cannot give them back.
          disabled={agent?.id === me.id}
          error={errorAt('role')}
        />
        <NumberInput
          label={t('agents.capacity')}
          description={t('agents.capacityHint')}
          min={1}
          max={10_000}
          allowDecimal={false}
          value={capacity}
          onChange={(value) => setCapacity(Math.max(1, Number(value) || 1))}
          error={errorAt('capacity')}
        />
        {agent !== undefined && agent.id !== me.id && (
          <Switch
            mt="xs"
            label={t('agents.enabled')}
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
        )}
        <Group justify="space-between" mt="sm">
          {agent === undefined ? <span /> : <ResetPassword agent={agent} onClose={onClose} onPassword={onPassword} />}
          <Button type="submit" loading={save.isPending}>
            {agent === undefined ? t('agents.create') : t('app.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function ResetPassword({ agent, onClose, onPassword }: FormProps & { agent: Agent }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const reset = useMutation({
    mutationFn: async () => {
      const password = makePassword();
      await api.call('PATCH', `/api/v1/agents/${agent.id}`, { password });
      return password;
    },
    onSuccess: (password) => {
      setAsking(false);
      onClose();
      onPassword({ name: agent.name, password });
    },
    onError: notifyFailure,
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('agents.resetPassword')}
      </Button>
      <ConfirmDialog
        opened={asking}
        title={t('agents.resetTitle', { name: agent.name })}
        text={t('agents.resetText')}
        confirm={t('agents.resetConfirm')}
        busy={reset.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => reset.mutate()}
      />
    </>
  );
}

function fieldOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.field : undefined;
}
