import { Button, Checkbox, Group, Switch } from '@mantine/core';
import type { RouterRule } from '@parley/sdk/routing-document.ts';
import { IconListCheck, IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { useFieldErrors } from '../app/field-errors.ts';
import { Fields, TextField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { ActionsEditor } from './actions-editor.tsx';
import { ConditionEditor } from './condition-editor.tsx';
import { useEntries } from './draft.tsx';
import { BackTo, EntryTools, RemoveEntry, useOpen } from './entry-list.tsx';
import styles from './routing.module.css';
import { actionKinds, isAction, moved, newRule, replaced, without } from './routing-edits.ts';
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
  const { t } = useTranslation();
  const { entries, setEntries } = useEntries('rules');
  const open = useOpen('rules');
  function add(): void {
    const rule = newRule();
    setEntries((before) => [...before, rule]);
    open(rule.id);
  }
  const button = (
    <Button size="sm" leftSection={<IconPlus size={16} />} onClick={add}>
      {t('routing.rules.add')}
    </Button>
  );
  if (entries.length === 0) {
    return (
      <EmptyState
        icon={<IconListCheck size={22} />}
        title={t('routing.rules.empty')}
        hint={t('routing.rules.emptyHint')}
      >
        {button}
      </EmptyState>
    );
  }
  return (
    <>
      <ol className={styles.list}>
        {entries.map((rule, index) => (
          <li key={rule.id} className={styles.ruleRow}>
            <RuleRow rule={rule} index={index} />
            <EntryTools
              name={rule.name.trim() || t('routing.unnamed')}
              isFirst={index === 0}
              isLast={index === entries.length - 1}
              onMove={(by) => setEntries((before) => moved(before, index, by))}
            />
          </li>
        ))}
      </ol>
      <Group my="md">{button}</Group>
    </>
  );
}

function RuleRow({ rule, index }: { rule: RouterRule; index: number }) {
  const { t } = useTranslation();
  const { condition, action } = useRuleWords();
  const { errorUnder } = useFieldErrors();
  const does = rule.actions.map(action).join(t('routing.comma'));
  return (
    <Link
      to="/routing/$part"
      params={{ part: 'rules' }}
      search={{ open: rule.id }}
      className={styles.row}
      data-off={!rule.enabled || undefined}
      data-wrong={errorUnder(`rules[${index}]`) !== undefined || undefined}
    >
      <span className={styles.number} aria-hidden="true">
        {index + 1}
      </span>
      <span className={styles.rowText}>
        <strong>
          {rule.name.trim() || t('routing.unnamed')}
          {!rule.enabled && <span className={styles.dim}> · {t('routing.rules.off')}</span>}
        </strong>
        <span className={styles.dim}>{t('routing.rules.when', { text: condition(rule.when) })}</span>
        <span className={styles.does}>
          → {does === '' ? '…' : does}
          {rule.stop && `${t('routing.comma')}${t('routing.rules.stops')}`}
        </span>
      </span>
    </Link>
  );
}

function RuleEditor({ rule, index }: { rule: RouterRule; index: number }) {
  const { t } = useTranslation();
  const { setEntries } = useEntries('rules');
  const path = `rules[${index}]`;
  const patch = (next: Partial<RouterRule>) => setEntries((before) => replaced(before, index, { ...rule, ...next }));
  return (
    <>
      <BackTo part="rules" />
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
      <RemoveEntry
        part="rules"
        label={t('routing.rules.remove')}
        onRemove={() => setEntries((before) => without(before, index))}
      />
    </>
  );
}
