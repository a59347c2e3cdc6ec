import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs the project's own rule over a small tree with the given files; answers the names of the broken rules. */
function brokenRules(files: Record<string, string>): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'parley-rule-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/.bin/depcruise'),
        '--config',
        join(root, '.dependency-cruiser.cjs'),
        '--output-type',
        'json',
        ...new Set(Object.keys(files).map((path) => path.split('/', 1)[0] as string)),
      ],
      { cwd: tree, encoding: 'utf8' },
    );
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { rule: { name: string } }[]; totalCruised: number };
    };
    assert.ok(summary.totalCruised >= Object.keys(files).length, 'the check did not read the files');
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
  } finally {
    rmSync(tree, { recursive: true });
  }
}

const fact = "import type { Fact } from '../conversation/fact.ts';\nexport const shown: Fact = { id: '1' };\n";
const lawful = {
  'server/base/clock.ts': 'export const now = (): number => Date.now();\n',
  'server/gateway/door.ts': "import { now } from '../base/clock.ts';\nexport const opened = now();\n",
  'server/conversation/fact.ts':
    "import { opened } from '../gateway/door.ts';\nexport type Fact = { id: string };\nexport const at = opened;\n",
  'server/realtime/screen.ts': fact,
  'server/storage/warm/rows.ts':
    "import type { Fact } from '../../conversation/fact.ts';\nexport const rows: Fact[] = [];\n",
  'server/program.ts': "import { rows } from './storage/warm/rows.ts';\nexport const all = rows;\n",
};

test('imports that follow the one-way rule pass', () => {
  assert.deepEqual(brokenRules(lawful), []);
});

const planted: [rule: string, path: string, text: string][] = [
  [
    'base-imports-nothing-of-ours',
    'server/base/clock.ts',
    "import { opened } from '../gateway/other.ts';\nexport const now = opened;\n",
  ],
  [
    'gateway-stands-alone',
    'server/gateway/other.ts',
    "import type { Fact } from '../conversation/other.ts';\nexport type Door = Fact;\n",
  ],
  [
    'conversation-knows-the-gateway',
    'server/conversation/other.ts',
    "import { shown } from '../realtime/screen.ts';\nexport const seen = shown;\n",
  ],
  [
    'storage-is-known-to-the-composition-root-alone',
    'server/realtime/other.ts',
    "import { rows } from '../storage/warm/rows.ts';\nexport const direct = rows;\n",
  ],
  [
    'channels-know-the-gateway-alone',
    'server/channels/post/adapter.ts',
    "import { shown } from '../../realtime/screen.ts';\nexport const sent = shown;\n",
  ],
  [
    'channels-do-not-know-each-other',
    'server/channels/post/adapter.ts',
    "import { sign } from '../wire/sign.ts';\nexport const signed = sign;\n",
  ],
  ['sdk-stands-alone', 'sdk/client.ts', "import { now } from '../server/base/clock.ts';\nexport const at = now;\n"],
];
for (const [rule, path, text] of planted) {
  test(`an import planted against "${rule}" fails the check, though it be of a type alone`, () => {
    const files = {
      ...lawful,
      'server/gateway/other.ts': 'export const opened = 1;\n',
      'server/conversation/other.ts': 'export type Fact = string;\n',
      'server/channels/wire/sign.ts': 'export const sign = 1;\n',
      [path]: text,
    };
    assert.ok(brokenRules(files).includes(rule));
  });
}

test('a cycle fails the check', () => {
  const files = {
    'server/base/a.ts': "import { b } from './b.ts';\nexport const a = (): unknown => b;\n",
    'server/base/b.ts': "import { a } from './a.ts';\nexport const b = (): unknown => a;\n",
  };
  assert.deepEqual(brokenRules(files), ['no-cycles']);
});
