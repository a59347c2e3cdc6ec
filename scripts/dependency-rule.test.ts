import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseSync } from '@swc/core';

const root = dirname(import.meta.dirname);

/** A rule and the file that breaks it. */
type Violation = `${string} in ${string}`;

/** Runs the project's own rule over a small tree that holds the given files, path → text. */
function violations(files: Readonly<Record<string, string>>): Violation[] {
  const tree = mkdtempSync(join(tmpdir(), 'parley-rule-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const folders = new Set(Object.keys(files).map((path) => path.split('/', 1).join()));
    const config = join(root, '.dependency-cruiser.cjs');
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/.bin/depcruise'), '--config', config, '--output-type', 'json', ...folders],
      { cwd: tree, encoding: 'utf8' },
    );
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { from: string; rule: { name: string } }[]; totalCruised: number };
    };
    assert.ok(summary.totalCruised >= Object.keys(files).length, 'the check did not read the files');
    return summary.violations.map(({ from, rule }): Violation => `${rule.name} in ${from}`);
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** A small program in which every part imports what it may. */
const lawful = {
  'sdk/protocol.ts': 'export type Frame = string;\nexport const version = 1;\n',
  'sdk/client.ts': "import { version } from './protocol.ts';\nexport const client = version;\n",
  'server/base/clock.ts': 'export const now = (): number => Date.now();\n',
  'server/gateway/door.ts': "import { now } from '../base/clock.ts';\nexport const opened = now();\n",
  'server/channels/post/adapter.ts':
    "import { opened } from '../../gateway/door.ts';\nexport { sealed } from './seal.ts';\nexport const post = opened;\n",
  'server/channels/post/seal.ts': 'export const sealed = true;\n',
  'server/channels/registry.ts': "export { post } from './post/adapter.ts';\n",
  'server/conversation/fact.ts':
    "import { opened } from '../gateway/door.ts';\nimport type { Frame } from '../../sdk/protocol.ts';\nexport type Fact = { id: Frame };\nexport const at = opened;\n",
  'server/realtime/screen.ts':
    "import type { Fact } from '../conversation/fact.ts';\nexport const shown: Fact = { id: '1' };\n",
  'server/storage/warm/rows.ts':
    "import type { Fact } from '../../conversation/fact.ts';\nexport const rows: Fact[] = [];\n",
  'server/engines.ts': "import { rows } from './storage/warm/rows.ts';\nexport const engines = [rows];\n",
  'server/program.ts':
    "import { engines } from './engines.ts';\nimport { post } from './channels/registry.ts';\nexport const all = [engines, post];\n",
  'server/cli/doctor.ts':
    "import { engines } from '../engines.ts';\nimport { rows } from '../storage/warm/rows.ts';\nexport const doctor = [engines, rows];\n",
  'server/testing/open-store.ts': "import { rows } from '../storage/warm/rows.ts';\nexport const store = rows;\n",
  'console/src/list.ts': "import { client } from '../../sdk/client.ts';\nexport const list = client;\n",
};

