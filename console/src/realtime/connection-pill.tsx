import { Popover, Text, UnstyledButton } from '@mantine/core';
import type { ClientStatus } from '@parley/sdk/client-api.ts';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow, useTimeWords } from '../words/time.ts';
import styles from './connection.module.css';
import { useClientStatus } from './realtime.tsx';

const wordOf = { live: 'live', 'catching-up': 'catchingUp', offline: 'offline' } as const;

/** Whether what is on the screen is the truth, always in sight. */
export function ConnectionPill() {
  const { t } = useTranslation();
  const status = useClientStatus();
  const [opened, setOpened] = useState(false);
  const word = t(`connection.${wordOf[status.state]}`);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={260} shadow="md" withArrow>
      <Popover.Target>
        <UnstyledButton
          className={styles.pill}
          data-state={status.state}
          onClick={() => setOpened((open) => !open)}
          aria-live="polite"
        >
          <span className={styles.dot} aria-hidden="true" />
          <span className={styles.word}>
            {word}
            {status.state === 'offline' && <LastSync status={status} />}
          </span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <StatusText status={status} />
        {status.unsent > 0 && (
          <Text size="sm" mt={4}>
            {t('connection.unsent', { n: status.unsent })}
          </Text>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function LastSync({ status }: { status: ClientStatus }) {
  const { span } = useTimeWords();
  const now = useNow(1_000);
  if (status.lastSyncAt === undefined) return null;
  return <span className={styles.age}>{span(now - status.lastSyncAt)}</span>;
}

function StatusText({ status }: { status: ClientStatus }) {
  const { t } = useTranslation();
  const { ago } = useTimeWords();
  const now = useNow(1_000);
  const age = status.lastSyncAt === undefined ? t('connection.never') : ago(now - status.lastSyncAt);
  return <Text size="sm">{t(`connection.${wordOf[status.state]}Hint`, { age })}</Text>;
}
