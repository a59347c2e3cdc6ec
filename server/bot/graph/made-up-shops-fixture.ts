import type { IndexedDoc } from '../../knowledge/search/passages-of-doc.ts';
import type { GraphDocument } from './graph-input.ts';

/** A shop that does not exist, to measure retrieval on: nearly the same article for each product, in English and Chinese. */
export interface MadeUpShop {
  readonly docs: readonly IndexedDoc[];
  readonly graph: GraphDocument;
  /** What is asked, and the one article that answers it. */
  readonly questions: readonly { readonly text: string; readonly expected: string }[];
  /** About products that have no article about it, though others have. */
  readonly unanswered: readonly string[];
}

type Both = readonly [en: string, zh: string];
interface Product {
  readonly id: string;
  readonly kind: string;
  readonly name: Both;
  /** As people call it: no article says so. */
  readonly nick: Both;
  /** What differs from article to article. */
  readonly facts: readonly number[];
}
interface Topic {
  readonly id: string;
  readonly title: (name: Both) => Both;
  readonly text: (name: Both, n: number) => Both;
  readonly ask: (name: Both) => readonly Both[];
  readonly words: readonly string[];
}

const topics: readonly Topic[] = [
  {
    id: 'cleaning',
    title: ([en, zh]) => [`Cleaning the ${en}`, `${zh}的清洁方法`],
    text: ([en, zh], n) => [
      `Wipe the ${en} with a soft cloth and lukewarm water. Do not put it into the dishwasher. Do so every ${n} days. Let it dry in the open.`,
      `请用软布和温水擦拭${zh}，不要放进洗碗机。建议每${n}天清洁一次，之后自然晾干。`,
    ],
    ask: ([en, zh]) => [
      [`how do I wash my ${en}`, `${zh}怎么洗`],
      [`is the ${en} safe in the dishwasher`, `${zh}能放洗碗机吗`],
    ],
    words: ['cleaning', 'wash', 'scrub', '清洁', '清洗', '怎么洗'],
  },
  {
    id: 'guarantee',
    title: ([en, zh]) => [`Guarantee of the ${en}`, `${zh}的保修`],
    text: ([en, zh], n) => [
      `The ${en} has a guarantee of ${n} months from the day of purchase. Keep the receipt. Damage by water is not covered.`,
      `${zh}自购买之日起保修${n}个月，请保留购买凭证。进水损坏不在保修范围内。`,
    ],
    ask: ([en, zh]) => [
      [`how long is the warranty on the ${en}`, `${zh}质保多长时间`],
      [`does the guarantee of the ${en} cover water damage`, `${zh}进水了能保修吗`],
    ],
    words: ['guarantee', 'warranty', '保修', '质保'],
  },
  {
    id: 'power',
    title: ([en, zh]) => [`Power and charging: ${en}`, `${zh}的充电说明`],
    text: ([en, zh], n) => [
      `Charge the ${en} with the cable that came with it. A full charge takes ${n} hours. The light turns green when it is done.`,
      `请使用随附的充电线为${zh}充电，充满约需${n}小时。充满后指示灯变绿。`,
    ],
    ask: ([en, zh]) => [
      [`how many hours until the ${en} is fully charged`, `${zh}充满要几个小时`],
      [`which cable do I charge the ${en} with`, `${zh}用哪根线充电`],
    ],
    words: ['charging', 'power', '充电'],
  },
  {
    id: 'parts',
    title: ([en, zh]) => [`Spare parts for the ${en}`, `${zh}的配件`],
    text: ([en, zh], n) => [
      `Lids and seals of the ${en} can be ordered as spare parts under number ${n}. They arrive within a week. Returns of opened parts are not possible.`,
      `${zh}的盖子和密封圈可以作为配件单独购买，配件编号为${n}，一周内送达。拆封后不能退货。`,
    ],
    ask: ([en, zh]) => [
      [`where can I order a new lid for the ${en}`, `${zh}的盖子坏了哪里买新的`],
      [`part number of the seal of the ${en}`, `${zh}密封圈的编号是多少`],
    ],
    words: ['spare parts', '配件'],
  },
  {
    id: 'app',
    title: ([en, zh]) => [`Connecting the ${en} with the app`, `${zh}连接手机应用`],
    text: ([en, zh], n) => [
      `Hold the button of the ${en} for ${n} seconds until it blinks, then choose it in the app. If it is not found, switch Bluetooth off and on.`,
      `长按${zh}的按钮${n}秒直到闪烁，然后在应用中选择它。如果找不到，请重新打开蓝牙。`,
    ],
    ask: ([en, zh]) => [
      [`the app does not find my ${en}`, `应用里找不到${zh}`],
      [`how do I pair the ${en} over Bluetooth`, `${zh}怎么连蓝牙`],
    ],
    words: ['app', 'pairing', '应用'],
  },
];

