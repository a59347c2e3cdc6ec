import { Button, Checkbox, Input, Menu } from '@mantine/core';
import { priorities } from '@parley/sdk/protocol.ts';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { useFieldErrors } from '../app/field-errors.ts';
import { ChoiceField, TextField } from '../app/fields.tsx';
import { AnswerTexts } from './answer-texts.tsx';
import { RemoveButton } from './entry-list.tsx';
import { levelChoices } from './level-choices.ts';
import { useNames } from './names.ts';
import styles from './routing.module.css';
import { type AnyAction, newAction, replaced, without } from './routing-edits.ts';

/** No flow's id. */
const noFlow = '*';

/** What is done. A conversation is sent to one place at the most. */
export function ActionsEditor(props: {
  actions: readonly AnyAction[];
  /** Those that can be added. */
  kinds: readonly AnyAction['kind'][];
  path: string;
  onChange: (next: readonly AnyAction[]) => void;
}) {
  const { t } = useTranslation();
  const { actions, path, onChange } = props;
  const { errorAt } = useFieldErrors();
  const error = errorAt(path);
  const hasPlace = actions.some(({ kind }) => kind.startsWith('to-'));
  const kinds = props.kinds.filter((kind) => !(hasPlace && kind.startsWith('to-')));
  return (
    <>
      <ul className={styles.lines}>
        {actions.map((action, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an action has no name but its place.
          <li key={index} className={styles.actionLine}>
            <span className={styles.actionKind}>{t(`routing.action.${action.kind}`)}</span>
            <div
              className={styles.actionField}
              data-single={(action.kind !== 'auto-answer' && action.kind !== 'notify') || undefined}
            >
              <ActionField
                action={action}
                path={`${path}[${index}]`}
                onChange={(next) => onChange(replaced(actions, index, next))}
              />
            </div>
            <RemoveButton
              name={t(`routing.action.${action.kind}`)}
              onRemove={() => onChange(without(actions, index))}
            />
          </li>
        ))}
      </ul>
      {error !== undefined && <Input.Error mb="xs">{error}</Input.Error>}
      <Menu position="bottom-start" shadow="md">
        <Menu.Target>
          <Button size="xs" variant="light" leftSection={<IconPlus size={15} />} data-field={path}>
            {t('routing.addAction')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {kinds.map((kind) => (
            <Menu.Item key={kind} onClick={() => onChange([...actions, newAction(kind)])}>
              {t(`routing.action.${kind}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function ActionField(props: { action: AnyAction; path: string; onChange: (next: AnyAction) => void }) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const { action, path, onChange } = props;
  switch (action.kind) {
    case 'to-bot': {
      const { kind, flowId = noFlow } = action;
      return (
        <ChoiceField
          path={`${path}.flowId`}
          label={t('routing.flow')}
          searchable
          value={flowId}
          data={[
            { value: noFlow, label: t('routing.noFlow') },
            ...choices.flows.map(({ value, label }) => ({ value, label: t('routing.beginsFlow', { name: label }) })),
          ]}
          onChange={(next) => onChange(next === noFlow ? { kind } : { kind, flowId: next })}
        />
      );
    }
    case 'to-group':
      return (
        <ChoiceField
          path={`${path}.groupId`}
          label={t('routing.group')}
          placeholder={t('routing.choose')}
          value={action.groupId}
          data={choices.groups}
          nothingFound={t('routing.groups.empty')}
          onChange={(groupId) => onChange({ ...action, groupId })}
        />
      );
    case 'to-agent':
    case 'not-to-agent':
      return (
        <ChoiceField
          path={`${path}.agentId`}
          label={t('routing.agent')}
          placeholder={t('routing.choose')}
          searchable
          value={action.agentId}
          data={choices.agents}
          onChange={(agentId) => onChange({ ...action, agentId })}
        />
      );
    case 'min-level':
      return (
        <ChoiceField
          path={`${path}.minLevel`}
          label={t('routing.groups.minLevel')}
          value={String(action.minLevel)}
          data={levelChoices(t)}
          onChange={(level) => onChange({ ...action, minLevel: Number(level) })}
        />
      );
    case 'priority':
      return (
        <ChoiceField
          path={`${path}.priority`}
          label={t('priority.label')}
          value={action.priority}
          data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          onChange={(priority) => onChange({ ...action, priority })}
        />
      );
    case 'tag':
      return (
        <TextField
          path={`${path}.tag`}
          label={t('routing.tag')}
          value={action.tag}
          onChange={(tag) => onChange({ ...action, tag })}
        />
      );
    case 'webhook':
      return (
        <TextField
          path={`${path}.url`}
          label={t('routing.address')}
          placeholder="https://"
          value={action.url}
          onChange={(url) => onChange({ ...action, url })}
        />
      );
    case 'notify':
      return (
        <div className={styles.answers}>
          <ChoicesField
            path={`${path}.agentIds`}
            label={t('routing.agent')}
            value={action.agentIds}
            data={choices.agents}
            onChange={(agentIds) => onChange({ ...action, agentIds })}
          />
          <Checkbox
            label={t('routing.sla.supervisors')}
            checked={action.supervisors}
            onChange={(event) => onChange({ ...action, supervisors: event.currentTarget.checked })}
          />
        </div>
      );
    case 'auto-answer':
      return (
        <AnswerTexts texts={action.texts} path={`${path}.texts`} onChange={(texts) => onChange({ ...action, texts })} />
      );
    default:
      return action satisfies never;
  }
}
