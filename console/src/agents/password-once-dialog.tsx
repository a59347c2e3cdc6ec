import { Alert, Button, Group, Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyField } from '../app/copy-field.tsx';

export type ShownPassword = { name: string; password: string };

/** Shows a new password this one time. A click beside it does not close it. */
export function PasswordOnceDialog({ shown, onClose }: { shown: ShownPassword | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={shown !== undefined}
      onClose={onClose}
      title={t('agents.passwordTitle', { name: shown?.name ?? '' })}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="md"
    >
      <Alert color="amber" variant="light" mb="md">
        {t('agents.passwordOnce')}
      </Alert>
      {shown !== undefined && <CopyField value={shown.password} label={t('session.password')} />}
      <Group justify="flex-end" mt="lg">
        <Button onClick={onClose}>{t('agents.passwordDone')}</Button>
      </Group>
    </Modal>
  );
}
