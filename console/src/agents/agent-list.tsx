import { Badge, Button, Skeleton, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { Agent } from '@parley/sdk/protocol.ts';
import { IconChevronRight, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { Page } from '../app/page.tsx';
import { PresenceDot } from '../realtime/presence-dot.tsx';
import { usePresenceWords } from '../realtime/presence-words.ts';
import { useMe } from '../session/session.ts';
import { AgentDialog } from './agent-dialog.tsx';
import { agentsQuery } from './agent-queries.ts';
import styles from './agents.module.css';
import { loadOf } from './load.ts';
import { PasswordOnceDialog, type ShownPassword } from './password-once-dialog.tsx';

/** Everybody who answers. */
export function AgentListPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(agentsQuery);
  const [editing, setEditing] = useState<Agent | 'new'>();
  const [shown, setShown] = useState<ShownPassword>();
  return (
    <Page
      title={t('agents.title')}
      intro={t('agents.intro')}
      action={
        <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
          {t('agents.add')}
        </Button>
      }
    >
      {data === undefined && error === null && <Skeleton height={150} radius="md" />}
      {data === undefined && error !== null && (
        <LoadFailed title={t('agents.loadFailed')} error={error} onRetry={refetch} />
      )}
      {data !== undefined && (
        <ul className={styles.list}>
          {data.map((agent) => (
            <li key={agent.id}>
              <AgentRow agent={agent} onEdit={() => setEditing(agent)} />
            </li>
          ))}
        </ul>
      )}
      <AgentDialog editing={editing} onClose={() => setEditing(undefined)} onPassword={setShown} />
      <PasswordOnceDialog shown={shown} onClose={() => setShown(undefined)} />
    </Page>
  );
}

function AgentRow({ agent, onEdit }: { agent: Agent; onEdit: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const presenceWords = usePresenceWords();
  return (
    <UnstyledButton className={styles.row} data-off={!agent.enabled || undefined} onClick={onEdit}>
      <Face id={agent.id} name={agent.name} size={36} />
      <span className={styles.rowText}>
        <strong>
          {agent.name}
          {agent.id === me.id && <span className={styles.dim}> ({t('agents.you')})</span>}
        </strong>
        <span className={styles.dim}>{agent.email}</span>
      </span>
      {!agent.enabled && (
        <Badge size="sm" variant="light" color="gray" tt="none">
          {t('agents.disabled')}
        </Badge>
      )}
      <span className={styles.role}>{t(`role.${agent.role}`)}</span>
      <span className={styles.presence}>
        <PresenceDot presence={agent.presence} />
        {presenceWords(agent)}
      </span>
      <span className={styles.load}>{loadOf(agent)}</span>
      <VisuallyHidden>{t('app.edit')}</VisuallyHidden>
      <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
    </UnstyledButton>
  );
}
