import { Checkbox, Switch } from '@mantine/core';
import type { RouterRule } from '@parley/sdk/routing-document.ts';
import { IconListCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Fields, TextField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { ActionsEditor } from './actions-editor.tsx';
import { ConditionEditor } from './condition-editor.tsx';
import { useEntries } from './draft.tsx';
import { EntryEditor, EntryList } from './entry-list.tsx';
import styles from './routing.module.css';
import { actionKinds, isAction, newRule, replaced, without } from './routing-edits.ts';
import { RuleTest } from './rule-test.tsx';
import { useRuleWords } from './rule-words.ts';

/** The router rules, in the order in which they are tried. */
export function RulesPart({ open }: { open: string | undefined }) {
  const { entries } = useEntries('rules');
  const index = entries.findIndex(({ id }) => id === open);
  const rule = entries[index];
  return (
    <>
      {rule === undefined ? <RuleList /> : <RuleEditor key={rule.id} rule={rule} index={index} />}
      {entries.length > 0 && <RuleTest />}
    </>
  );
}

function RuleList() {
  const { entries, setEntries } = useEntries('rules');
  return (
    <EntryList
      part="rules"
      entries={entries}
      setEntries={setEntries}
      make={newRule}
      icon={<IconListCheck size={22} />}
      isOrdered
      isOff={({ enabled }) => !enabled}
    >
      {(rule) => <RuleFacts rule={rule} />}
    </EntryList>
  );
}

function RuleFacts({ rule }: { rule: RouterRule }) {
  const { t } = useTranslation();
  const { condition, action } = useRuleWords();
  const does = rule.actions.map(action).join(t('routing.comma'));
  return (
    <>
      <span className={styles.dim}>{t('routing.rules.when', { text: condition(rule.when) })}</span>
      <span className={styles.does}>
        → {does === '' ? '…' : does}
        {rule.stop && `${t('routing.comma')}${t('routing.rules.stops')}`}
      </span>
    </>
  );
}

function RuleEditor({ rule, index }: { rule: RouterRule; index: number }) {
  const { t } = useTranslation();
  const { setEntries } = useEntries('rules');
  const path = `rules[${index}]`;
  const patch = (next: Partial<RouterRule>) => setEntries((before) => replaced(before, index, { ...rule, ...next }));
  return (
    <EntryEditor part="rules" onRemove={() => setEntries((before) => without(before, index))}>
      <Panel title={t('routing.rules.title')}>
        <Fields>
          <TextField
            path={`${path}.name`}
            label={t('routing.name')}
            required
            value={rule.name}
            // Who has just made it goes on typing.
            autoFocus={rule.name === ''}
            onChange={(name) => patch({ name })}
          />
          <Switch
            className={styles.switchField}
            label={t('routing.rules.enabled')}
            checked={rule.enabled}
            onChange={(event) => patch({ enabled: event.currentTarget.checked })}
          />
        </Fields>
      </Panel>
      <Panel title={t('routing.rules.whenTitle')}>
        <ConditionEditor condition={rule.when} path={`${path}.when`} depth={1} onChange={(when) => patch({ when })} />
      </Panel>
      <Panel title={t('routing.rules.thenTitle')}>
        <ActionsEditor
          actions={rule.actions}
          kinds={actionKinds}
          path={`${path}.actions`}
          onChange={(actions) => patch({ actions: actions.filter(isAction) })}
        />
        <Checkbox
          mt="md"
          label={t('routing.rules.stop')}
          description={t('routing.rules.stopHint')}
          checked={rule.stop}
          onChange={(event) => patch({ stop: event.currentTarget.checked })}
        />
      </Panel>
    </EntryEditor>
  );
}
