import { Checkbox } from '@mantine/core';
import { type Priority, priorities } from '@parley/sdk/protocol.ts';
import { type SlaPolicy, slaPauses } from '@parley/sdk/routing-document.ts';
import { IconAlarm } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ChoiceField, CountField, DurationField, Fields, TextField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { useTimeWords } from '../words/time.ts';
import { useEntries } from './draft.tsx';
import { EntryEditor, EntryList } from './entry-list.tsx';
import { EscalationPanel } from './escalation-panel.tsx';
import { useNames } from './names.ts';
import styles from './routing.module.css';
import { newSlaPolicy, replaced, without } from './routing-edits.ts';

/** Service levels: how soon customers are answered and helped, in the order in which the first that fits holds. */
export function SlaPart({ open }: { open: string | undefined }) {
  const { entries } = useEntries('sla');
  const index = entries.findIndex(({ id }) => id === open);
  const policy = entries[index];
  return policy === undefined ? <PolicyList /> : <PolicyEditor key={policy.id} policy={policy} index={index} />;
}

function PolicyList() {
  const { t } = useTranslation();
  const { entries, setEntries } = useEntries('sla');
  return (
    <>
      {entries.length > 0 && <p className={styles.dim}>{t('routing.sla.order')}</p>}
      <EntryList
        part="sla"
        entries={entries}
        setEntries={setEntries}
        make={newSlaPolicy}
        icon={<IconAlarm size={22} />}
        isOrdered
      >
        {(policy) => <PolicyFacts policy={policy} />}
      </EntryList>
    </>
  );
}

const targetFields = [
  ['firstAnswerMs', 'firstAnswer'],
  ['nextAnswerMs', 'nextAnswer'],
  ['resolveMs', 'resolve'],
] as const;

function PolicyFacts({ policy }: { policy: SlaPolicy }) {
  const { t } = useTranslation();
  const { span } = useTimeWords();
  const names = useNames();
  const whom = [
    policy.groupId === null ? t('routing.sla.allGroups') : names.group(policy.groupId),
    policy.priority === null ? t('routing.sla.allPriorities') : t(`priority.${policy.priority}`),
    policy.scheduleId === null ? t('routing.sla.always') : names.schedule(policy.scheduleId),
  ];
  const targets = targetFields.flatMap(([field, word]) => {
    const ms = policy[field];
    return ms === undefined ? [] : t('routing.sla.within', { target: t(`routing.sla.${word}`), span: span(ms) });
  });
  return (
    <>
      <span className={styles.dim}>{whom.join(' · ')}</span>
      <span className={styles.does}>{targets.join(t('routing.comma')) || t('routing.sla.none')}</span>
    </>
  );
}

type PanelProps = { policy: SlaPolicy; path: string; patch: (next: Partial<SlaPolicy>) => void };

function PolicyEditor({ policy, index }: { policy: SlaPolicy; index: number }) {
  const { setEntries } = useEntries('sla');
  const path = `sla[${index}]`;
  const change = (next: SlaPolicy) => setEntries((before) => replaced(before, index, next));
  const patch = (next: Partial<SlaPolicy>) => change({ ...policy, ...next });
  const props = { policy, path, patch };
  return (
    <EntryEditor part="sla" onRemove={() => setEntries((before) => without(before, index))}>
      <ForWhomPanel {...props} />
      <TargetsPanel {...props} change={change} />
      <EscalationPanel
        escalate={policy.escalate}
        path={`${path}.escalate`}
        onChange={(escalate) => patch({ escalate })}
      />
    </EntryEditor>
  );
}

function ForWhomPanel({ policy, path, patch }: PanelProps) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const allGroups = { value: '', label: t('routing.sla.allGroups') };
  const all: { value: Priority | ''; label: string } = { value: '', label: t('routing.sla.allPriorities') };
  return (
    <Panel title={t('routing.sla.forWhom')}>
      <Fields>
        <TextField
          path={`${path}.name`}
          label={t('routing.name')}
          required
          value={policy.name}
          // Who has just made it goes on typing.
          autoFocus={policy.name === ''}
          onChange={(name) => patch({ name })}
        />
        <ChoiceField
          path={`${path}.groupId`}
          label={t('routing.sla.group')}
          placeholder={allGroups.label}
          value={policy.groupId}
          data={[allGroups, ...choices.groups]}
          onChange={(id) => patch({ groupId: id === '' ? null : id })}
        />
        <ChoiceField<Priority | ''>
          path={`${path}.priority`}
          label={t('routing.sla.priority')}
          placeholder={all.label}
          value={policy.priority}
          data={[all, ...priorities.map((value) => ({ value, label: t(`priority.${value}`) }))]}
          onChange={(priority) => patch({ priority: priority === '' ? null : priority })}
        />
      </Fields>
    </Panel>
  );
}

function TargetsPanel({ policy, path, patch, change }: PanelProps & { change: (next: SlaPolicy) => void }) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const always = { value: '', label: t('routing.sla.always') };
  return (
    <Panel title={t('routing.sla.targets')}>
      <Fields>
        {targetFields.map(([field, word]) => (
          <DurationField
            key={field}
            path={`${path}.${field}`}
            label={t(`routing.sla.${word}`)}
            placeholder={t('routing.sla.none')}
            value={policy[field]}
            unit={field === 'resolveMs' ? 'hours' : 'minutes'}
            onChange={(ms) => {
              const { [field]: _, ...rest } = policy;
              change(ms === undefined ? rest : { ...rest, [field]: ms });
            }}
          />
        ))}
        <ChoiceField
          path={`${path}.scheduleId`}
          label={t('routing.sla.hours')}
          placeholder={always.label}
          value={policy.scheduleId}
          data={[always, ...choices.schedules]}
          onChange={(id) => patch({ scheduleId: id === '' ? null : id })}
        />
        <CountField
          path={`${path}.warnAt`}
          label={t('routing.sla.warnAt')}
          description={t('routing.sla.warnAtHint')}
          min={1}
          max={100}
          suffix=" %"
          value={Math.round(policy.warnAt * 100)}
          onChange={(percent = 100) => patch({ warnAt: percent / 100 })}
        />
      </Fields>
      <Checkbox.Group
        mt="md"
        label={t('routing.sla.pauses')}
        value={[...policy.pauses]}
        onChange={(chosen) => patch({ pauses: slaPauses.filter((pause) => chosen.includes(pause)) })}
      >
        <div className={styles.checks}>
          {slaPauses.map((pause) => (
            <Checkbox key={pause} value={pause} label={t(`routing.sla.pause.${pause}`)} />
          ))}
        </div>
      </Checkbox.Group>
    </Panel>
  );
}
