import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { emptyGraph } from './graph-content.ts';
import { writeGraphCsv } from './graph-csv.ts';
import { type GraphCsv, readGraphCsv, readGraphDocument, withRows } from './graph-input.ts';
import { shopGraph } from './shop-graph-fixture.ts';

const nodes = `id,type,name_en,name_zh-CN,synonyms
price,attribute,price,价格,how much|多少钱
phone,product,Phone,手机,
kind,category,Kind,,
`;
const load = (csv: GraphCsv) => withRows(emptyGraph, readGraphCsv(csv), 'replace');
const why = (csv: GraphCsv): string[] => {
  try {
    load(csv);
  } catch (error) {
    assert.ok(error instanceof Refusal && error.code === 'content-invalid');
    return error.message.split('\n').slice(1);
  }
  return [];
};

test('three CSV files are a graph', () => {
  const graph = load({
    nodes: `\ufeff${nodes}`,
    relations: 'from,type,to,source\nphone,is-a,kind,"catalogue, page 3"\n',
    answers:
      'node,attribute,language,text,valid_from,valid_to\nphone,price,en,"¥1,999\nwith case",2026-11-01,2026-12-01\n',
  });
  assert.deepEqual(graph.nodes[0], {
    id: 'price',
    type: 'attribute',
    names: { en: 'price', 'zh-CN': '价格' },
    synonyms: ['how much', '多少钱'],
  });
  assert.equal(graph.relations[0]?.source, 'catalogue, page 3');
  assert.deepEqual([graph.answers[0]?.text, graph.answers[0]?.validTo], ['¥1,999\nwith case', Date.UTC(2026, 11, 1)]);
});

test('what is wrong is told with file, line and column, and nothing is changed', () => {
  const relations = (rows: string) => ({ nodes, relations: `from,type,to\n${rows}` });
  const answers = (rows: string) => ({ nodes, answers: `node,attribute,language,text,valid_from,valid_to\n${rows}` });
  assert.deepEqual(why({ nodes: `${nodes}phone,product,Again,,\n` }), ['nodes, line 5, id: "phone" is there already']);
  assert.deepEqual(why({ nodes: `${nodes}PHONE,product,Again,,\n` }), ['nodes, line 5, id: "PHONE" is there already']);
  assert.deepEqual(why({ nodes: `${nodes}x y,product,X,,\n` })[0]?.slice(0, 34), 'nodes, line 5, id: "x y" is no id:');
  assert.deepEqual(why({ nodes: `${nodes}x,product,,,\n` }), ['nodes, line 5, names: "x" has no name in any language']);
  assert.deepEqual(why(relations('phone,is-a,nowhere\n')), ['relations, line 2, to: there is no node "nowhere"']);
  assert.deepEqual(why(relations('phone,is-a,kind\nphone,is-a,kind\n')), [
    'relations, line 3, to: "phone" is-a "kind" is there already',
  ]);
  assert.deepEqual(why(relations('phone,is-a,kind\nkind,part-of,phone\n')), [
    'relations, line 3, to: closes a circle: phone → kind → phone',
  ]);
  assert.deepEqual(
    why(relations('phone,fits,kind\nkind,fits,phone\n')),
    [],
    'what inherits nothing may lead in circles',
  );
  assert.deepEqual(why(answers('phone,colour,en,Red,,\n')), ['answers, line 2, attribute: there is no node "colour"']);
  assert.deepEqual(why(answers('phone,kind,en,Red,,\n')), [
    'answers, line 2, attribute: "kind" is no attribute but of type category',
  ]);
  assert.deepEqual(why(answers('phone,price,en,"a\nb",,\nphone,price,en,c,next year,\n')), [
    'answers, line 4, valid_from: "next year" is no date: write 2026-12-01',
  ]);
  assert.deepEqual(why(answers('phone,price,en,a,,2026-12-02\nphone,price,en,b,2026-12-01,\n')), [
    'answers, line 3, valid_from: "phone" has another answer about "price" in en at the same time',
  ]);
  assert.deepEqual(why(answers('phone,price,en,a,,2026-12-01\nphone,price,en,b,2026-12-01,\n')), []);
  assert.deepEqual(why({ nodes: 'id,kind\na,b\n' }), [
    'nodes, line 1: the column "type" is missing',
    'nodes, line 1: the column "kind" is not known',
  ]);
  assert.deepEqual(why({ nodes: 'id,type,name_en\na,b\n' }), ['nodes, line 2: 2 values, and 3 columns']);
  assert.match(why({ nodes: 'id,type,name_en\n"a,b\n' })[0] ?? '', /^nodes: Quote Not Closed/);
});

test('an import beside what is there replaces what it names and keeps the rest', () => {
  const before = load({ nodes, answers: 'node,attribute,language,text\nphone,price,en,old\n' });
  const rows = readGraphDocument({
    answers: [
      { node: 'phone', attribute: 'price', language: 'en', text: 'new' },
      { node: 'kind', attribute: 'price', language: 'en', text: 'x' },
    ],
  });
  const after = withRows(before, rows, 'merge');
  assert.deepEqual(
    after.answers.map(({ text }) => text),
    ['new', 'x'],
  );
  assert.equal(after.nodes.length, 3);
  assert.throws(() => withRows(before, rows, 'replace'), /answers\[0\], node: there is no node "phone"/);
});

test('what is written as CSV is read as the same graph', () => {
  const odd = {
    ...shopGraph,
    answers: shopGraph.answers.map((one, at) => ({ ...one, text: `${one.text}\n"${at}", ` })),
  };
  const read = load(writeGraphCsv(odd));
  const plain = <T extends { id: string }>(rows: readonly T[]) => rows.map(({ id: _, ...rest }) => rest);
  assert.deepEqual(read.nodes, odd.nodes);
  assert.deepEqual(plain(read.relations), plain(odd.relations));
  assert.deepEqual(
    plain(read.answers).map(({ text, ...rest }) => ({ ...rest, text: text.trim() })),
    plain(odd.answers).map(({ text, ...rest }) => ({ ...rest, text: text.trim() })),
  );
});

test('a chain of thousands is checked, and the circle at its end found', () => {
  const many = 5_000;
  const chain = Array.from({ length: many }, (_, at) => ({ id: `n${at}`, type: 'thing', names: { en: `n${at}` } }));
  const links = Array.from({ length: many }, (_, at) => ({ from: `n${at}`, type: 'is-a', to: `n${(at + 1) % many}` }));
  assert.throws(
    () => withRows(emptyGraph, readGraphDocument({ nodes: chain, relations: links }), 'replace'),
    /relations\[4999\], to: closes a circle/,
  );
});
