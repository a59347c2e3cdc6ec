import { Group, Input, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFieldErrors } from './field-errors.ts';
import styles from './fields.module.css';

/** Where a field of the document stands, and what it is called. */
interface FieldProps {
  readonly path: string;
  readonly label: string;
  readonly description?: string;
}

/** Found again by its path, when the server names it; with the hint below, so that fields beside each other are level. */
const marked = (path: string) => ({ 'data-field': path, inputWrapperOrder });
export const inputWrapperOrder = ['label' as const, 'input' as const, 'description' as const, 'error' as const];

export function TextField(
  props: FieldProps & {
    value: string;
    onChange: (value: string) => void;
    placeholder?: string;
    required?: boolean;
    autoFocus?: boolean;
  },
) {
  const { path, onChange, ...rest } = props;
  const { errorAt } = useFieldErrors();
  return (
    <TextInput
      {...rest}
      {...marked(path)}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={errorAt(path)}
    />
  );
}

export function ChoiceField<T extends string>(
  props: FieldProps & {
    value: T | null;
    data: readonly { readonly value: T; readonly label: string }[];
    onChange: (value: T) => void;
    placeholder?: string;
    searchable?: boolean;
    nothingFound?: string;
  },
) {
  const { path, data, value, onChange, nothingFound, ...rest } = props;
  const { errorAt } = useFieldErrors();
  return (
    <Select
      {...rest}
      {...marked(path)}
      data={[...data]}
      // What was removed elsewhere is shown by its id, and not as if nothing had been chosen.
      value={value === '' ? null : value}
      onChange={(next) => {
        const known = data.find((each) => each.value === next);
        if (known !== undefined) onChange(known.value);
      }}
      allowDeselect={false}
      limit={100}
      checkIconPosition="right"
      error={errorAt(path)}
      {...(nothingFound === undefined ? {} : { nothingFoundMessage: nothingFound })}
    />
  );
}

export function TextsField(
  props: FieldProps & { value: readonly string[]; onChange: (value: string[]) => void; placeholder?: string },
) {
  const { path, value, onChange, ...rest } = props;
  const { errorUnder } = useFieldErrors();
  return (
    <TagsInput
      {...rest}
      {...marked(path)}
      value={[...value]}
      onChange={onChange}
      splitChars={[',', '，', '、']}
      acceptValueOnBlur
      clearable={false}
      error={errorUnder(path)}
    />
  );
}

export function CountField(
  props: FieldProps & {
    value: number | undefined;
    min?: number;
    max?: number;
    step?: number;
    decimals?: number;
    placeholder?: string;
    suffix?: string;
    onChange: (value: number | undefined) => void;
  },
) {
  const { path, value, onChange, decimals = 0, ...rest } = props;
  const { errorAt } = useFieldErrors();
  return (
    <NumberInput
      {...rest}
      {...marked(path)}
      allowDecimal={decimals > 0}
      decimalScale={decimals}
      clampBehavior="none"
      value={value ?? ''}
      onChange={(next) => onChange(next === '' ? undefined : Number(next))}
      error={errorAt(path)}
    />
  );
}

const units = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
type Unit = keyof typeof units;
const unitNames = ['seconds', 'minutes', 'hours', 'days'] as const;

/** The largest unit of which it is a whole number. */
function unitOf(ms: number | undefined, fallback: Unit): Unit {
  if (ms === undefined || ms === 0) return fallback;
  return unitNames.findLast((unit) => ms % units[unit] === 0) ?? 'seconds';
}

/** A length of time as a number and its unit; empty: not at all. */
export function DurationField(
  props: FieldProps & {
    value: number | undefined;
    unit?: Unit;
    placeholder?: string;
    onChange: (ms: number | undefined) => void;
  },
) {
  const { t } = useTranslation();
  const { path, label, description, value, placeholder, onChange } = props;
  const { errorAt } = useFieldErrors();
  const id = useId();
  const [unit, setUnit] = useState<Unit>(() => unitOf(value, props.unit ?? 'minutes'));
  return (
    <Input.Wrapper
      id={id}
      label={label}
      description={description}
      error={errorAt(path)}
      inputWrapperOrder={inputWrapperOrder}
    >
      <Group gap={6} wrap="nowrap" mb={description === undefined ? 0 : 5}>
        <NumberInput
          data-field={path}
          id={id}
          min={0}
          hideControls
          clampBehavior="none"
          className={styles.durationNumber}
          placeholder={placeholder}
          value={value === undefined ? '' : value / units[unit]}
          onChange={(next) => onChange(next === '' ? undefined : Math.round(Number(next) * units[unit]))}
          error={errorAt(path) !== undefined}
        />
        <Select
          aria-label={t('app.unitOf', { label })}
          className={styles.durationUnit}
          data={unitNames.map((name) => ({ value: name, label: t(`app.units.${name}`) }))}
          value={unit}
          allowDeselect={false}
          withCheckIcon={false}
          onChange={(next) => {
            const chosen = unitNames.find((name) => name === next) ?? unit;
            setUnit(chosen);
            if (value !== undefined) onChange((value / units[unit]) * units[chosen]);
          }}
        />
      </Group>
    </Input.Wrapper>
  );
}

/** Fields beside each other where there is room. */
export function Fields(props: { layout?: 'narrow' | 'indented' | 'separated'; children: ReactNode }) {
  const { layout } = props;
  return (
    <div
      className={styles.fields}
      data-narrow={layout === 'narrow' || undefined}
      data-indented={layout === 'indented' || undefined}
      data-separated={layout === 'separated' || undefined}
    >
      {props.children}
    </div>
  );
}