/** Told of a whole kind: whoever asks about one of it is answered by that. */
const ofKinds: Topic = {
  id: 'returns',
  title: ([en, zh]) => [`Returning ${en}`, `${zh}退货说明`],
  text: ([en, zh], n) => [
    `You can send back ${en} within ${n} days, unused and in the box. The money is back on your account three days after we have it.`,
    `${zh}可在${n}天内退货，须未使用且包装完好。我们收到后三天内退款到账。`,
  ],
  ask: ([en, zh]) => [[`can I send the ${en} back if I do not like it`, `${zh}不喜欢可以退吗`]],
  words: ['return', 'send back', '退货'],
};

/** So many nearly alike products of each of three kinds. */
interface Plan {
  readonly maker: Both;
  readonly kinds: readonly { readonly id: string; readonly name: Both; readonly one: Both }[];
  readonly sorts: readonly { readonly name: Both; readonly nicks: readonly Both[] }[];
}

/** Weights were chosen on this one. */
export const kitchenShop = (): MadeUpShop =>
  shopOf({
    maker: ['Aurora', '极光'],
    kinds: [
      { id: 'kettles', name: ['kettles', '水壶'], one: ['kettle', '电水壶'] },
      { id: 'blenders', name: ['blenders', '搅拌机'], one: ['blender', '料理机'] },
      { id: 'scales', name: ['scales', '厨房秤'], one: ['scale', '电子秤'] },
    ],
    sorts: [
      {
        name: ['One', '一号'],
        nicks: [
          ['little whistler', '小哨子'],
          ['red mixer', '小红'],
          ['flat disc', '圆饼'],
        ],
      },
      {
        name: ['Two', '二号'],
        nicks: [
          ['big whistler', '大哨子'],
          ['tall mixer', '高个子'],
          ['glass plate', '玻璃板'],
        ],
      },
      {
        name: ['Pro', '专业版'],
        nicks: [
          ['steel swan', '钢天鹅'],
          ['thunder jug', '雷霆杯'],
          ['grain counter', '数米粒'],
        ],
      },
      {
        name: ['Mini', '迷你版'],
        nicks: [
          ['travel pot', '旅行锅'],
          ['baby mixer', '宝宝杯'],
          ['pocket weigher', '口袋磅'],
        ],
      },
    ],
  });

