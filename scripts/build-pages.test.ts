import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isStale } from './build-pages.ts';

/** A project with a widget that was built at second 100 from sources of second 50. */
function project(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'parley-pages-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (path: string, atS: number) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), atS, atS);
  };
  for (const path of ['widget/src/chat.tsx', 'widget/package.json', 'sdk/client.ts', 'package-lock.json'])
    write(path, 50);
  write('widget/dist/widget.js', 100);
  write('widget/dist/chat-1a2b.js', 100);
  return { root, write };
}

test('a page that is newer than its sources is not built again, nor is one after a change of tests or words', (t) => {
  const { root, write } = project(t);
  assert.equal(isStale(root, 'widget'), false);
  for (const path of ['sdk/client.test.ts', 'sdk/README.md', 'sdk/testing/world.ts', 'widget/node_modules/a/b.js']) {
    write(path, 200);
    assert.equal(isStale(root, 'widget'), false, path);
  }
});

test('a page that was never built is built', (t) => {
  const { root } = project(t);
  rmSync(join(root, 'widget/dist'), { recursive: true });
  assert.equal(isStale(root, 'widget'), true);
  mkdirSync(join(root, 'widget/dist'));
  assert.equal(isStale(root, 'widget'), true, 'an empty folder is no page');
});

for (const path of ['widget/src/chat.tsx', 'widget/package.json', 'sdk/client.ts', 'package-lock.json']) {
  test(`a page is built again after a change of ${path}, once`, (t) => {
    const { root, write } = project(t);
    write(path, 200);
    assert.equal(isStale(root, 'widget'), true);
    // Files of the same names: the folder itself stays as it was.
    utimesSync(join(root, 'widget/dist/widget.js'), 300, 300);
    utimesSync(join(root, 'widget/dist'), 100, 100);
    assert.equal(isStale(root, 'widget'), false);
  });
}
