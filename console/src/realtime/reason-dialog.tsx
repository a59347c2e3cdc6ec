import { Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import type { Presence } from '@parley/sdk/protocol.ts';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

const maxLength = 60;
const statuses = ['away', 'busy', 'offline'] as const;

/** A reason in the agent's own words. */
export function ReasonDialog(props: {
  opened: boolean;
  onClose: () => void;
  onSay: (status: Presence, reason: string) => void;
}) {
  const { t } = useTranslation();
  const [status, setStatus] = useState<(typeof statuses)[number]>('away');
  const [reason, setReason] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (reason.trim() === '') return;
    props.onSay(status, reason.trim());
    setReason('');
    props.onClose();
  }
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('presence.reasonTitle')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label={t('presence.reasonLabel')}
            description={t('presence.reasonHint')}
            value={reason}
            maxLength={maxLength}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          <div>
            <Text component="label" size="sm" fw={500} id="reason-status">
              {t('presence.statusLabel')}
            </Text>
            <SegmentedControl
              fullWidth
              mt={4}
              aria-labelledby="reason-status"
              data={statuses.map((value) => ({ value, label: t(`presence.${value}`) }))}
              value={status}
              onChange={(value) => setStatus(statuses.find((each) => each === value) ?? 'away')}
            />
          </div>
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" disabled={reason.trim() === ''}>
              {t('app.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
