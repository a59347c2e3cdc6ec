import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gapNames } from '../../../server/gateway/adapter-fixture.ts';

const guide = await readFile(new URL('../write-your-own.md', import.meta.url), 'utf8');

test('the guide shows the example as it is compiled and run', async () => {
  const shown = [...guide.matchAll(/<!-- file: (\S+) -->\n```ts\n(.*?)```\n/gs)];
  assert.deepEqual(
    shown.map((match) => match[1]),
    ['example/adapter.ts', 'example/adapter.test.ts'],
  );
  for (const [, file = '', code] of shown) {
    assert.equal(code, await readFile(new URL(`../${file}`, import.meta.url), 'utf8'), file);
  }
});

test('the guide names every gap', () => {
  for (const gap of gapNames) assert.ok(guide.includes(`\`${gap}\``), gap);
});
