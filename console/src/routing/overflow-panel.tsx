import { Button, Checkbox, Group, Input } from '@mantine/core';
import type { Overflow, OverflowCondition, OverflowTarget, SkillGroup } from '@parley/sdk/routing-document.ts';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFieldErrors } from '../app/field-errors.ts';
import { ChoiceField, CountField, DurationField, Fields } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { EntryTools } from './entry-list.tsx';
import { useNames } from './names.ts';
import styles from './routing.module.css';
import { moved, overflowKinds, replaced, without } from './routing-edits.ts';

const usualOverflow: Overflow = { when: { afterMs: 120_000 }, to: { kind: 'group', groupId: '' } };

/** Where conversations are sent on to when nobody of the group can have them. */
export function OverflowPanel(props: { group: SkillGroup; path: string; patch: (next: Partial<SkillGroup>) => void }) {
  const { t } = useTranslation();
  const { group, path, patch } = props;
  const { overflow } = group;
  return (
    <Panel title={t('routing.groups.overflow')} hint={t('routing.groups.overflowHint')}>
      <ol className={styles.boxes}>
        {overflow.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place.
          <li key={index} className={styles.box}>
            <OverflowLine
              line={line}
              path={`${path}.overflow[${index}]`}
              groupId={group.id}
              tools={
                <EntryTools
                  name={t('routing.groups.line', { n: index + 1 })}
                  isFirst={index === 0}
                  isLast={index === overflow.length - 1}
                  onMove={(by) => patch({ overflow: moved(overflow, index, by) })}
                  onRemove={() => patch({ overflow: without(overflow, index) })}
                />
              }
              title={t('routing.groups.line', { n: index + 1 })}
              onChange={(next) => patch({ overflow: replaced(overflow, index, next) })}
            />
          </li>
        ))}
      </ol>
      <Button
        mt={overflow.length === 0 ? 0 : 'sm'}
        size="xs"
        variant="light"
        leftSection={<IconPlus size={15} />}
        onClick={() => patch({ overflow: [...overflow, usualOverflow] })}
      >
        {t('routing.groups.addOverflow')}
      </Button>
    </Panel>
  );
}

type LineProps = { line: Overflow; path: string; onChange: (next: Overflow) => void };

function OverflowLine(props: LineProps & { groupId: string; title: string; tools: React.ReactNode }) {
  const { t } = useTranslation();
  const { line, path, onChange } = props;
  const { errorAt } = useFieldErrors();
  const error = errorAt(`${path}.when`);
  return (
    <>
      <div className={styles.boxHead}>
        <strong>{props.title}</strong>
        {props.tools}
      </div>
      <div data-field={`${path}.when`} tabIndex={-1} className={styles.whole}>
        <OverflowWhen line={line} path={path} onChange={onChange} />
        {error !== undefined && <Input.Error mt={6}>{error}</Input.Error>}
      </div>
      <Fields layout="separated">
        <ChoiceField
          path={`${path}.to`}
          label={t('routing.groups.destination')}
          value={line.to.kind}
          data={overflowKinds.map((kind) => ({ value: kind, label: t(`routing.groups.to.${kind}`) }))}
          onChange={(kind) => onChange({ ...line, to: targetOf(kind) })}
        />
        <OverflowTo {...props} />
      </Fields>
    </>
  );
}

function OverflowWhen({ line, path, onChange }: LineProps) {
  const { t } = useTranslation();
  const { when } = line;
  const set =
    (key: keyof OverflowCondition) =>
    (value: number | true | undefined): void => {
      const { [key]: _, ...rest } = when;
      onChange({ ...line, when: value === undefined ? rest : { ...rest, [key]: value } });
    };
  return (
    <>
      <Fields>
        <DurationField
          path={`${path}.when.afterMs`}
          label={t('routing.groups.after')}
          value={when.afterMs}
          onChange={set('afterMs')}
        />
        <CountField
          path={`${path}.when.waiting`}
          label={t('routing.groups.waiting')}
          min={0}
          value={when.waiting}
          onChange={set('waiting')}
        />
        <DurationField
          path={`${path}.when.estimateMs`}
          label={t('routing.groups.estimate')}
          value={when.estimateMs}
          onChange={set('estimateMs')}
        />
      </Fields>
      <Group gap="lg" mt="sm">
        <Checkbox
          label={t('routing.groups.outOfHours')}
          checked={when.outOfHours === true}
          onChange={(event) => set('outOfHours')(event.currentTarget.checked ? true : undefined)}
        />
        <Checkbox
          label={t('routing.groups.nobodyStaffed')}
          checked={when.nobodyStaffed === true}
          onChange={(event) => set('nobodyStaffed')(event.currentTarget.checked ? true : undefined)}
        />
      </Group>
    </>
  );
}

function OverflowTo({ line, path, groupId, onChange }: LineProps & { groupId: string }) {
  const { t } = useTranslation();
  const { choices } = useNames();
  if (line.to.kind === 'group') {
    return (
      <ChoiceField
        path={`${path}.to.groupId`}
        label={t('routing.group')}
        placeholder={t('routing.choose')}
        value={line.to.groupId}
        data={choices.groups.filter(({ value }) => value !== groupId)}
        nothingFound={t('app.nothingLeft')}
        onChange={(id) => onChange({ ...line, to: { kind: 'group', groupId: id } })}
      />
    );
  }
  if (line.to.kind === 'agent') {
    return (
      <ChoiceField
        path={`${path}.to.agentId`}
        label={t('routing.agent')}
        placeholder={t('routing.choose')}
        searchable
        value={line.to.agentId}
        data={choices.agents}
        onChange={(id) => onChange({ ...line, to: { kind: 'agent', agentId: id } })}
      />
    );
  }
  return null;
}

function targetOf(kind: (typeof overflowKinds)[number]): OverflowTarget {
  if (kind === 'group') return { kind, groupId: '' };
  return kind === 'agent' ? { kind, agentId: '' } : { kind };
}
