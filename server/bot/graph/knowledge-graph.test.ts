import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Graph, GraphAnswer } from '../ports.ts';
import { checkGraph } from './check-graph.ts';
import type { GraphContent } from './graph-content.ts';
import { createKnowledgeGraph, mostTold, noneOfThese } from './knowledge-graph.ts';
import { inNovember, shopGraph, threeLanguageGraph } from './shop-graph-fixture.ts';

const graph = createKnowledgeGraph(shopGraph);
const say = (text: string, context: Partial<Parameters<Graph['answer']>[1]> = {}): GraphAnswer =>
  graph.answer(text, { entities: [], now: inNovember, ...context });
const textOf = (answer: GraphAnswer): string => (answer.kind === 'answer' ? answer.text : answer.kind);
const labelsOf = (answer: GraphAnswer): string[] =>
  answer.kind === 'ask' ? answer.choices.map(({ label }) => label) : [];
const idOf = (answer: GraphAnswer, label: string): string =>
  (answer.kind === 'ask' && answer.choices.find((choice) => choice.label === label)?.id) || 'no such choice';

test('the shop of the tests is a graph with nothing wrong', () => {
  assert.deepEqual(checkGraph(shopGraph), []);
});

const answered: readonly (readonly [text: string, answer: string])[] = [
  ['极光一号多少钱', '极光一号售价2999元。'],
  ['请问极光一号的价格是多少？', '极光一号售价2999元。'],
  ['How much is the Aurora One?', 'Aurora One costs ¥2,999.'],
  ['AURORA ONE COST', 'Aurora One costs ¥2,999.'],
  ['Ａｕｒｏｒａ Ｏｎｅ price', 'Aurora One costs ¥2,999.'],
  ['aurara one price', 'Aurora One costs ¥2,999.'],
  ['how long is the warrenty of the Aurora One', 'Electronics have two years of warranty.'],
  ['极光一号保修多久', '电子产品保修两年。'],
  ['极光耳机保修', '耳机保修一年。'],
  ['极光一号续航怎么样', '极光一号续航20小时。'],
  ['多久到', '下单后48小时内发货。'],
  ['极光二号什么时候发货', '下单后48小时内发货。'],
  ['极光一号的手机壳多少钱', '极光一号专用壳售价49元。'],
  ['极光一号的价格和保修', '极光一号售价2999元。\n电子产品保修两年。'],
];
for (const [text, answer] of answered) {
  test(`"${text}" is answered: ${answer}`, () => assert.equal(textOf(say(text)), answer));
}

test('the path tells which names were linked, how the walk went, and where it is known from', () => {
  const answer = say('What warranty does the Aurora Max have?');
  assert.ok(answer.kind === 'answer');
  assert.deepEqual(answer.path, [
    '"aurora max" → Aurora Max (product)',
    'Aurora Max is-a phones (catalogue 2026)',
    'phones is-a electronics',
    'electronics · warranty (terms §4)',
  ]);
});

test('a name that two things share is asked about, and the choice answers', () => {
  const question = say('How much is the Max?');
  assert.deepEqual(labelsOf(question), ['Borealis Max', 'Aurora Max', 'None of these']);
  for (const text of ['How much is the Max?', 'Aurora Max']) {
    assert.equal(textOf(say(text, { chosen: idOf(question, 'Aurora Max') })), 'Aurora Max costs ¥5,999.');
  }
  assert.equal(say('x', { chosen: noneOfThese }).kind, 'nothing');
  assert.equal(say('x', { chosen: 'made#up' }).kind, 'nothing');
});

test('what was talked of before says which of two is meant, and stands in for what is not named', () => {
  assert.equal(textOf(say('How much is the Max?', { about: ['phones'] })), 'Aurora Max costs ¥5,999.');
  assert.equal(textOf(say('How much is the Max?', { about: ['my headphones are great'] })), 'Borealis Max costs ¥899.');
  assert.equal(textOf(say('多少钱', { about: ['h-air', 'p-one'] })), '极光一号售价2999元。');
  assert.equal(textOf(say('那保修呢', { about: ['极光耳机'] })), '耳机保修一年。');
});

