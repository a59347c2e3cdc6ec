import { Button, Group, Modal, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Asks before words that were written for colleagues can reach the customer. */
export function MoveNoteDialog(props: {
  opened: boolean;
  onClose: () => void;
  onMove: () => void;
  onKeep: () => void;
  /** After either answer, when the dialog is away. */
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const answer = (act: () => void) => () => {
    act();
    props.onClose();
    setTimeout(props.onDone, 0);
  };
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={props.opened}
      onClose={props.onClose}
      title={t('composer.moveTitle')}
      size="md"
      returnFocus={false}
    >
      <Text size="sm">{t('composer.moveText')}</Text>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={answer(props.onMove)}>
          {t('composer.moveConfirm')}
        </Button>
        <Button data-autofocus onClick={answer(props.onKeep)}>
          {t('composer.moveKeep')}
        </Button>
      </Group>
    </Modal>
  );
}