/** And this one was looked at when they stood. */
export const soundShop = (): MadeUpShop =>
  shopOf({
    maker: ['Borealis', '北辰'],
    kinds: [
      { id: 'headphones', name: ['headphones', '耳机'], one: ['headset', '头戴耳机'] },
      { id: 'speakers', name: ['speakers', '音箱'], one: ['speaker', '蓝牙音箱'] },
      { id: 'recorders', name: ['recorders', '录音笔'], one: ['recorder', '录音器'] },
    ],
    sorts: [
      {
        name: ['Air', '轻享'],
        nicks: [
          ['white cloud', '小白云'],
          ['tin can', '小罐头'],
          ['silver pen', '银笔'],
        ],
      },
      {
        name: ['Max', '至尊'],
        nicks: [
          ['black moon', '黑月亮'],
          ['party barrel', '大木桶'],
          ['long listener', '长耳朵'],
        ],
      },
      {
        name: ['Sport', '运动版'],
        nicks: [
          ['ear hook', '耳挂子'],
          ['shower ball', '浴室球'],
          ['clip button', '小夹子'],
        ],
      },
      {
        name: ['Kids', '儿童版'],
        nicks: [
          ['panda ears', '熊猫耳'],
          ['story cube', '故事块'],
          ['toy mic', '小话筒'],
        ],
      },
    ],
  });

function shopOf({ maker, kinds, sorts }: Plan): MadeUpShop {
  const products = kinds.flatMap(({ id: kind, one }, k) =>
    sorts.map(({ name, nicks }, s): Product => {
      const nick = nicks[k] as Both;
      return {
        id: `${kind}-${s}`,
        kind,
        name: [`${maker[0]} ${name[0]} ${one[0]}`, `${maker[1]}${name[1]}${one[1]}`],
        nick,
        facts: topics.map((_, t) => 2 + ((7 * k + 5 * s + 3 * t) % 29)),
      };
    }),
  );
  const docs: IndexedDoc[] = [];
  const questions: { text: string; expected: string }[] = [];
  const unanswered: string[] = [];
  for (const [p, product] of products.entries())
    for (const [t, topic] of topics.entries()) {
      const asked = [...topic.ask(product.name), ...topic.ask(product.nick)];
      // One article in five was never written.
      if ((p + t) % 5 === 0) unanswered.push(...asked.flat());
      else {
        docs.push(...articleOf(topic, product.id, product.name, product.facts[t] as number, (p + t) % 3 === 0));
        questions.push(...asked.flatMap((both) => questionsOf(both, `${product.id}.${topic.id}`)));
      }
    }
  for (const [k, { id, name }] of kinds.entries()) {
    docs.push(...articleOf(ofKinds, id, name, 14 + 7 * k, false));
    for (const product of products.filter(({ kind }) => kind === id))
      for (const said of [product.name, product.nick])
        questions.push(...ofKinds.ask(said).flatMap((both) => questionsOf(both, `${id}.${ofKinds.id}`)));
  }
  return { docs, questions, unanswered, graph: graphOf(kinds, products) };
}

const languages = ['en', 'zh-CN'] as const;

const questionsOf = (both: Both, article: string) =>
  both.map((text, at) => ({ text, expected: `${article}.${languages[at]}` }));

/** @param isPlain the title does not say of which product it is */
function articleOf(topic: Topic, of: string, name: Both, n: number, isPlain: boolean): IndexedDoc[] {
  const titles = isPlain ? topic.title(['product', '产品']) : topic.title(name);
  const texts = topic.text(name, n);
  return languages.map((language, at) => ({
    ...{ id: `${of}.${topic.id}.${language}`, language },
    ...{ title: titles[at] as string, text: texts[at] as string },
  }));
}

function graphOf(kinds: Plan['kinds'], products: readonly Product[]): GraphDocument {
  return {
    nodes: [
      ...kinds.map(({ id, name, one }) => ({
        ...{ id, type: 'category', names: { en: name[0], 'zh-CN': name[1] } },
        synonyms: [...one],
      })),
      ...products.map(({ id, name, nick }) => ({
        ...{ id, type: 'product', names: { en: name[0], 'zh-CN': name[1] } },
        synonyms: [...nick],
      })),
      ...[...topics, ofKinds].map(({ id, words: [name = id, ...synonyms] }) => ({
        ...{ id, type: 'attribute', names: { en: name }, synonyms },
      })),
    ],
    relations: products.map(({ id, kind }) => ({ from: id, type: 'is-a', to: kind })),
  };
}
