import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEntities } from '../find-entities.ts';
import { fillSlots, type SlotStep, startSlots } from './fill-slots.ts';
import type { SlotForm } from './slot-form.ts';
import { yesOrNo } from './slot-words.ts';

const entities = createEntities([{ name: 'order', kind: 'pattern', pattern: 'DD\\d{6}' }]);
/** Noon of Sunday, 29 November 2026, in Shanghai. */
const now = Date.UTC(2026, 10, 29, 4);
const timeZone = 'Asia/Shanghai';

const returns: SlotForm = {
  maxTries: 3,
  cancelWords: ['下次再说'],
  slots: [
    {
      name: 'order',
      type: 'order',
      required: true,
      prompt: { en: 'Which order?', 'zh-CN': '请问是哪个订单？' },
      words: ['order', '订单'],
    },
    {
      name: 'day',
      type: 'date',
      required: true,
      prompt: { en: 'When shall we collect it?', 'zh-CN': '什么时候上门取件？' },
      invalid: { en: 'That day has passed.', 'zh-CN': '这一天已经过去了。' },
      words: ['day', '取件'],
      min: 'today',
    },
    {
      name: 'pieces',
      type: 'quantity',
      required: true,
      prompt: { en: 'How many pieces?', 'zh-CN': '一共几件？' },
      min: 1,
      max: 5,
    },
    {
      name: 'reason',
      type: 'choice',
      required: true,
      prompt: { en: 'Why?', 'zh-CN': '退货原因？' },
      choices: [
        { value: 'broken', synonyms: ['坏了', 'damaged'] },
        { value: 'unwanted', synonyms: ['不喜欢', 'do not like it'] },
      ],
    },
    { name: 'phone', type: 'phone', required: false, prompt: { en: 'Your number?' } },
  ],
};

/** Says texts one after the other; answers the last step. */
function say(form: SlotForm, ...texts: readonly string[]): SlotStep {
  let step: SlotStep = { state: startSlots(form), kind: 'ask' };
  for (const text of texts) {
    step = fillSlots(form, step.state, { text, entities: entities.find(text, { now, timeZone }), now, timeZone });
  }
  return step;
}
const valuesOf = ({ state }: SlotStep) =>
  Object.fromEntries(Object.entries(state.values).map(([name, { value }]) => [name, value]));

test('what is missing is asked for, one after the other, in the language of the customer', () => {
  assert.deepEqual(say(returns, 'I want to return something').prompt, 'Which order?');
  assert.deepEqual(say(returns, '我要退货').prompt, '请问是哪个订单？');
  assert.deepEqual(say(returns, '我要退货', 'DD123456').slot, 'day');
  assert.deepEqual(say(returns, '我要退货', 'DD123456', '明天').slot, 'pieces');
});

test('several values are taken at once, also before they are asked for, and what is optional as well', () => {
  const step = say(returns, 'Return 2 pieces of DD123456 tomorrow, they are damaged, my number is 13800138000');
  assert.equal(step.kind, 'complete');
  assert.deepEqual(valuesOf(step), {
    order: 'DD123456',
    day: '2026-11-30',
    pieces: '2',
    reason: 'broken',
    phone: '+8613800138000',
  });
});

test('a value that is not valid is asked for again, with the reason', () => {
  const step = say(returns, '退DD123456', '昨天');
  assert.deepEqual([step.kind, step.prompt], ['invalid', '这一天已经过去了。 什么时候上门取件？']);
  assert.equal(say(returns, '退DD123456', '昨天', '今天').slot, 'pieces');
  assert.equal(say(returns, '退DD123456', '明天', '9件').kind, 'invalid');
});

test('a choice is taken by its name, a synonym, or its place', () => {
  const before = ['return DD123456 tomorrow, 2 pieces'];
  assert.deepEqual(say(returns, ...before).choices, ['broken', 'unwanted']);
  for (const text of ['unwanted', 'I do not like it', 'the second', '2', '第二个']) {
    assert.equal(valuesOf(say(returns, ...before, text)).reason, 'unwanted', text);
  }
});

test('what was said is corrected, whichever slot is asked for by then', () => {
  const begun = ['退DD123456，后天，两件'];
  const corrections: readonly (readonly [string, string, string])[] = [
    ['I meant Wednesday', 'day', '2026-12-02'],
    ['I meant Tuesday', 'day', '2026-12-01'],
    ['不是，我说的是明天那个', 'day', '2026-11-30'],
    ['sorry, make it 3 pieces', 'pieces', '3'],
    ['不对，订单是DD654321', 'order', 'DD654321'],
    ['not 2 pieces, 4 pieces', 'pieces', '4'],
    ['不是两件，是三件', 'pieces', '3'],
  ];
  for (const [text, slot, value] of corrections) {
    const step = say(returns, ...begun, text);
    assert.equal(valuesOf(step)[slot], value, text);
    assert.equal(step.slot, 'reason', 'and the question that was open stays open');
  }
});

