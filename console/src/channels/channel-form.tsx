import { Button, Group, Stack, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { SettingsField } from '@parley/sdk/protocol.ts';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../app/api.ts';
import { notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import type { MadeSecrets } from './made-secrets.ts';
import { SettingsFields, useProblemWords } from './settings-fields.tsx';
import { type FormValues, fieldProblems, formValues, settingsOf } from './settings-form.ts';

export type ChannelFormValues = {
  name: string;
  settings: Record<string, unknown>;
  /** Those of the secrets that were made here. */
  made: MadeSecrets;
};

/** Name and settings of a new or an existing channel. A refusal is shown at the field that it names. */
export function ChannelForm(props: {
  fields: readonly SettingsField[];
  name: string;
  stored: Readonly<Record<string, unknown>>;
  submit: string;
  /** Secrets that were made before the form opened, still to be shown. */
  made?: MadeSecrets;
  onSubmit: (values: ChannelFormValues) => Promise<void>;
}) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(props.name);
  const [values, setValues] = useState<FormValues>(() => formValues(props.fields, props.stored));
  const [made, setMade] = useState<MadeSecrets>(props.made ?? {});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);

  /** Keys as the server names them: `name`, `settings.<key>`. */
  function show(next: Readonly<Record<string, string>>): void {
    setErrors(next);
    const [first] = Object.keys(next);
    if (first === undefined) return;
    requestAnimationFrame(() => {
      form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(first)}"]`)?.focus();
    });
  }

  function change(key: string, value: FormValues[string]): void {
    setValues((before) => ({ ...before, [key]: value }));
    setErrors(({ [`settings.${key}`]: _, ...rest }) => rest);
  }

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const wrong: Record<string, string> = {};
    if (name.trim() === '') wrong.name = t('channels.required');
    for (const [key, problem] of Object.entries(fieldProblems(props.fields, values, props.stored))) {
      wrong[`settings.${key}`] = problemWords(problem);
    }
    show(wrong);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      await props.onSubmit({ name: name.trim(), settings: settingsOf(props.fields, values), made });
      // What was typed is stored now: a secret's field shows that by being empty again.
      setValues((before) => withoutSecrets(props.fields, before));
    } catch (error) {
      if (error instanceof ApiError && error.field !== undefined) show({ [error.field]: fieldProblem(error) });
      else notifyFailure(error);
    } finally {
      setBusy(false);
    }
  }

  const settingErrors = Object.fromEntries(
    Object.entries(errors).map(([field, words]) => [field.replace(/^settings\./, ''), words]),
  );
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
      <Panel title={t('channels.settings')}>
        <Stack gap="md" mt="sm">
          <TextInput
            name="name"
            label={t('channels.name')}
            description={t('channels.nameHint')}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
          />
          <SettingsFields
            fields={props.fields}
            values={values}
            stored={props.stored}
            errors={settingErrors}
            made={made}
            onChange={(key, value) => {
              change(key, value);
              setMade(({ [key]: _, ...rest }) => rest);
            }}
            onMade={(key, secret) => {
              change(key, secret);
              setMade((before) => ({ ...before, [key]: secret }));
            }}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {props.submit}
            </Button>
          </Group>
        </Stack>
      </Panel>
    </form>
  );
}

function withoutSecrets(fields: readonly SettingsField[], values: FormValues): FormValues {
  const secrets = fields.filter((field) => field.kind === 'secret').map((field) => [field.key, '']);
  return { ...values, ...Object.fromEntries(secrets) };
}
