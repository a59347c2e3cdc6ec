import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';

/** The window round a form of this page; `children` are there while it is open, so that each time begins anew. */
export function LearningDialog(props: { opened: boolean; title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const { opened, title, onClose, children } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {children}
    </Modal>
  );
}

/** Its fields, what is wrong beyond them, and the buttons. */
export function LearningForm(props: {
  children: ReactNode;
  /** What is not said at a field. */
  error: Error | null;
  submit: string;
  busy: boolean;
  disabled: boolean;
  onSubmit: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { children, error, submit, busy, disabled, onSubmit, onClose } = props;
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
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={busy} disabled={disabled}>
          {submit}
        </Button>
      </Group>
    </form>
  );
}
