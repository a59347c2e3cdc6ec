import type { SettingsField } from '@parley/sdk/protocol.ts';

/** What stands in the form: one value for each field, in the form's own shape; null takes a stored secret away. */
export type FormValues = Record<string, string | boolean | readonly string[] | null>;

/** What is wrong with a value; the words are the page's. */
export type FieldProblem =
  | { kind: 'required' }
  | { kind: 'pattern' }
  | { kind: 'url' }
  | { kind: 'number' }
  | { kind: 'min'; n: number }
  | { kind: 'max'; n: number };

/** Whether a secret is stored already; it can be replaced, and never be read. */
export function isSecretSet(stored: unknown): boolean {
  return typeof stored === 'object' && stored !== null && 'set' in stored && stored.set === true;
}

/** The form for stored settings; for a new channel (`stored` empty) the adapter's defaults. */
export function formValues(fields: readonly SettingsField[], stored: Readonly<Record<string, unknown>>): FormValues {
  return Object.fromEntries(fields.map((field) => [field.key, formValue(field, stored[field.key] ?? field.default)]));
}

function formValue(field: SettingsField, value: unknown): FormValues[string] {
  switch (field.kind) {
    case 'secret':
      return '';
    case 'boolean':
      return value === true;
    case 'list':
      return Array.isArray(value) ? value.map(String) : [];
    case 'number':
      return typeof value === 'number' ? String(value) : '';
    case 'text':
    case 'url':
    case 'select':
      return typeof value === 'string' ? value : '';
    default:
      return field.kind satisfies never;
  }
}

/** What to send. A secret left empty is left out, so that it keeps its value; any other empty value clears its setting. */
export function settingsOf(fields: readonly SettingsField[], values: FormValues): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const { key, kind } of fields) {
    const value = values[key];
    if (kind === 'secret' && value === '') continue;
    if (value === '' || value === undefined) settings[key] = null;
    else settings[key] = kind === 'number' ? Number(value) : value;
  }
  return settings;
}

/** The first thing wrong with each field, by key: what the server would refuse too, said before it is sent. */
export function fieldProblems(
  fields: readonly SettingsField[],
  values: FormValues,
  stored: Readonly<Record<string, unknown>>,
): Record<string, FieldProblem> {
  const problems: Record<string, FieldProblem> = {};
  for (const field of fields) {
    const problem = problemOf(field, values[field.key] ?? '', stored[field.key]);
    if (problem !== undefined) problems[field.key] = problem;
  }
  return problems;
}

function problemOf(field: SettingsField, value: FormValues[string], stored: unknown): FieldProblem | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === '') {
    const kept = field.kind === 'secret' && isSecretSet(stored);
    return field.required === true && field.default === undefined && !kept ? { kind: 'required' } : undefined;
  }
  if (field.kind === 'number') return numberProblem(field, value);
  if (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`, 'u').test(value)) return { kind: 'pattern' };
  if (field.kind === 'url' && !(/^https?:\/\//i.test(value) && URL.canParse(value))) return { kind: 'url' };
  return undefined;
}

function numberProblem({ min, max }: SettingsField, value: string): FieldProblem | undefined {
  const number = Number(value);
  if (!Number.isFinite(number)) return { kind: 'number' };
  if (min !== undefined && number < min) return { kind: 'min', n: min };
  return max !== undefined && number > max ? { kind: 'max', n: max } : undefined;
}