/** Rule, place of the file that breaks it, and its import; each is another form of import or another wall. */
const planted: readonly [rule: string, path: string, text: string][] = [
  ['base-imports-nothing-of-ours', 'server/base/bad.ts', "export { opened } from '../gateway/door.ts';\n"],
  ['gateway-stands-alone', 'server/gateway/bad.ts', "export type { Fact } from '../conversation/fact.ts';\n"],
  ['channels-know-the-gateway-alone', 'server/channels/mail/bad.ts', "import '../../realtime/screen.ts';\n"],
  ['channels-do-not-know-each-other', 'server/channels/mail/seal.ts', "export * from '../post/seal.ts';\n"],
  ['files-stand-below', 'server/files/bad.ts', "import { at } from '../conversation/fact.ts';\nexport const b = at;\n"],
  [
    'conversation-knows-the-gateway',
    'server/conversation/bad.ts',
    "import { shown } from '../realtime/screen.ts';\nexport const seen = shown;\n",
  ],
  ['publishing-knows-no-document', 'server/publishing/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['decisions-know-conversations', 'server/routing/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['decisions-know-conversations', 'server/bot/bad.ts', "export const late = () => import('../realtime/screen.ts');\n"],
  ['decisions-know-conversations', 'server/knowledge/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['surveys-know-conversations', 'server/surveys/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['identity-knows-conversations', 'server/identity/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['nodes-carry-what-features-say', 'server/nodes/bad.ts', "export { shown } from '../realtime/screen.ts';\n"],
  ['mail-knows-nobody', 'server/mail/bad.ts', "import type { Fact } from '../conversation/fact.ts';\n"],
  ['metrics-know-nobody', 'server/metrics/bad.ts', "import type { Fact } from '../conversation/fact.ts';\n"],
  ['screens-know-no-composition-root', 'server/http/bad.ts', "export { all } from '../program.ts';\n"],
  [
    'storage-is-known-to-the-engines-alone',
    'server/realtime/bad.ts',
    "import type { rows } from '../storage/warm/rows.ts';\nexport type Rows = typeof rows;\n",
  ],
  ['commands-are-known-to-nobody', 'server/http/command.ts', "export { doctor } from '../cli/doctor.ts';\n"],
  [
    'the-program-needs-no-test-support',
    'server/cli/bad.ts',
    "import { store } from '../testing/open-store.ts';\nexport const opened = store;\n",
  ],
  [
    'channels-are-known-to-the-composition-root-alone',
    'server/http/channels.ts',
    "export { post } from '../channels/registry.ts';\n",
  ],
  [
    'server-takes-shared-shapes-alone-from-the-sdk',
    'server/http/sdk.ts',
    "export { client } from '../../sdk/client.ts';\n",
  ],
  ['the-program-needs-no-test-support', 'server/http/store.ts', "export { store } from '../testing/open-store.ts';\n"],
  ['sdk-stands-alone', 'sdk/bad.ts', "export { now } from '../server/base/clock.ts';\n"],
  ['console-knows-the-sdk-alone', 'console/src/bad.ts', "export { now } from '../../server/base/clock.ts';\n"],
  ['widget-knows-the-sdk-alone', 'widget/src/bad.ts', "export { list } from '../../console/src/list.ts';\n"],
  ['no-cycles', 'server/base/ring-a.ts', "export * from './ring-b.ts';\n"],
];
const plantedFiles = Object.fromEntries(planted.map(([, path, text]) => [path, text]));
/** The other half of the ring. */
const ring = { 'server/base/ring-b.ts': "import type {} from './ring-a.ts';\n" };

test('imports that follow the one-way rule pass', () => {
  assert.deepEqual(violations(lawful), []);
});

test('a file that cannot be read fails the check, so that no import hides in one', () => {
  assert.throws(() => violations({ ...lawful, 'server/base/torn.ts': 'export const = 1;\n' }));
});

const found = new Set(violations({ ...lawful, ...plantedFiles, ...ring }));
for (const [rule, path] of planted) {
  test(`an import planted in ${path} fails the check: ${rule}`, () => {
    assert.ok(found.has(`${rule} in ${path}`), [...found].filter((violation) => violation.endsWith(path)).join());
  });
}

test('every rule has an import planted against it', () => {
  const text = readFileSync(join(root, '.dependency-cruiser.cjs'), 'utf8');
  const [, list = ''] = text.split('forbidden: [');
  const rules = [...list.matchAll(/(?:name: |only\(\s*)'([a-z-]+)'/g)].map((match) => match[1]);
  assert.deepEqual([...new Set(planted.map(([rule]) => rule))].sort(), rules.sort());
});

test('no type is imported in a form that the check does not see', () => {
  const sources = ['server', 'sdk', 'console/src', 'widget/src'].flatMap((folder) =>
    globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: ['**/node_modules', '**/dist'] }),
  );
  assert.ok(sources.length > 100);
  assert.deepEqual(
    sources.filter((path) => importsInType(readFileSync(join(root, path), 'utf8'), path)),
    [],
  );
  assert.ok(importsInType("export type Rows = typeof import('../storage/warm/rows.ts');", 'planted.ts'));
  assert.ok(importsInType("export const n: import('@parley/sdk').Client = 1;", 'planted.tsx'));
});

/** `typeof import('…')` and `import('…').Name` in the place of a type, of a module of ours. */
function importsInType(text: string, path: string): boolean {
  const tree = parseSync(text, { syntax: 'typescript', tsx: path.endsWith('.tsx'), target: 'esnext' });
  return /"type":"TsImportType".{0,120}"value":"(\.|@parley\/)/.test(JSON.stringify(tree));
}
