import { ActionIcon, Button, Group } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconChevronRight, IconPlus, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { BackLink } from '../app/back-link.tsx';
import { EmptyState } from '../app/empty-state.tsx';
import { useFieldErrors } from '../app/field-errors.ts';
import styles from './routing.module.css';
import { moved } from './routing-edits.ts';

interface Entry {
  readonly id: string;
  readonly name: string;
}
/** The parts that are lists of entries, and what each is called in the document. */
const lists = { groups: 'groups', rules: 'rules', hours: 'schedules', sla: 'sla' } as const;
type ListPart = keyof typeof lists;

/** The entries of a part, each leading to its editor, and the button that makes one. */
export function EntryList<T extends Entry>(props: {
  part: ListPart;
  entries: readonly T[];
  setEntries: (next: (before: readonly T[]) => readonly T[]) => void;
  make: () => T;
  icon: ReactNode;
  /** Their order counts: they are numbered, and can be moved. */
  isOrdered?: boolean;
  isOff?: (entry: T) => boolean;
  /** What is said of an entry, below its name. */
  children: (entry: T) => ReactNode;
}) {
  const { t } = useTranslation();
  const { errorUnder } = useFieldErrors();
  const navigate = useNavigate();
  const { part, entries, setEntries, isOrdered = false } = props;
  function add(): void {
    const entry = props.make();
    setEntries((before) => [...before, entry]);
    void navigate({ to: '/routing/$part', params: { part }, search: { open: entry.id } });
  }
  const button = (
    <Button size="sm" leftSection={<IconPlus size={16} />} onClick={add}>
      {t(`routing.${part}.add`)}
    </Button>
  );
  if (entries.length === 0) {
    return (
      <EmptyState icon={props.icon} title={t(`routing.${part}.empty`)} hint={t(`routing.${part}.emptyHint`)}>
        {button}
      </EmptyState>
    );
  }
  const List = isOrdered ? 'ol' : 'ul';
  return (
    <>
      <List className={styles.list}>
        {entries.map((entry, index) => {
          const name = entry.name.trim() || t('routing.unnamed');
          const isOff = props.isOff?.(entry) ?? false;
          return (
            <li key={entry.id} className={isOrdered ? styles.ordered : undefined}>
              <Link
                to="/routing/$part"
                params={{ part }}
                search={{ open: entry.id }}
                className={styles.row}
                data-off={isOff || undefined}
                data-wrong={errorUnder(`${lists[part]}[${index}]`) !== undefined || undefined}
              >
                {isOrdered && (
                  <span className={styles.number} aria-hidden="true">
                    {index + 1}
                  </span>
                )}
                <span className={styles.rowText}>
                  <strong>
                    {name}
                    {isOff && <span className={styles.dim}> · {t('routing.rules.off')}</span>}
                  </strong>
                  {props.children(entry)}
                </span>
                {!isOrdered && <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />}
              </Link>
              {isOrdered && (
                <EntryTools
                  name={name}
                  isFirst={index === 0}
                  isLast={index === entries.length - 1}
                  onMove={(by) => setEntries((before) => moved(before, index, by))}
                />
              )}
            </li>
          );
        })}
      </List>
      <Group my="md">{button}</Group>
    </>
  );
}

/** The panels of one entry, between the way back to its list and the button that takes it out of the draft. */
export function EntryEditor({
  part,
  onRemove,
  children,
}: {
  part: ListPart;
  onRemove: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <>
      <BackLink to="/routing/$part" params={{ part }}>
        {t(`routing.part.${part}`)}
      </BackLink>
      {children}
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
          {t(`routing.${part}.remove`)}
        </Button>
      </Group>
    </>
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
