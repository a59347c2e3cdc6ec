import assert from 'node:assert/strict';
import { makeSecret } from '@parley/sdk/made-secret.ts';
import type { SettingsField } from '@parley/sdk/protocol.ts';
import type { AdapterFixture, Claim } from './adapter-fixture.ts';
import { contentTypes } from './degrade.ts';
import { checkSettings } from './settings.ts';

/** What holds of the things that an adapter says about itself: its form, its capabilities, its limits. */
export function declarationClaims<Settings>({ adapter, settings, callbacks }: AdapterFixture<Settings>): Claim[] {
  return [
    {
      name: 'its type, name and description can be shown in both languages',
      run: () => {
        assert.match(adapter.type, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
        assertBothLanguages(adapter.name, 'name');
        assertBothLanguages(adapter.description, 'description');
      },
    },
    {
      name: 'its settings form is whole: every key has a field, in both languages, and secrets are marked',
      run: () => {
        const keys = adapter.settings.map((field) => field.key);
        assert.equal(new Set(keys).size, keys.length, 'A key has two fields.');
        for (const key of Object.keys(settings as object)) assert.ok(keys.includes(key), `No field for ${key}.`);
        for (const field of adapter.settings) assertField(field, (settings as Record<string, unknown>)[field.key]);
        adapter.checkSettings?.(settings);
      },
    },
    {
      name: 'the secrets that the console makes for its settings are taken',
      run: () => {
        const { settings: fields } = adapter;
        const made = fields.flatMap(({ key, invented }) =>
          invented === undefined ? [] : [[key, makeSecret(invented)]],
        );
        checkSettings(adapter, { ...settings, ...Object.fromEntries(made) });
      },
    },
    {
      name: 'its capabilities make sense',
      run: () => {
        const { content, maxTextBytes, maxChoices, rate } = adapter.capabilities;
        for (const type of content) assert.ok(contentTypes.includes(type), `Unknown content type ${type}.`);
        assert.equal(new Set(content).size, content.length, 'A content type is named twice.');
        assert.ok(content.includes('text'), 'Every channel carries text.');
        assert.ok(Number.isInteger(maxTextBytes) && maxTextBytes >= 64, 'maxTextBytes: 64 or more.');
        assert.ok(maxChoices === undefined || content.includes('choices'), 'maxChoices without choices.');
        assert.ok(rate.perSecond > 0 && rate.burst >= 1, 'rate: more than nothing.');
      },
    },
    {
      name: 'its limit on bodies lets the real ones in',
      run: () => {
        assert.ok(Number.isInteger(adapter.maxBodyBytes) && adapter.maxBodyBytes <= 64 * 1024 * 1024);
        for (const { name, body } of callbacks?.corpus ?? []) {
          assert.ok(Buffer.byteLength(body) <= adapter.maxBodyBytes, `${name} is over the limit.`);
        }
      },
    },
  ];
}

function assertBothLanguages(text: { en: string; 'zh-CN': string }, what: string): void {
  assert.ok(text.en.trim() !== '' && text['zh-CN'].trim() !== '', `${what}: missing in a language.`);
}

function assertField(field: SettingsField, value: unknown): void {
  assertBothLanguages(field.label, field.key);
  if (field.help !== undefined) assertBothLanguages(field.help, `${field.key}.help`);
  for (const option of field.options ?? []) assertBothLanguages(option.label, `${field.key}.${option.value}`);
  assert.equal(field.kind === 'select', field.options !== undefined, `${field.key}: options belong to a select.`);
  if (/secret|password|(^|[a-z])(token|key)$/i.test(field.key))
    assert.equal(field.kind, 'secret', `${field.key} is not marked.`);
  if (field.kind === 'secret') assert.equal(field.default, undefined, `${field.key}: a secret with a default.`);
  if (field.invented !== undefined) assert.equal(field.kind, 'secret', `${field.key}: only a secret is made up.`);
  if (field.required === true) assert.notEqual(value, undefined, `${field.key} is required, and the settings lack it.`);
  if (field.pattern !== undefined && typeof value === 'string')
    assert.match(value, new RegExp(`^(?:${field.pattern})$`));
}
