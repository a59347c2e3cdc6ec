import { Button, Input, Select } from '@mantine/core';
import { attributeTests, type Condition } from '@parley/sdk/routing-document.ts';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { useFieldErrors } from '../app/field-errors.ts';
import { ChoiceField, CountField, TextField, TextsField } from '../app/fields.tsx';
import { RemoveButton } from './entry-list.tsx';
import { useNames } from './names.ts';
import styles from './routing.module.css';
import { attributeCondition, conditionKinds, newCondition, replaced, without } from './routing-edits.ts';

/** As deep as the server takes them. */
const maxDepth = 5;

type EditorProps<C = Condition> = { condition: C; path: string; onChange: (next: Condition) => void };
type KindOf<K extends Condition['kind']> = Extract<Condition, { readonly kind: K }>;

/** One condition and what is in it. */
export function ConditionEditor(props: EditorProps & { depth: number; onRemove?: () => void }) {
  const { t } = useTranslation();
  const { condition, depth, onChange, onRemove } = props;
  const kinds = conditionKinds.filter((kind) => depth < maxDepth || !['all', 'any', 'not'].includes(kind));
  return (
    <div className={styles.condition}>
      <div className={styles.conditionHead}>
        <Select
          className={styles.conditionKind}
          aria-label={t('routing.condition')}
          data={kinds.map((kind) => ({ value: kind, label: t(`routing.kind.${kind}`) }))}
          value={condition.kind}
          allowDeselect={false}
          maxDropdownHeight={420}
          onChange={(next) => {
            const kind = kinds.find((known) => known === next);
            if (kind !== undefined && kind !== condition.kind) onChange(asKind(condition, kind));
          }}
        />
        {onRemove !== undefined && <RemoveButton name={t('routing.condition')} onRemove={onRemove} />}
      </div>
      <ConditionBody {...props} />
    </div>
  );
}

/** What is inside stays when `all` becomes `any`. */
function asKind(condition: Condition, kind: Condition['kind']): Condition {
  const of = condition.kind === 'all' || condition.kind === 'any' ? condition.of : undefined;
  if (of !== undefined && (kind === 'all' || kind === 'any')) return { kind, of };
  if (kind === 'all' || kind === 'any') return { kind, of: [condition] };
  return newCondition(kind);
}

function ConditionBody({ condition, path, depth, onChange }: EditorProps & { depth: number }) {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return <SeveralConditions condition={condition} path={path} depth={depth} onChange={onChange} />;
    case 'not':
      return (
        <div className={styles.nested}>
          <ConditionEditor
            condition={condition.of}
            path={`${path}.of`}
            depth={depth + 1}
            onChange={(of) => onChange({ ...condition, of })}
          />
        </div>
      );
    case 'channel':
    case 'channel-type':
      return <ChannelCondition condition={condition} path={path} onChange={onChange} />;
    case 'language':
    case 'tag':
    case 'intent':
      return <TextsCondition condition={condition} path={path} onChange={onChange} />;
    case 'first-words':
      return <WordsCondition condition={condition} path={path} onChange={onChange} />;
    case 'page':
      return <PageCondition condition={condition} path={path} onChange={onChange} />;
    case 'time':
      return <TimeCondition condition={condition} path={path} onChange={onChange} />;
    case 'attribute':
      return <AttributeCondition condition={condition} path={path} onChange={onChange} />;
    case 'always':
    case 'vip':
    case 'returning':
      return null;
    default:
      return condition satisfies never;
  }
}

function SeveralConditions(props: EditorProps<KindOf<'all' | 'any'>> & { depth: number }) {
  const { t } = useTranslation();
  const { condition, path, depth, onChange } = props;
  const { errorAt } = useFieldErrors();
  const error = errorAt(`${path}.of`);
  const { of } = condition;
  return (
    <div className={styles.nested}>
      {of.map((each, index) => (
        <ConditionEditor
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no name but its place.
          key={index}
          condition={each}
          path={`${path}.of[${index}]`}
          depth={depth + 1}
          onChange={(next) => onChange({ ...condition, of: replaced(of, index, next) })}
          onRemove={() => onChange({ ...condition, of: without(of, index) })}
        />
      ))}
      {error !== undefined && <Input.Error>{error}</Input.Error>}
      <Button
        size="xs"
        variant="light"
        leftSection={<IconPlus size={15} />}
        data-field={`${path}.of`}
        onClick={() => onChange({ ...condition, of: [...of, newCondition('first-words')] })}
      >
        {t('routing.addCondition')}
      </Button>
    </div>
  );
}

const Fields = ({ children }: { children: ReactNode }) => <div className={styles.conditionFields}>{children}</div>;

function ChannelCondition({ condition, path, onChange }: EditorProps<KindOf<'channel' | 'channel-type'>>) {
  const { t } = useTranslation();
  const { choices } = useNames();
  return (
    <Fields>
      <ChoicesField
        path={`${path}.in`}
        label={t('routing.oneOf')}
        value={condition.in}
        data={condition.kind === 'channel' ? choices.channels : choices.channelTypes}
        onChange={(next) => onChange({ ...condition, in: next })}
      />
    </Fields>
  );
}

