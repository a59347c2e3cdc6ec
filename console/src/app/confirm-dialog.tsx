import { Button, Group, Modal, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Asks before something that cannot be taken back. The safe answer has the focus. */
export function ConfirmDialog(props: {
  opened: boolean;
  title: string;
  text: string;
  confirm: string;
  dangerous?: boolean;
  busy?: boolean;
  onClose: () => void;
  onConfirm: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      size="sm"
    >
      <Text size="sm">{props.text}</Text>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={props.onClose} data-autofocus>
          {t('app.cancel')}
        </Button>
        <Button
          color={props.dangerous === true ? 'red.8' : 'parley'}
          loading={props.busy ?? false}
          onClick={props.onConfirm}
        >
          {props.confirm}
        </Button>
      </Group>
    </Modal>
  );
}
