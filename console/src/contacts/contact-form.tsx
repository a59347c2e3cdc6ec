import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Contact } from '@parley/sdk/protocol.ts';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../app/api.ts';
import { notifyFailure } from '../app/notify.ts';
import styles from './contact.module.css';
import { contactQuery, patchContact } from './contact-queries.ts';

type AttributeRow = { id: number; name: string; value: string };

/** Edits what is known of a contact in place. */
export function ContactForm({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [name, setName] = useState(contact.name);
  const [email, setEmail] = useState(contact.email ?? '');
  const [phone, setPhone] = useState(contact.phone ?? '');
  const [rows, setRows] = useState<AttributeRow[]>(() =>
    Object.entries(contact.attributes).map(([key, value], id) => ({ id, name: key, value })),
  );
  const save = useMutation({
    mutationFn: () =>
      patchContact(contact.id, {
        name: name.trim(),
        email: email.trim() === '' ? null : email.trim(),
        phone: phone.trim() === '' ? null : phone.trim(),
        attributes: attributesOf(rows),
      }),
    onSuccess: (changed) => {
      queryClient.setQueryData(contactQuery(contact.id).queryKey, changed);
      onDone();
    },
    onError: (error) => {
      if (!(error instanceof ApiError && error.field !== undefined)) notifyFailure(error);
    },
  });
  const fieldError = (field: string) =>
    save.error instanceof ApiError && save.error.field === field ? fieldProblem(save.error) : undefined;
  const emailWrong = email.trim() !== '' && !/^[^\s@]+@[^\s@]+$/.test(email.trim());

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== '' && !emailWrong) save.mutate();
  }
  const changeRow = (id: number, patch: Partial<AttributeRow>) =>
    setRows((before) => before.map((row) => (row.id === id ? { ...row, ...patch } : row)));

  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && !event.nativeEvent.isComposing && onDone()}
      noValidate
    >
      <Stack gap="xs">
        <TextInput
          size="xs"
          label={t('contact.name')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError('name')}
          required
          autoFocus
        />
        <TextInput
          size="xs"
          label={t('contact.email')}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={emailWrong ? t('contact.emailWrong') : fieldError('email')}
        />
        <TextInput
          size="xs"
          label={t('contact.phone')}
          type="tel"
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
          error={fieldError('phone')}
        />
        {rows.map((row) => (
          <div key={row.id} className={styles.attributeRow}>
            <TextInput
              size="xs"
              aria-label={t('contact.attributeName')}
              placeholder={t('contact.attributeName')}
              value={row.name}
              onChange={(event) => changeRow(row.id, { name: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              aria-label={t('contact.attributeValue')}
              placeholder={t('contact.attributeValue')}
              value={row.value}
              onChange={(event) => changeRow(row.id, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('contact.removeAttribute', { name: row.name })}
              onClick={() => setRows((before) => before.filter((other) => other.id !== row.id))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </div>
        ))}
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconPlus size={13} />}
          onClick={() => setRows((before) => [...before, { id: nextId(before), name: '', value: '' }])}
          style={{ alignSelf: 'flex-start' }}
        >
          {t('contact.addAttribute')}
        </Button>
        <Group gap="xs" justify="flex-end">
          <Button size="xs" variant="default" onClick={onDone}>
            {t('app.cancel')}
          </Button>
          <Button size="xs" type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function nextId(rows: readonly AttributeRow[]): number {
  return Math.max(-1, ...rows.map((row) => row.id)) + 1;
}

/** Rows without a name say nothing. */
function attributesOf(rows: readonly AttributeRow[]): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [row.name.trim(), row.value.trim()]).filter(([name]) => name !== ''));
}
