import type { SettingsField } from '@parley/sdk/protocol.ts';
import type { ChannelAdapter } from './channel-adapter.ts';
import { Refusal } from './refusal.ts';

type Settings = Record<string, unknown>;

/** The stored settings with every default that was left out. */
export function withDefaults(fields: readonly SettingsField[], settings: Readonly<Settings>): Settings {
  const complete: Settings = {};
  for (const field of fields) {
    const value = settings[field.key] ?? field.default;
    if (value !== undefined) complete[field.key] = value;
  }
  return complete;
}

/**
 * Checks settings against the adapter's fields and then against the adapter itself. Answers what is to be stored:
 * known fields only, without empty ones.
 *
 * @throws Refusal `settings-invalid`, its `field` reads `settings.<key>`
 */
// biome-ignore lint/suspicious/noExplicitAny: the adapter's own settings type is what this function establishes.
export function checkSettings(adapter: ChannelAdapter<any>, input: unknown): Settings {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Refusal('settings-invalid', 'settings: expected an object.', { field: 'settings' });
  }
  const given = input as Settings;
  const known = new Set(adapter.settings.map((field) => field.key));
  for (const key of Object.keys(given)) {
    if (!known.has(key)) throw invalid(key, `there is no such setting; ${adapter.type} has ${[...known].join(', ')}`);
  }
  const stored: Settings = {};
  for (const field of adapter.settings) {
    const value = given[field.key];
    if (value === undefined || value === null || value === '') {
      if (field.required === true && field.default === undefined) throw invalid(field.key, 'is required');
      continue;
    }
    checkField(field, value);
    stored[field.key] = value;
  }
  adapter.checkSettings?.(withDefaults(adapter.settings, stored));
  return stored;
}

/** Secrets are write-only: they read as whether they are set. */
export function showSettings(fields: readonly SettingsField[], settings: Readonly<Settings>): Settings {
  const shown: Settings = {};
  for (const { key, kind, default: preset } of fields) {
    const value = settings[key] ?? preset;
    if (kind === 'secret') shown[key] = { set: value !== undefined };
    else if (value !== undefined) shown[key] = value;
  }
  return shown;
}

function checkField(field: SettingsField, value: unknown): void {
  switch (field.kind) {
    case 'text':
    case 'secret':
    case 'url':
      checkText(field, value);
      return;
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(field.key, 'expected a number');
      if (value < (field.min ?? -Infinity) || value > (field.max ?? Infinity)) {
        throw invalid(field.key, `expected a number from ${field.min ?? '…'} to ${field.max ?? '…'}`);
      }
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw invalid(field.key, 'expected true or false');
      return;
    case 'select': {
      const allowed = (field.options ?? []).map((option) => option.value);
      if (!allowed.includes(value as string)) throw invalid(field.key, `expected one of ${allowed.join(', ')}`);
      return;
    }
    case 'list':
      if (
        !Array.isArray(value) ||
        value.length > 100 ||
        value.some((entry) => typeof entry !== 'string' || entry.length > 500)
      ) {
        throw invalid(field.key, 'expected a list of at most 100 texts');
      }
      return;
    default:
      field.kind satisfies never;
  }
}

function checkText(field: SettingsField, value: unknown): void {
  if (typeof value !== 'string') throw invalid(field.key, 'expected text');
  if (value.length > 4_000) throw invalid(field.key, 'is longer than 4000 characters');
  if (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`, 'u').test(value)) {
    throw invalid(field.key, 'does not have the form that the platform gives it');
  }
  if (field.kind === 'url' && !(/^https?:\/\//i.test(value) && URL.canParse(value))) {
    throw invalid(field.key, 'expected an http or https address');
  }
}

function invalid(key: string, what: string): Refusal {
  return new Refusal('settings-invalid', `settings.${key}: ${what}.`, { field: `settings.${key}` });
}
