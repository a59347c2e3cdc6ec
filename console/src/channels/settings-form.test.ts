import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsField } from '@parley/sdk/protocol.ts';
import { fieldProblems, formValues, settingsOf } from './settings-form.ts';

const label = { en: 'x', 'zh-CN': 'x' };
const fields: SettingsField[] = [
  { key: 'appId', kind: 'text', label, required: true, pattern: 'wx[0-9a-f]+' },
  { key: 'appSecret', kind: 'secret', label, required: true },
  { key: 'formerSecret', kind: 'secret', label },
  { key: 'timeoutMs', kind: 'number', label, default: 5_000, min: 100, max: 9_000 },
  { key: 'baseUrl', kind: 'url', label },
  { key: 'strict', kind: 'boolean', label, default: true },
  { key: 'origins', kind: 'list', label, default: [] },
];
const stored = { appId: 'wx1', appSecret: { set: true }, formerSecret: { set: true }, timeoutMs: 300, origins: ['a'] };

test('a new form begins with the defaults, and a stored secret is never in it', () => {
  assert.deepEqual(formValues(fields, {}), {
    appId: '',
    appSecret: '',
    formerSecret: '',
    timeoutMs: '5000',
    baseUrl: '',
    strict: true,
    origins: [],
  });
  assert.equal(formValues(fields, stored).appSecret, '');
});

test('a secret left empty is not sent, one taken away is sent as null, and so is any other emptied setting', () => {
  const values = { ...formValues(fields, stored), formerSecret: null, baseUrl: '' };
  assert.deepEqual(settingsOf(fields, values), {
    appId: 'wx1',
    formerSecret: null,
    timeoutMs: 300,
    baseUrl: null,
    strict: true,
    origins: ['a'],
  });
  assert.equal(settingsOf(fields, { ...values, appSecret: 'new' }).appSecret, 'new');
});

test('what the server would refuse is said at the field', () => {
  const wrong = { ...formValues(fields, {}), appId: 'wx1;drop', timeoutMs: '99999', baseUrl: 'ftp://x' };
  assert.deepEqual(fieldProblems(fields, wrong, {}), {
    appId: { kind: 'pattern' },
    appSecret: { kind: 'required' },
    timeoutMs: { kind: 'max', n: 9_000 },
    baseUrl: { kind: 'url' },
  });
});

test('a secret that is stored already need not be typed again', () => {
  assert.deepEqual(fieldProblems(fields, formValues(fields, stored), stored), {});
});