test('what else the text names says which of two is meant', () => {
  assert.equal(textOf(say('price of the Max headphones')), 'Borealis Max costs ¥899.');
});

test('a bare name is asked what about; with a matter that the graph does not know it says nothing', () => {
  const question = say('极光一号');
  assert.ok(question.kind === 'ask');
  assert.equal(question.question, '关于“极光一号”，您想了解什么？');
  assert.deepEqual(labelsOf(question), ['价格', '电池', '保修', '配送', '都不是']);
  assert.equal(textOf(say('保修', { chosen: idOf(question, '保修') })), '电子产品保修两年。');
  assert.equal(
    textOf(say('Aurora One', { chosen: idOf(question, '价格') })),
    '极光一号售价2999元。',
    'in the language of the question',
  );
  assert.equal(say('极光一号屏幕碎了能不能帮我修理').kind, 'nothing');
  assert.equal(say('My Aurora One arrived with a cracked screen').kind, 'nothing');
});

test('an attribute that many have is asked about by what they belong to, when they are more than five', () => {
  const more = Array.from({ length: 8 }, (_, at) => at);
  const large: GraphContent = {
    nodes: [
      ...shopGraph.nodes,
      ...more.map((at) => ({ id: `x${at}`, type: 'product', names: { en: `Thing number ${at}` }, synonyms: [] })),
    ],
    relations: [
      ...shopGraph.relations,
      ...more.map((at) => ({
        id: `r${at}`,
        from: `x${at}`,
        type: 'is-a',
        to: 'headphones',
        validFrom: null,
        validTo: null,
        source: null,
      })),
    ],
    answers: [
      ...shopGraph.answers,
      ...more.map((at) => ({
        id: `y${at}`,
        node: `x${at}`,
        attribute: 'price',
        language: 'en',
        text: `¥${at}`,
        validFrom: null,
        validTo: null,
        source: null,
      })),
    ],
  };
  const question = createKnowledgeGraph(large).answer('how much?', { entities: [], now: inNovember });
  assert.deepEqual(labelsOf(question), ['phones', 'headphones', 'case', 'None of these']);
  const narrower = createKnowledgeGraph(large).answer('phones', {
    entities: [],
    now: inNovember,
    chosen: idOf(question, 'phones'),
  });
  assert.deepEqual(labelsOf(narrower), ['Aurora One', 'Aurora Two', 'Aurora Max', 'None of these']);
});

test('a kind of things that has no answer of its own is asked which of them', () => {
  assert.deepEqual(labelsOf(say('手机多少钱')), ['极光一号', '极光二号', '极光至尊', '都不是']);
});

test('two things in one question that nothing joins are asked about, be there one answer alone', () => {
  assert.deepEqual(labelsOf(say('极光一号和极光耳机哪个价格')), ['极光一号', '极光耳机', '都不是']);
  assert.deepEqual(labelsOf(say('battery of Aurora One, or the Air')), ['Aurora One · battery', 'None of these']);
});

test('what has ended or not begun is never answered', () => {
  assert.equal(textOf(say('极光二号多少钱')), '极光二号售价3999元。');
  assert.equal(textOf(say('极光二号多少钱', { now: Date.UTC(2026, 11, 1) })), 'nothing');
  const past = {
    ...shopGraph,
    relations: shopGraph.relations.map((one) => (one.from === 'phones' ? { ...one, validTo: 1 } : one)),
  };
  assert.equal(createKnowledgeGraph(past).answer('极光一号保修', { entities: [], now: inNovember }).kind, 'nothing');
});

test('what is answered in another language only is answered in that one', () => {
  assert.equal(textOf(say('极光至尊多少钱')), 'Aurora Max costs ¥5,999.');
  assert.equal(textOf(say('Aurora One battery')), '极光一号续航20小时。');
  assert.equal(textOf(say('極光耳机の保修はいつまでですか')), '耳机保修一年。');
  assert.ok(labelsOf(say('极光至尊')).includes('价格'));
});

