import { Alert, Button, Group, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from './api.ts';

/** The form of a dialog: its fields, what is wrong beyond them, and the buttons. */
export function DialogForm(props: {
  children: ReactNode;
  /** What is not said at a field. */
  error: Error | null;
  submit: string;
  busy: boolean;
  disabled?: boolean;
  /** Beside the buttons. */
  aside?: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { children, error, submit, busy, disabled = false, aside, onSubmit, onClose } = props;
  function send(event: FormEvent): void {
    event.preventDefault();
    onSubmit();
  }
  return (
    <form onSubmit={send} noValidate>
      <Stack gap="sm">
        {children}
        {error !== null && (
          <Alert color="red" variant="light" role="alert">
            {problemText(error)}
          </Alert>
        )}
      </Stack>
      <Group mt="lg" gap="sm">
        {aside}
        <Group gap="sm" ml="auto">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={disabled}>
            {submit}
          </Button>
        </Group>
      </Group>
    </form>
  );
}