test('"the other order" is the other one of two that were said, and asked for where there is no telling', () => {
  const two = say(returns, 'return DD111111 or DD222222', 'no, the other order');
  assert.equal(valuesOf(two).order, 'DD222222');
  const one = say(returns, 'return DD111111 tomorrow', 'no, the other order');
  assert.deepEqual([one.slot, valuesOf(one)], ['order', { day: '2026-11-30' }]);
  const chinese = say(returns, '退DD111111，明天', '不是这个订单');
  assert.deepEqual([chinese.slot, chinese.prompt], ['order', '请问是哪个订单？']);
});

test('after all is filled a correction still changes it', () => {
  const step = say(returns, 'Return 2 pieces of DD123456 tomorrow, damaged', 'wait, 3 pieces');
  assert.deepEqual([step.kind, valuesOf(step).pieces], ['complete', '3']);
});

test('words that end it end it, and a text that has them among others does not', () => {
  for (const text of ['cancel', 'Never mind, thanks', '算了', '那就不用了吧', '下次再说']) {
    assert.equal(say(returns, '我要退货', text).kind, 'cancelled', text);
  }
  for (const text of ['cancel my order DD123456', '取消DD123456这个订单']) {
    assert.equal(say(returns, text).kind, 'ask', text);
  }
});

test('after so many tries it is left to a person, and other slots that are filled meanwhile are no tries', () => {
  assert.equal(say(returns, 'hello', 'what?', 'hm').kind, 'ask');
  assert.equal(say(returns, 'hello', 'what?', 'hm', 'no idea').kind, 'gave-up');
  assert.equal(say(returns, 'hello', 'what?', 'tomorrow', '2 pieces', 'damaged').kind, 'ask');
});

test('a text is taken as it is said, when it is asked for', () => {
  const form: SlotForm = {
    maxTries: 2,
    slots: [
      { name: 'name', type: 'text', required: true, prompt: { en: 'Name?' }, min: 2, max: 20 },
      { name: 'sure', type: 'yes-no', required: true, prompt: { en: 'Sure?' } },
    ],
  };
  assert.deepEqual(say(form, 'hi').slot, 'name');
  assert.deepEqual(valuesOf(say(form, 'hi', ' Li Lei ', '是的')), { name: 'Li Lei', sure: 'yes' });
  assert.equal(say(form, 'hi', 'X').kind, 'invalid');
  assert.equal(valuesOf(say(form, 'hi', 'Li Lei', "don't")).sure, 'no');
});

test('yes and no are told from what begins with the same signs', () => {
  const said = {
    yes: ['yes', '是的', '对', '好的', '可以', '行', '要', '嗯嗯', '没问题', 'no problem'],
    no: ['no', '不是', '不要', '不好', "don't", '没有', '别'],
    neither: [
      '对不起',
      '好像',
      '行李坏了',
      '要不要',
      '是不是',
      '可以吗',
      '不好意思',
      '不知道',
      'not sure',
      '别的',
      'nothing',
    ],
  };
  for (const [meant, texts] of Object.entries(said))
    for (const text of texts) assert.equal(yesOrNo(text) ?? 'neither', meant, text);
});

test('a state that was stored goes on as if it had not been', () => {
  const step = say(returns, 'return DD111111 or DD222222');
  const stored = JSON.parse(JSON.stringify(step.state));
  const text = 'no, the other order';
  const next = fillSlots(returns, stored, { text, entities: entities.find(text, { now, timeZone }), now, timeZone });
  assert.equal(valuesOf(next).order, 'DD222222');
});

test('whatever is said, required slots are filled with valid values or asked for, and it ends', () => {
  const turns = fc.array(
    fc.oneof(
      fc.constantFrom(
        'DD111111',
        'no, the other order',
        '不是',
        '明天',
        '昨天',
        '3件',
        '99件',
        '坏了',
        'the second',
        'hm',
      ),
      fc.string(),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(turns, (texts) => {
      let step: SlotStep = { state: startSlots(returns), kind: 'ask' };
      for (const text of texts) {
        step = fillSlots(returns, step.state, {
          text,
          entities: entities.find(text, { now, timeZone }),
          now,
          timeZone,
        });
        const { values } = step.state;
        const isFilled = returns.slots.every(({ name, required }) => !required || values[name] !== undefined);
        if (step.kind === 'complete') assert.ok(isFilled);
        if (step.kind === 'ask' || step.kind === 'invalid') assert.ok(step.prompt !== undefined && step.prompt !== '');
        if (values.pieces !== undefined) assert.ok(Number(values.pieces.value) <= 5);
        if (values.day !== undefined) assert.ok(values.day.value >= '2026-11-29');
      }
    }),
  );
});
