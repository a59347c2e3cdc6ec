import { Menu, Text, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Agent, Presence } from '@parley/sdk/protocol.ts';
import { IconCheck, IconChevronDown, IconDoorExit, IconDots } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isFull, loadOf, usedOf } from '../agents/load.ts';
import { notifyFailure } from '../app/notify.ts';
import { meQuery, useMe } from '../session/session.ts';
import styles from './presence.module.css';
import { PresenceDot } from './presence-dot.tsx';
import { reasonChoices, usePresenceWords } from './presence-words.ts';
import { useClient } from './realtime.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

const finishing = 'finishing';

/** My own presence and how full I am. */
export function PresenceMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const presenceWords = usePresenceWords();
  const choose = useChoosePresence();
  const [asksReason, reason] = useDisclosure(false);
  const full = isFull(me);
  const [load, used] = [me.load, usedOf(me)];
  const key = full ? 'presence.full' : used === load ? 'presence.load' : 'presence.weighed';
  const words = t(key, { load, used, capacity: me.capacity });
  const plain = (presence: Presence) => (
    <PresenceItem
      presence={presence}
      chosen={presence === me.presence && me.presenceReason === undefined}
      onChoose={() => choose(presence)}
    />
  );
  return (
    <>
      <Menu position="bottom-end" width={270} shadow="md">
        <Tooltip label={words} multiline maw={260} openDelay={400}>
          <Menu.Target>
            <UnstyledButton className={styles.button}>
              <PresenceDot presence={me.presence} />
              <VisuallyHidden>{t('presence.label')}:</VisuallyHidden>
              <span className={styles.word}>{presenceWords(me)}</span>
              <span className={styles.load} data-full={full || undefined}>
                {loadOf(me)}
              </span>
              <IconChevronDown size={14} aria-hidden="true" />
            </UnstyledButton>
          </Menu.Target>
        </Tooltip>
        <Menu.Dropdown>
          {plain('online')}
          {plain('away')}
          {plain('busy')}
          <Menu.Label>{t('presence.because')}</Menu.Label>
          <div className={styles.reasons}>
            {reasonChoices.map(({ reason, status }) => (
              <Menu.Item
                key={reason}
                className={styles.reason}
                leftSection={<PresenceDot presence={status} />}
                rightSection={reason === me.presenceReason ? <IconCheck size={14} /> : undefined}
                onClick={() => choose(status, reason)}
              >
                {t(`presence.reason.${reason}`)}
              </Menu.Item>
            ))}
            <Menu.Item className={styles.reason} leftSection={<IconDots size={14} />} onClick={reason.open}>
              {t('presence.otherReason')}
            </Menu.Item>
          </div>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconDoorExit size={14} />}
            rightSection={me.presenceReason === finishing ? <IconCheck size={14} /> : undefined}
            onClick={() => choose('busy', finishing)}
          >
            {t('presence.finishUp')}
            <Text size="xs" c="dimmed">
              {t('presence.finishUpHint')}
            </Text>
          </Menu.Item>
          {plain('offline')}
        </Menu.Dropdown>
      </Menu>
      <ReasonDialog opened={asksReason} onClose={reason.close} onSay={choose} />
    </>
  );
}

function PresenceItem(props: { presence: Presence; chosen: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  const { presence } = props;
  return (
    <Menu.Item
      leftSection={<PresenceDot presence={presence} />}
      rightSection={props.chosen ? <IconCheck size={14} /> : undefined}
      onClick={props.onChoose}
    >
      {t(`presence.${presence}`)}
      <Text size="xs" c="dimmed">
        {t(`presence.${presence}Hint`)}
      </Text>
    </Menu.Item>
  );
}

/** Shown at once, and taken back when the server does not take it. */
function useChoosePresence(): (status: Presence, reason?: string) => void {
  const me = useMe();
  const client = useClient();
  const queryClient = useQueryClient();
  const show = ({ presence, presenceReason }: Pick<Agent, 'presence' | 'presenceReason'>) =>
    queryClient.setQueryData(meQuery.queryKey, (agent) => {
      if (!agent) return agent;
      const { presenceReason: _, ...rest } = agent;
      return { ...rest, presence, ...(presenceReason === undefined ? {} : { presenceReason }) };
    });
  return (status, reason) => {
    show({ presence: status, ...(reason === undefined ? {} : { presenceReason: reason }) });
    client.setPresence(status, reason).catch((error: unknown) => {
      show(me);
      notifyFailure(error);
    });
  };
}
