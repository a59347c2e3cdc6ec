import { ActionIcon, Button, Group } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Fields } from '../../app/fields.tsx';

/** One entry of a list in the settings: its fields, and a button that takes it out. */
export function ListedRow(props: { removeLabel: string; onRemove: () => void; children: ReactNode }) {
  return (
    <Group align="start" wrap="nowrap" mb="lg">
      <div style={{ flex: 1, minWidth: 0 }}>
        <Fields>{props.children}</Fields>
      </div>
      {/* Beside the first field, below its label. */}
      <ActionIcon
        mt={24}
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={props.removeLabel}
        onClick={props.onRemove}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}

/** Adds an entry to such a list. */
export function AddRow(props: { label: string; onAdd: () => void }) {
  return (
    <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={props.onAdd}>
      {props.label}
    </Button>
  );
}

/** The list with one entry changed, or without it. */
export function withEntry<T>(list: readonly T[], index: number, next: T | undefined): T[] {
  return list.flatMap((each, at) => (at !== index ? [each] : next === undefined ? [] : [next]));
}
