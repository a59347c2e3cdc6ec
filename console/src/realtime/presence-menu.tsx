import { Menu, Text, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { type Presence, presences } from '@parley/sdk/protocol.ts';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../app/notify.ts';
import { meQuery, useMe } from '../session/session.ts';
import styles from './presence.module.css';
import { PresenceDot } from './presence-dot.tsx';
import { useClient } from './realtime.tsx';

/** My own presence and how full I am. */
export function PresenceMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useClient();
  const queryClient = useQueryClient();

  function choose(status: Presence): void {
    const before = me.presence;
    const show = (presence: Presence) =>
      queryClient.setQueryData(meQuery.queryKey, (agent) => agent && { ...agent, presence });
    show(status);
    client.setPresence(status).catch((error: unknown) => {
      show(before);
      notifyFailure(error);
    });
  }

  const full = me.load >= me.capacity;
  const words = t(full ? 'presence.full' : 'presence.load', { load: me.load, capacity: me.capacity });
  return (
    <Menu position="bottom-end" width={260} shadow="md">
      <Tooltip label={words} multiline maw={260} openDelay={400}>
        <Menu.Target>
          <UnstyledButton className={styles.button}>
            <PresenceDot presence={me.presence} />
            <VisuallyHidden>{t('presence.label')}:</VisuallyHidden>
            <span className={styles.word}>{t(`presence.${me.presence}`)}</span>
            <span className={styles.load} data-full={full || undefined}>
              {me.load}/{me.capacity}
            </span>
            <IconChevronDown size={14} aria-hidden="true" />
          </UnstyledButton>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        {presences.map((presence) => (
          <Menu.Item
            key={presence}
            leftSection={<PresenceDot presence={presence} />}
            rightSection={presence === me.presence ? <IconCheck size={14} /> : undefined}
            onClick={() => choose(presence)}
          >
            {t(`presence.${presence}`)}
            <Text size="xs" c="dimmed">
              {t(`presence.${presence}Hint`)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