test('what holds for a thing is told in another language rather than what holds for its kind in the right one', () => {
  assert.equal(textOf(say('Aurora Air warranty')), '耳机保修一年。');
});

test('a node that inherits two different answers from equally far is asked about', () => {
  const two: GraphContent = {
    ...shopGraph,
    nodes: [...shopGraph.nodes, { id: 'gift', type: 'category', names: { en: 'gifts' }, synonyms: [] }],
    relations: [
      ...shopGraph.relations,
      { id: 'g', from: 'p-one', type: 'is-a', to: 'gift', validFrom: null, validTo: null, source: null },
    ],
    answers: [
      ...shopGraph.answers,
      {
        id: 'g1',
        node: 'gift',
        attribute: 'delivery',
        language: 'en',
        text: 'Gifts come wrapped.',
        validFrom: null,
        validTo: null,
        source: null,
      },
      {
        id: 'g2',
        node: 'phones',
        attribute: 'delivery',
        language: 'en',
        text: 'Phones come insured.',
        validFrom: null,
        validTo: null,
        source: null,
      },
    ],
  };
  const question = createKnowledgeGraph(two).answer('delivery of Aurora One', { entities: [], now: inNovember });
  assert.deepEqual(labelsOf(question), ['phones', 'gifts', 'None of these']);
});

test('of a synonym of thousands the first nodes are told, how many there are, and what else was linked', () => {
  const [price] = shopGraph.answers;
  assert.ok(price !== undefined);
  const seven = { ...price, id: 'seven', node: 'y7', text: 'Seven.' };
  const many = Array.from({ length: 3_000 }, (_, at) => `y${at}`);
  const large = createKnowledgeGraph({
    ...shopGraph,
    nodes: [
      ...shopGraph.nodes,
      ...many.map((id) => ({ id, type: 'product', names: { en: `Thing ${id}` }, synonyms: ['gadget'] })),
    ],
    answers: [...shopGraph.answers, seven],
  });
  const { linked, linkedTotal } = large.read('price of the gadget', []);
  assert.deepEqual(
    linked.map(({ node }) => node),
    [...many.slice(0, mostTold), 'price'],
  );
  assert.equal(linkedTotal, many.length + 1);
  const answer = large.answer('price of the gadget', { entities: [], now: inNovember });
  assert.ok(answer.kind === 'answer');
  assert.equal(answer.text, 'Seven.');
  assert.equal(answer.path.length, mostTold + 2);
  assert.equal(answer.path[mostTold], `… and ${many.length - mostTold} more`);
});

const threeLanguages = createKnowledgeGraph(threeLanguageGraph);

test('of answers in several languages of the same letters one is given: in what is wanted most, else in English', () => {
  const said = (text: string, languages: readonly string[]) =>
    textOf(threeLanguages.answer(text, { entities: [], now: inNovember, languages }));
  assert.equal(said('Aurora One price', ['fr', 'de']), "One's price in fr");
  assert.equal(said('Aurora One price', ['zh', 'it', 'de-AT', 'fr']), "One's price in de");
  assert.equal(said('Aurora One price', []), "One's price in en");
  assert.equal(said('Aurora One warranty', ['de']), "Phones' warranty in de", 'what is inherited, too');
  assert.equal(said('极光一号多少钱', ['fr']), "One's price in fr", 'there is none in the letters of the text');
});

test('a choice between things is answered in the language that is wanted, and what is asked about has its name in it', () => {
  const context = { entities: [], now: inNovember, languages: ['de'] };
  const question = threeLanguages.answer('price of the Max', context);
  assert.deepEqual(labelsOf(question), ['Borealis Max', 'Aurora Max', 'None of these']);
  const chosen = idOf(question, 'Aurora Max');
  assert.equal(textOf(threeLanguages.answer('price of the Max', { ...context, chosen })), "Max's price in de");
  const about = threeLanguages.answer('Aurora One', context);
  assert.deepEqual(labelsOf(about), ['Preis', 'warranty', 'None of these']);
});

