import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { soundShop } from '../server/bot/graph/made-up-shops-fixture.ts';

const command = join(import.meta.dirname, 'eval-retrieval.ts');
const run = (...args: string[]) => spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('each folder with entries and questions is measured, beside plain BM25 and TF-IDF', (t) => {
  const dir = folder(t);
  for (const name of ['one', 'two']) {
    mkdirSync(join(dir, name));
    writeFileSync(
      join(dir, name, 'corpus.jsonl'),
      '{"id":"a","title":"refunds","questions":["my money back"]}\n{"id":"b","title":"发票","text":"可以申请电子发票。"}\n',
    );
    writeFileSync(join(dir, name, 'queries.tsv'), 'money back please\ta\r\n怎么开电子发票\tb\n\ta\n');
  }
  writeFileSync(join(dir, 'two', 'no-answer.tsv'), 'sing a song\n');
  const out = join(dir, 'out.json');
  const { status, stdout, stderr } = run('--data', dir, '--json', out);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^one +66\.7 /m);
  assert.match(stdout, /plain TF-IDF +66\.7/);
  const { sets } = JSON.parse(readFileSync(out, 'utf8'));
  assert.deepEqual(
    sets.map(({ set, counts }: { set: string; counts: object }) => [set, counts]),
    [
      ['one', { entries: 2, passages: 2, queries: 3, withoutAnswer: 0 }],
      ['two', { entries: 2, passages: 2, queries: 3, withoutAnswer: 1 }],
    ],
  );
  assert.equal(sets[1].floor.rejected, 1);
});

test('a folder with a graph is measured with it and without, and the graph finds what goes by another name', (t) => {
  const dir = folder(t);
  const { docs, graph, questions, unanswered } = soundShop();
  writeFileSync(join(dir, 'corpus.jsonl'), docs.map((doc) => JSON.stringify(doc)).join('\n'));
  writeFileSync(join(dir, 'queries.tsv'), questions.map(({ text, expected }) => `${text}\t${expected}`).join('\n'));
  writeFileSync(join(dir, 'no-answer.tsv'), unanswered.join('\n'));
  writeFileSync(join(dir, 'graph.json'), JSON.stringify({ format: 'json', ...graph }));
  const out = join(dir, 'out.json');
  const { status, stdout, stderr } = run('--data', dir, '--json', out);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /nDCG@10/);
  assert.match(stdout, /^ {2}with its graph +\d+\.\d /m);
  const [{ parley, withGraph, floor }] = JSON.parse(readFileSync(out, 'utf8')).sets;
  for (const figure of ['recallAt1', 'recallAt3', 'recallAt5', 'mrr', 'ndcg', 'at95'])
    assert.ok(withGraph[figure] > parley[figure], `${figure}: ${withGraph[figure]} over ${parley[figure]}`);
  assert.ok(withGraph.floor.answered > floor.answered);
});

test('bad arguments and bad files get one reason and how it is called', (t) => {
  const dir = folder(t);
  const withFiles = (name: string, corpus: string, queries?: string) => {
    const inside = join(dir, name);
    mkdirSync(inside);
    writeFileSync(join(inside, 'corpus.jsonl'), corpus);
    if (queries !== undefined) writeFileSync(join(inside, 'queries.tsv'), queries);
    return ['--data', inside, '--json', 'x'];
  };
  const withGraph = (name: string, graph: string) => {
    const args = withFiles(name, '{"id":"a","title":"t"}\n', 'what\ta\n');
    writeFileSync(join(dir, name, 'graph.json'), graph);
    return args;
  };
  const reasons: [string[], RegExp][] = [
    [[], /--data and --json are needed/],
    [['--data', '/nowhere', '--json', 'x'], /nowhere: there is no corpus.jsonl/],
    [withFiles('a', '{"id":1}\n'), /corpus.jsonl, line 1: expected/],
    [withFiles('b', '{"id":"a","title":"t"}\n{"id":"a","title":"t"}\n'), /the id a is there twice/],
    [withFiles('c', '{"id":"a","title":"t"}\n'), /queries.tsv is not there/],
    [withFiles('d', '{"id":"a","title":"t"}\n', 'what\tb\n'), /line 1: there is no entry b/],
    [withFiles('e', '{"id":"a","title":"t"}\n', 'what\n'), /line 1: expected query<TAB>id/],
    [withGraph('f', '{"nodes": 1}'), /graph.json: expected an object of lists/],
    [
      withGraph('g', '{"relations": [{"from": "a", "type": "is-a", "to": "b"}]}'),
      /graph.json: .*\n?relations\[0\], from/,
    ],
  ];
  for (const [args, reason] of reasons) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2);
    assert.match(stderr, reason);
    assert.match(stderr, /npm run eval:retrieval -- --data DIR/);
  }
});