function TextsCondition({ condition, path, onChange }: EditorProps<KindOf<'language' | 'tag' | 'intent'>>) {
  const { t } = useTranslation();
  return (
    <Fields>
      <TextsField
        path={`${path}.in`}
        label={t('routing.oneOf')}
        placeholder={condition.kind === 'language' ? 'zh-CN' : t('routing.enterAdds')}
        value={condition.in}
        onChange={(next) => onChange({ ...condition, in: next })}
      />
      {condition.kind === 'intent' && (
        <CountField
          path={`${path}.atLeast`}
          label={t('routing.atLeastSure')}
          min={0}
          max={1}
          step={0.05}
          decimals={2}
          value={condition.atLeast}
          onChange={(atLeast) => {
            const { atLeast: _, ...rest } = condition;
            onChange(atLeast === undefined ? rest : { ...rest, atLeast });
          }}
        />
      )}
    </Fields>
  );
}

type Match = 'contains' | 'prefix' | 'glob';

/** How a text is compared with what is looked for. */
function MatchField<T extends Match>(props: {
  path: string;
  value: T;
  matches: readonly T[];
  onChange: (match: T) => void;
}) {
  const { t } = useTranslation();
  const wordOf = (match: Match) => t(`routing.match.${match}`);
  return (
    <ChoiceField
      path={`${props.path}.match`}
      label={t('routing.compare')}
      value={props.value}
      data={props.matches.map((match) => ({ value: match, label: wordOf(match) }))}
      onChange={props.onChange}
    />
  );
}

function WordsCondition({ condition, path, onChange }: EditorProps<KindOf<'first-words'>>) {
  const { t } = useTranslation();
  const matches = ['contains', 'prefix'] as const;
  return (
    <Fields>
      <MatchField
        path={path}
        value={condition.match}
        matches={matches}
        onChange={(match) => onChange({ ...condition, match })}
      />
      <TextsField
        path={`${path}.in`}
        label={t('routing.oneOf')}
        placeholder={t('routing.enterAdds')}
        value={condition.in}
        onChange={(next) => onChange({ ...condition, in: next })}
      />
    </Fields>
  );
}

function PageCondition({ condition, path, onChange }: EditorProps<KindOf<'page'>>) {
  const { t } = useTranslation();
  const matches = ['contains', 'prefix', 'glob'] as const;
  return (
    <Fields>
      <MatchField
        path={path}
        value={condition.match}
        matches={matches}
        onChange={(match) => onChange({ ...condition, match })}
      />
      <TextField
        path={`${path}.text`}
        label={t('routing.address')}
        placeholder={condition.match === 'glob' ? 'shop.example/*/returns' : 'shop.example/returns'}
        value={condition.text}
        onChange={(text) => onChange({ ...condition, text })}
      />
    </Fields>
  );
}

function TimeCondition({ condition, path, onChange }: EditorProps<KindOf<'time'>>) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const states = ['open', 'closed'] as const;
  return (
    <Fields>
      <ChoiceField
        path={`${path}.scheduleId`}
        label={t('routing.hours.one')}
        placeholder={t('routing.choose')}
        value={condition.scheduleId}
        data={choices.schedules}
        nothingFound={t('routing.hours.empty')}
        onChange={(scheduleId) => onChange({ ...condition, scheduleId })}
      />
      <ChoiceField
        path={`${path}.is`}
        label={t('routing.state')}
        value={condition.is}
        data={states.map((state) => ({ value: state, label: t(`routing.is.${state}`) }))}
        onChange={(is) => onChange({ ...condition, is })}
      />
    </Fields>
  );
}

function AttributeCondition({ condition, path, onChange }: EditorProps<KindOf<'attribute'>>) {
  const { t } = useTranslation();
  const { name, is } = condition;
  const value = 'value' in condition ? condition.value : undefined;
  return (
    <Fields>
      <TextField
        path={`${path}.name`}
        label={t('routing.attribute')}
        value={name}
        onChange={(next) => onChange({ ...condition, name: next })}
      />
      <ChoiceField
        path={`${path}.is`}
        label={t('routing.compare')}
        value={is}
        data={attributeTests.map((test) => ({ value: test, label: t(`routing.test.${test}`) }))}
        onChange={(next) => onChange(attributeCondition(name, next, value))}
      />
      {typeof value === 'number' && (
        <CountField
          path={`${path}.value`}
          label={t('routing.value')}
          decimals={6}
          value={Number.isNaN(value) ? undefined : value}
          onChange={(next) => onChange(attributeCondition(name, is, next ?? Number.NaN))}
        />
      )}
      {typeof value === 'string' && (
        <TextField
          path={`${path}.value`}
          label={t('routing.value')}
          value={value}
          onChange={(next) => onChange(attributeCondition(name, is, next))}
        />
      )}
    </Fields>
  );
}
