import type { GraphAnswerEntry, GraphContent, GraphNode, GraphRelation } from './graph-content.ts';

const node = (id: string, type: string, en: string, zh: string, ...synonyms: string[]): GraphNode => ({
  id,
  type,
  names: { en, 'zh-CN': zh },
  synonyms,
});
const relation = (from: string, type: string, to: string, rest: Partial<GraphRelation> = {}): GraphRelation => ({
  id: `${from}-${type}-${to}`,
  from,
  type,
  to,
  validFrom: null,
  validTo: null,
  source: null,
  ...rest,
});
let answers = 0;
const answer = (
  of: string,
  attribute: string,
  language: string,
  text: string,
  rest: Partial<GraphAnswerEntry> = {},
): GraphAnswerEntry => {
  answers += 1;
  return {
    id: `a${answers}`,
    node: of,
    attribute,
    language,
    text,
    validFrom: null,
    validTo: null,
    source: null,
    ...rest,
  };
};

export const inNovember = Date.UTC(2026, 10, 15);
const december = Date.UTC(2026, 11, 1);

/** A shop with phones, headphones and cases: names that two things share, an answer that ends, one that is inherited. */
export const shopGraph: GraphContent = {
  nodes: [
    node('price', 'attribute', 'price', '价格', '多少钱', 'how much', 'cost', '售价'),
    node('warranty', 'attribute', 'warranty', '保修', '质保', '保修期', 'guarantee'),
    node('delivery', 'attribute', 'delivery', '配送', '发货', '多久到', 'shipping'),
    node('battery', 'attribute', 'battery', '电池', '续航', 'battery life'),
    node('shop', 'shop', 'the shop', '本店'),
    node('electronics', 'category', 'electronics', '电子产品'),
    node('phones', 'category', 'phones', '手机'),
    node('headphones', 'category', 'headphones', '耳机', 'earphones'),
    node('p-one', 'product', 'Aurora One', '极光一号', '极光手机'),
    node('p-two', 'product', 'Aurora Two', '极光二号'),
    node('h-air', 'product', 'Aurora Air', '极光耳机', 'Air'),
    node('h-max', 'product', 'Borealis Max', '北极耳机', 'Max'),
    node('p-max', 'product', 'Aurora Max', '极光至尊', 'Max'),
    node('case', 'category', 'case', '手机壳', '保护壳'),
    node('case-one', 'product', 'Aurora One case', '极光一号专用壳'),
  ],
  relations: [
    relation('phones', 'is-a', 'electronics'),
    relation('headphones', 'is-a', 'electronics'),
    relation('electronics', 'part-of', 'shop'),
    relation('p-one', 'is-a', 'phones'),
    relation('p-two', 'is-a', 'phones'),
    relation('p-max', 'is-a', 'phones', { source: 'catalogue 2026' }),
    relation('h-air', 'is-a', 'headphones'),
    relation('h-max', 'is-a', 'headphones'),
    relation('case-one', 'is-a', 'case'),
    relation('case-one', 'fits', 'p-one'),
    relation('case', 'part-of', 'shop'),
  ],
  answers: [
    answer('p-one', 'price', 'en', 'Aurora One costs ¥2,999.'),
    answer('p-one', 'price', 'zh-CN', '极光一号售价2999元。'),
    answer('p-two', 'price', 'en', 'Aurora Two costs ¥3,999.', { validTo: december }),
    answer('p-two', 'price', 'zh-CN', '极光二号售价3999元。', { validTo: december }),
    answer('p-max', 'price', 'en', 'Aurora Max costs ¥5,999.'),
    answer('h-max', 'price', 'en', 'Borealis Max costs ¥899.'),
    answer('h-air', 'price', 'zh-CN', '极光耳机售价399元。'),
    answer('case-one', 'price', 'zh-CN', '极光一号专用壳售价49元。'),
    answer('electronics', 'warranty', 'en', 'Electronics have two years of warranty.', { source: 'terms §4' }),
    answer('electronics', 'warranty', 'zh-CN', '电子产品保修两年。'),
    answer('headphones', 'warranty', 'zh-CN', '耳机保修一年。'),
    answer('shop', 'delivery', 'zh-CN', '下单后48小时内发货。'),
    answer('shop', 'delivery', 'en', 'We ship within 48 hours.'),
    answer('p-one', 'battery', 'zh-CN', '极光一号续航20小时。'),
  ],
};

/** The same shop with answers in three languages of Latin letters, some of them inherited. */
export const threeLanguageGraph: GraphContent = {
  ...shopGraph,
  nodes: shopGraph.nodes.map((each) =>
    each.id === 'price' ? { ...each, names: { ...each.names, de: 'Preis' } } : each,
  ),
  answers: ['de', 'fr', 'en'].flatMap((language) => [
    answer('p-one', 'price', language, `One's price in ${language}`),
    answer('p-max', 'price', language, `Max's price in ${language}`),
    answer('h-max', 'price', language, `Borealis's price in ${language}`),
    answer('phones', 'warranty', language, `Phones' warranty in ${language}`),
  ]),
};
