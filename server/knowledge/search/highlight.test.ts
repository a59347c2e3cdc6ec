import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { highlightsOf } from './highlight.ts';

const marked = (text: string, query: string) =>
  highlightsOf(text, query).map(({ start, end }) => text.slice(start, end));

test('words are marked in whatever form the question has them, common ones are not', () => {
  assert.deepEqual(marked('You are refunded when the ITEMS came back.', 'when is my item refund due'), [
    'refunded',
    'ITEMS',
  ]);
  assert.deepEqual(marked('Ｒｅｆｕｎｄ!', 'refund'), ['Ｒｅｆｕｎｄ']);
});

test('of Chinese what two texts have in common is marked as one piece, without what says nothing', () => {
  assert.deepEqual(marked('下单后可以申请电子发票，发票会发送到邮箱。', '怎么开电子发票'), ['电子发票', '发票']);
  assert.deepEqual(marked('退货运费由谁出', '退'), ['退']);
});

test('marks lie in the text, in order, and apart, whatever the text is', () => {
  const text = fc.string({ unit: fc.constantFrom('退', '货', 'a', 'refund', ' ', '😀', '\uD800', '.'), maxLength: 40 });
  fc.assert(
    fc.property(text, text, (of, query) => {
      let end = -1;
      for (const mark of highlightsOf(of, query)) {
        assert.ok(mark.start > end && mark.end > mark.start && mark.end <= of.length);
        end = mark.end;
      }
    }),
  );
});
