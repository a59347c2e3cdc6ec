import { ActionIcon, Menu, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconAlarmSnooze, IconCalendarTime, IconPlayerPlay } from '@tabler/icons-react';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import { SnoozeDialog } from './snooze-dialog.tsx';
import { snoozeChoices } from './snooze-times.ts';
import { useSnooze } from './use-snooze.tsx';

/** When the conversation is to come back; there where somebody has it. */
export function SnoozeMenu(props: { conversation: Conversation; target: RefObject<HTMLButtonElement | null> }) {
  const { conversation, target } = props;
  const { t } = useTranslation();
  const { clock, when } = useTimeWords();
  const { snooze, wake, busy } = useSnooze(conversation);
  const [openedAt, setOpenedAt] = useState(() => Date.now());
  const [asksTime, other] = useDisclosure(false);
  const { status, snoozedUntil } = conversation;
  if (status !== 'agent' && status !== 'snoozed') return null;
  const label =
    snoozedUntil === undefined ? t('snooze.open') : t('snooze.until', { when: when(snoozedUntil, openedAt) });
  return (
    <>
      <Menu position="bottom-end" width={260} shadow="md" onOpen={() => setOpenedAt(Date.now())}>
        <Tooltip label={`${label} (S)`} openDelay={500}>
          <Menu.Target>
            <ActionIcon
              ref={target}
              variant={status === 'snoozed' ? 'light' : 'subtle'}
              color={status === 'snoozed' ? 'parley' : 'gray'}
              aria-label={label}
              loading={busy}
            >
              <IconAlarmSnooze size={19} />
            </ActionIcon>
          </Menu.Target>
        </Tooltip>
        <Menu.Dropdown>
          {status === 'snoozed' && (
            <>
              <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={wake}>
                {t('snooze.wake')}
              </Menu.Item>
              <Menu.Divider />
            </>
          )}
          <Menu.Label>{t('snooze.label')}</Menu.Label>
          {snoozeChoices(openedAt).map(({ id, at }) => (
            <Menu.Item
              key={id}
              rightSection={
                <Text size="xs" c="dimmed">
                  {id === 'monday' ? when(at, openedAt) : clock(at)}
                </Text>
              }
              onClick={() => snooze(at)}
            >
              {t(`snooze.${id}`)}
            </Menu.Item>
          ))}
          <Menu.Item leftSection={<IconCalendarTime size={16} />} onClick={other.open}>
            {t('snooze.other')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SnoozeDialog opened={asksTime} onClose={other.close} onChoose={snooze} />
    </>
  );
}
