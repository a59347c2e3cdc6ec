import {
  Button,
  Group,
  NumberInput,
  type PasswordInputProps,
  Select,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core';
import type { LocalText, SettingsField } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';
import { MadeSecret, MakeSecretButton } from '../app/make-secret.tsx';
import { PasswordField } from '../app/password-field.tsx';
import type { MadeSecrets } from './made-secrets.ts';
import { type FieldProblem, type FormValues, isSecretSet } from './settings-form.ts';

type FieldsProps = {
  fields: readonly SettingsField[];
  values: FormValues;
  /** Settings as the server shows them; empty for a new channel. */
  stored: Readonly<Record<string, unknown>>;
  /** By field key, in words. */
  errors: Readonly<Record<string, string>>;
  /** Secrets that were made here and are still shown. */
  made: MadeSecrets;
  onChange: (key: string, value: FormValues[string]) => void;
  onMade: (key: string, secret: string) => void;
};

/** A form made of what the adapter says about its settings. */
export function SettingsFields({ fields, values, stored, errors, made, onChange, onMade }: FieldsProps) {
  return fields.map((field) => (
    <SettingInput
      key={field.key}
      field={field}
      value={values[field.key] ?? ''}
      stored={stored[field.key]}
      error={errors[field.key]}
      made={made[field.key]}
      onChange={(value) => onChange(field.key, value)}
      onMade={(secret) => onMade(field.key, secret)}
    />
  ));
}

function SettingInput(props: {
  field: SettingsField;
  value: FormValues[string];
  stored: unknown;
  error: string | undefined;
  made: string | undefined;
  onChange: (value: FormValues[string]) => void;
  onMade: (secret: string) => void;
}) {
  const { t } = useTranslation();
  const local = useLocalText();
  const { field, value, onChange } = props;
  const text = typeof value === 'string' ? value : '';
  const common = {
    label: local(field.label),
    description: field.help === undefined ? undefined : local(field.help),
    error: props.error,
    required: field.required === true && field.default === undefined,
    withAsterisk: field.required === true && field.default === undefined,
    name: `settings.${field.key}`,
  };
  switch (field.kind) {
    case 'text':
      return <TextInput {...common} value={text} onChange={(event) => onChange(event.currentTarget.value)} />;
    case 'url':
      return (
        <TextInput
          {...common}
          type="url"
          inputMode="url"
          placeholder="https://"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'secret':
      return <SecretInput {...props} common={common} isSet={isSecretSet(props.stored)} />;
    case 'number':
      return (
        <NumberInput
          {...common}
          value={text === '' ? '' : Number(text)}
          onChange={(next) => onChange(String(next))}
          clampBehavior="none"
          {...(field.min !== undefined && { min: field.min })}
          {...(field.max !== undefined && { max: field.max })}
        />
      );
    case 'boolean': {
      const { required: _, withAsterisk: __, ...rest } = common;
      return <Switch {...rest} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    }
    case 'select':
      return (
        <Select
          {...common}
          data={(field.options ?? []).map((option) => ({ value: option.value, label: local(option.label) }))}
          value={text === '' ? null : text}
          onChange={(next) => onChange(next ?? '')}
          allowDeselect={field.required !== true && field.default === undefined}
          checkIconPosition="right"
        />
      );
    case 'list':
      return (
        <TagsInput
          {...common}
          placeholder={t('channels.listHint')}
          value={Array.isArray(value) ? [...value] : []}
          onChange={onChange}
          splitChars={[',', ' ', '，']}
        />
      );
    default:
      return field.kind satisfies never;
  }
}

/**
 * Never shows what is stored: it can be replaced, and taken away where the channel can do without. One that the operator
 * makes up can be made here; it is shown until the page is left, because it has to be entered on the other side, too.
 */
function SecretInput(props: {
  field: SettingsField;
  value: FormValues[string];
  common: PasswordInputProps & { label: string };
  isSet: boolean;
  made: string | undefined;
  onChange: (value: FormValues[string]) => void;
  onMade: (secret: string) => void;
}) {
  const { t } = useTranslation();
  const { value, common, isSet, made, onChange } = props;
  const { invented } = props.field;
  const removed = value === null;
  const placeholder = removed ? 'secretRemoved' : isSet ? 'secretSet' : 'secretEmpty';
  return (
    <div>
      <PasswordField
        {...common}
        autoComplete="new-password"
        placeholder={t(`channels.${placeholder}`)}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Group gap={4} mt={4}>
        {invented !== undefined && <MakeSecretButton form={invented} label={common.label} onMade={props.onMade} />}
        {isSet && common.required !== true && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onChange(removed ? '' : null)}>
            {t(removed ? 'channels.secretKeep' : 'channels.secretRemove')}
          </Button>
        )}
      </Group>
      <MadeSecret secret={made} label={common.label} isNew={value === made} replaces={isSet} />
    </div>
  );
}

/** Words that come from an adapter, in the agent's language. */
export function useLocalText(): (text: LocalText) => string {
  const { i18n } = useTranslation();
  return (text) => text[i18n.language === 'zh-CN' ? 'zh-CN' : 'en'];
}

export function useProblemWords(): (problem: FieldProblem) => string {
  const { t } = useTranslation();
  return (problem) =>
    'n' in problem ? t(`channels.${problem.kind}`, { n: problem.n }) : t(`channels.${problem.kind}`);
}
