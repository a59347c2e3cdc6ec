import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chosenTime, fieldValue } from './snooze-times.ts';

const dayMs = 24 * 3_600_000;

type DialogProps = { opened: boolean; onClose: () => void; onChoose: (until: number) => void };

/** A time of the agent's own. */
export function SnoozeDialog(props: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('snooze.otherTitle')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <SnoozeForm {...props} />
    </Modal>
  );
}

function SnoozeForm({ onClose, onChoose }: DialogProps) {
  const { t } = useTranslation();
  const [value, setValue] = useState(() => fieldValue(Date.now() + dayMs));
  const [wrong, setWrong] = useState<'past' | 'far'>();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  function submit(event: FormEvent): void {
    event.preventDefault();
    const chosen = chosenTime(value, Date.now());
    if ('wrong' in chosen) {
      setWrong(chosen.wrong);
      return;
    }
    onChoose(chosen.at);
    onClose();
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          type="datetime-local"
          label={t('snooze.otherLabel')}
          description={t('snooze.otherHint', { zone })}
          value={value}
          error={wrong === undefined ? undefined : t(`snooze.${wrong}`)}
          onChange={(event) => {
            setWrong(undefined);
            setValue(event.currentTarget.value);
          }}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit">{t('snooze.open')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
