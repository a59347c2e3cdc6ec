import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultBotSettings } from '../dialogue/bot-settings.ts';
import type { Decision } from '../dialogue/decision.ts';
import { createTally } from './tally.ts';
import type { Truth } from './truth.ts';
import { binomialTail, type Verdict, type VerdictInput, verdictOf, wilson } from './verdict.ts';

const nobody = { right: 0, wrong: 0, none: 0 };
const quiet: VerdictInput = {
  pairs: { known: 0, before: nobody, after: nobody, worse: 0, better: 0 },
  troubles: { newly: 0, gone: 0 },
  utterances: { sure: 0, moved: 0 },
};
const codes = ({ objections }: Verdict) => objections.map(({ code }) => code);

/** A decision that acts on an intent, or on none. */
const acting = (intent: string | null): Decision => ({
  ...{ act: intent === null ? 'ask' : 'answer', band: intent === null ? 'miss' : 'intent' },
  messages: [{ text: intent ?? 'what?', choices: [] }],
  handOff: null,
  stages: [
    intent === null
      ? { stage: 'intent', outcome: 'unknown', data: { act: defaultBotSettings.thresholds.act } }
      : { stage: 'intent', outcome: 'sure', data: { intent } },
  ],
  versions: { settings: 1, flows: 1, model: '1' },
});

interface Asked {
  readonly truth: Truth | undefined;
  readonly before: string | null;
  readonly after: string | null;
}

function verdictOn(turns: readonly Asked[]): Verdict {
  const tally = createTally();
  for (const [at, { truth, before, after }] of turns.entries()) {
    const place = { conversationId: String(at), seq: 1, fromSeq: 1, at };
    tally.add({ ...place, truth, before: acting(before), after: acting(after) });
  }
  const { pairs, troubles } = tally.result();
  return verdictOf({ ...quiet, pairs, troubles });
}

const intents = ['refund', 'delivery', 'hours', 'cancel', 'invoice'];
const anIntent = fc.constantFrom(...intents);
const aTruth: fc.Arbitrary<Truth | undefined> = fc.oneof(
  anIntent.map((intent): Truth => ({ kind: 'is', intent, by: 'held' })),
  fc.array(anIntent, { minLength: 1 }).map((some): Truth => ({ kind: 'not', intents: some, by: 'handed-off' })),
  fc.constant(undefined),
);

test('a candidate that does the same is never refused, whatever that is', () => {
  const turns = fc.array(fc.record({ truth: aTruth, acted: fc.option(anIntent) }), { maxLength: 400 });
  fc.assert(
    fc.property(turns, (some) => {
      const verdict = verdictOn(some.map(({ truth, acted }) => ({ truth, before: acted, after: acted })));
      assert.deepEqual(verdict.objections, []);
    }),
  );
});

test('a model that learnt shuffled labels always is, given enough turns of which the answer is known', () => {
  const turns = fc.array(fc.tuple(anIntent, anIntent, fc.integer({ min: 0, max: 9 })), {
    minLength: 120,
    maxLength: 400,
  });
  fc.assert(
    fc.property(turns, (some) => {
      // What is live is right nine times of ten, and silent else.
      const asked = some.map(([truth, shuffled, luck]): Asked => {
        return { truth: { kind: 'is', intent: truth, by: 'held' }, before: luck === 0 ? null : truth, after: shuffled };
      });
      assert.ok(codes(verdictOn(asked)).includes('answers-worse'));
    }),
  );
});

test('two intents that changed places are seen on seven turns, and a turn or two more or less is chance', () => {
  const swapped = (n: number) =>
    Array.from({ length: n }, (): Asked => {
      return { truth: { kind: 'is', intent: 'refund', by: 'chosen' }, before: 'refund', after: 'delivery' };
    });
  assert.deepEqual(codes(verdictOn(swapped(7))), ['answers-worse']);
  assert.deepEqual(codes(verdictOn(swapped(6))), []);
  const mixed: Asked[] = [
    ...swapped(9),
    ...Array.from({ length: 7 }, (): Asked => {
      return { truth: { kind: 'is', intent: 'hours', by: 'held' }, before: null, after: 'hours' };
    }),
  ];
  assert.deepEqual(codes(verdictOn(mixed)), [], 'nine worse and seven better');
});

test('answers that are wrong more often than live and clearly under 95 of 100 are refused, and as wrong as live are not', () => {
  const pairs = { known: 100, worse: 20, better: 12 };
  const before = { right: 60, wrong: 3, none: 37 };
  const wrong = verdictOf({ ...quiet, pairs: { ...pairs, before, after: { right: 72, wrong: 20, none: 8 } } });
  assert.deepEqual([codes(wrong), wrong.by], [['precision'], 'turns']);
  assert.match(wrong.objections[0]?.text ?? '', /Of 92 past turns .* 72 are right \(78\.3 %; live: 95\.2 %\)/);
  const fine = verdictOf({ ...quiet, pairs: { ...pairs, before, after: { right: 70, wrong: 3, none: 27 } } });
  assert.deepEqual(codes(fine), []);
});

test('with few known turns what was measured on utterances decides, and with enough of them it does not', () => {
  const good = { asked: 200, accuracy: 0.9, precision: 0.97, coverage: 0.6 };
  const bad = { asked: 200, accuracy: 0.6, precision: 0.7, coverage: 0.5 };
  const judged = (measured: NonNullable<VerdictInput['measured']>, known = 0) =>
    codes(verdictOf({ ...quiet, pairs: { ...quiet.pairs, known }, measured }));
  assert.deepEqual(judged({ before: good, after: good }), []);
  assert.deepEqual(judged({ before: bad, after: bad }), [], 'no worse than what is live');
  assert.deepEqual(judged({ before: good, after: bad }), ['accuracy', 'measured-precision']);
  assert.deepEqual(judged({ before: good, after: bad }, 20), []);
  assert.deepEqual(judged({ before: null, after: bad }), ['measured-precision'], 'the first one that is published');
  assert.deepEqual(judged({ before: null, after: null }), []);
  assert.deepEqual(judged({ before: good, after: null }), ['not-measured']);
  const moved = { ...quiet, measured: { before: good, after: good }, utterances: { sure: 40, moved: 12 } };
  assert.deepEqual(codes(verdictOf(moved)), ['moved']);
});

test('turns that end newly in an error or a loop are told, unless as many others do not any more', () => {
  assert.deepEqual(codes(verdictOf({ ...quiet, troubles: { newly: 1, gone: 0 } })), ['troubles']);
  assert.deepEqual(codes(verdictOf({ ...quiet, troubles: { newly: 2, gone: 2 } })), []);
});

test('chance and intervals are those of the tables', () => {
  // 7 of 7 coins: 2^-7. At least 8 of 10: 56 of 1024.
  assert.ok(Math.abs(binomialTail(7, 7) - 2 ** -7) < 1e-12);
  assert.ok(Math.abs(binomialTail(8, 10) - 56 / 1024) < 1e-12);
  assert.ok(Math.abs(binomialTail(2_500, 5_000) - 0.5056) < 1e-4);
  assert.equal(binomialTail(0, 0), 1);
  const { low, high } = wilson(9, 10);
  assert.ok(Math.abs(low - 0.5958) < 1e-3 && Math.abs(high - 0.9821) < 1e-3);
});
