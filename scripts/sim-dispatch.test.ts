import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

function run(...args: string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'sim-dispatch.ts'), ...args], { encoding: 'utf8' });
}

test('the simulation of the dispatcher tells people in tables and programs in JSON', () => {
  const little = ['--scenario', 'pool', '--load', '0.8', '--agents', '4', '--seeds', '2', '--hours', '0.5'];
  const told = run(...little);
  assert.equal(told.status, 0, told.stderr);
  assert.match(
    told.stdout,
    /Erlang C +mean wait[\s\S]*one pool: 4 agents with 1 at once, load 80 %[\s\S]*clairvoyant bound/,
  );
  const json = JSON.parse(run(...little, '--json').stdout) as { results: { scenario: string; claims: unknown[] }[] };
  assert.deepEqual([json.results.length, json.results[0]?.scenario], [1, 'one pool']);
  assert.ok((json.results[0]?.claims.length ?? 0) > 5);
});

test('a wrong option ends it with one line that names the option', () => {
  for (const [option, value] of [
    ['--load', '9'],
    ['--seeds', '1'],
    ['--scenario', 'moon'],
    ['--pattern', 'tide'],
    ['--policy', 'manual'],
    ['--agents', 'some'],
  ] as const) {
    const { status, stderr, stdout } = run(option, value);
    assert.deepEqual([status, stdout], [2, ''], option);
    assert.match(stderr.split('\n')[0] ?? '', new RegExp(`^${option}: expected`));
  }
});