test('things of the same name are told apart by what they belong to, and are not asked about where that does not', () => {
  const when = { validFrom: null, validTo: null, source: null };
  const chargers = (kinds: readonly string[]) =>
    createKnowledgeGraph({
      nodes: [
        ...shopGraph.nodes,
        ...kinds.map((_, at) => ({ id: `c${at}`, type: 'product', names: { en: 'Charger' }, synonyms: [] })),
      ],
      relations: [
        ...shopGraph.relations,
        ...kinds.map((to, at) => ({ ...when, id: `c${at}`, from: `c${at}`, type: 'is-a', to })),
      ],
      answers: kinds.map((_, at) => ({
        ...{ ...when, id: `c${at}`, node: `c${at}`, attribute: 'price', language: 'en', text: `Costs ¥${at}.` },
      })),
    });
  const ask = (kinds: readonly string[], chosen?: string) =>
    chargers(kinds).answer('price of the charger', {
      ...{ entities: [], now: inNovember },
      ...(chosen === undefined ? {} : { chosen }),
    });
  const question = ask(['phones', 'case']);
  assert.deepEqual(labelsOf(question), ['Charger (phones)', 'Charger (case)', 'None of these']);
  assert.equal(textOf(ask(['phones', 'case'], idOf(question, 'Charger (case)'))), 'Costs ¥1.');
  assert.equal(ask(['phones', 'phones']).kind, 'nothing');
});

test('a value of a dictionary names the node with the name of the value', () => {
  const text = '那台旗舰机多少钱';
  const entities = [{ type: 'product', text: '旗舰机', start: 2, end: 5, value: '极光一号' }];
  assert.equal(textOf(say(text, { entities })), '极光一号售价2999元。');
});

test('the more a text says that the graph does not know, the less sure it is', () => {
  const confidence = (text: string) => {
    const answer = say(text);
    return answer.kind === 'answer' ? answer.confidence : 0;
  };
  assert.ok(confidence('极光一号多少钱') > 0.9);
  assert.ok(confidence('昨天在朋友家看到他新买了一台极光一号非常漂亮不知道现在多少钱') < 0.8);
  assert.ok(confidence('aurara one price') < confidence('aurora one price'));
});

test('whatever is said or chosen, an answer is one of the graph, valid now, and in the language of the text where there is one', () => {
  const names = shopGraph.nodes.flatMap(({ names, synonyms }) => [...Object.values(names), ...synonyms]);
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...names, ' ', '的', '和', ' of ', 'x'), { maxLength: 6 }).map((parts) => parts.join('')),
  );
  const chosen = fc.option(
    fc.oneof(fc.string(), fc.constantFrom('p-one#price#zh', '#warranty#en', 'phones##zh', noneOfThese)),
    { nil: undefined },
  );
  fc.assert(
    fc.property(texts, chosen, fc.constantFrom(inNovember, Date.UTC(2027, 0)), (text, choice, now) => {
      const answer = say(text, { now, ...(choice === undefined ? {} : { chosen: choice }) });
      if (answer.kind === 'ask') {
        assert.ok(answer.choices.length >= 2 && answer.choices.length <= 6);
        assert.equal(new Set(labelsOf(answer)).size, answer.choices.length);
      }
      if (answer.kind !== 'answer') return;
      for (const line of answer.text.split('\n')) {
        const entry = shopGraph.answers.find((one) => one.text === line);
        assert.ok(entry !== undefined && (entry.validTo === null || entry.validTo > now));
        const wanted = /\p{Script=Han}/u.test(text) ? 'zh-CN' : 'en';
        const { node, attribute } = entry;
        const isThere = shopGraph.answers.some(
          (one) => one.node === node && one.attribute === attribute && one.language === wanted,
        );
        if (choice === undefined && isThere) assert.equal(entry.language, wanted);
      }
    }),
    { numRuns: 500 },
  );
});
