import { ActionIcon, Button, Group } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { BackLink } from '../app/back-link.tsx';
import styles from './routing.module.css';
import type { Part } from './routing-edits.ts';

/** From an entry back to the list that it is of. */
export function BackTo({ part }: { part: Part }) {
  const { t } = useTranslation();
  return (
    <BackLink to="/routing/$part" params={{ part }}>
      {t(`routing.part.${part}`)}
    </BackLink>
  );
}

/** Opens an entry of a part. */
export function useOpen(part: Part): (id: string) => void {
  const navigate = useNavigate();
  return (open) => void navigate({ to: '/routing/$part', params: { part }, search: { open } });
}

/** Takes the entry out of the draft; it is gone once that is published. */
export function RemoveEntry({ part, label, onRemove }: { part: Part; label: string; onRemove: () => void }) {
  const navigate = useNavigate();
  return (
    <Group justify="flex-end" mb="md">
      <Button
        variant="light"
        color="red"
        leftSection={<IconTrash size={16} />}
        onClick={() => {
          onRemove();
          void navigate({ to: '/routing/$part', params: { part } });
        }}
      >
        {label}
      </Button>
    </Group>
  );
}

/** Up, down and away, for an entry whose place in its list counts. */
export function EntryTools(props: {
  name: string;
  isFirst: boolean;
  isLast: boolean;
  onMove: (by: -1 | 1) => void;
  onRemove?: () => void;
}) {
  const { t } = useTranslation();
  const { name } = props;
  return (
    <Group gap={2} wrap="nowrap" className={styles.tools}>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={props.isFirst}
        aria-label={t('routing.moveUp', { name })}
        onClick={() => props.onMove(-1)}
      >
        <IconArrowUp size={17} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={props.isLast}
        aria-label={t('routing.moveDown', { name })}
        onClick={() => props.onMove(1)}
      >
        <IconArrowDown size={17} />
      </ActionIcon>
      {props.onRemove !== undefined && <RemoveButton name={name} onRemove={props.onRemove} />}
    </Group>
  );
}

export function RemoveButton({ name, onRemove }: { name: string; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={t('routing.removeNamed', { name })} onClick={onRemove}>
      <IconTrash size={17} />
    </ActionIcon>
  );
}
