import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Acted } from '@parley/sdk/bot-measures.ts';
import fc from 'fast-check';
import { actThreshold } from '../dialogue/act-threshold.ts';
import { defaultBotSettings } from '../dialogue/bot-settings.ts';
import { shopRecognizer } from '../dialogue/dialogue-fixture.ts';
import {
  actedUpon,
  answersNeeded,
  curvesOf,
  type isWithin,
  joined,
  leastShare,
  proposedFrom,
  proposeFrom,
  scopesOf,
} from './choose-thresholds.ts';
import { evaluate } from './evaluation.ts';
import { type AnswerBin, gatherAnswers, type MeasuredAnswers } from './measured-answers.ts';
import { checkOnOtherHalf } from './thresholds.ts';
import { readUtteranceFile } from './utterance-file.ts';

const wanted = { target: 0.95, floor: 0.5 };
const noneOutside = { outsideWeight: 0, withheld: [] };

/** Answers that all name `refund`, to English questions: how many are right and wrong at each confidence. */
function measured(...bins: readonly (readonly [confidence: number, right: number, wrong: number])[]): MeasuredAnswers {
  const rows = bins.map(([confidence, right, wrong]): AnswerBin => [Math.round(100 * confidence), 0, right, wrong, 0]);
  const belong = rows.reduce((sum, [, , right]) => sum + right, 0);
  return { ...noneOutside, cells: [{ intent: 'refund', language: 'en', belong: [belong, 0], bins: rows }] };
}
const proposal = (answers: MeasuredAnswers, options = wanted) => proposeFrom(joined(curvesOf(answers)), options);

test('a threshold is the lowest from which on so many answers are right that their number lets one say so', () => {
  // Wilson's bound of 60 of 60 and of 100 of 110, one-sided: 0.9569, 0.8537 (z = 1.6449).
  assert.deepEqual(
    [leastShare(60, 60), leastShare(100, 110)].map((share) => share.toFixed(4)),
    ['0.9569', '0.8537'],
  );
  assert.equal(answersNeeded(0.95), 52);
  const found = proposal(measured([0.9, 60, 0], [0.7, 60, 1], [0.6, 5, 20]));
  assert.deepEqual(found.kind === 'proposed' && [found.act, found.answers, found.isAtFloor], [0.61, 121, false]);
  assert.deepEqual(proposal(measured([0.9, 51, 0])), { kind: 'too-few', answers: 51, needed: 52 });
  assert.equal(proposal(measured([0.9, 52, 0])).kind, 'proposed');
  assert.deepEqual(proposal(measured([0.9, 60, 20])), { kind: 'nowhere', answers: 80 });
});

test('no threshold is proposed under the one from which on it is asked what is meant, and one that would be says so', () => {
  const all = measured([0.9, 60, 0], [0.3, 40, 0]);
  const found = proposal(all);
  assert.deepEqual(found.kind === 'proposed' && [found.act, found.answers, found.isAtFloor], [0.5, 60, true]);
  const low = proposal(all, { target: 0.95, floor: 0.29 });
  assert.deepEqual(low.kind === 'proposed' && [low.act, low.answers], [0.29, 100]);
  // What nobody was asked about under it backs nothing.
  assert.equal(proposal(measured([0.9, 40, 0], [0.3, 40, 0])).kind, 'too-few');
});

test('whatever the answers are, a proposal keeps its word on them, and none lower does', () => {
  const bin = fc.tuple(
    fc.integer({ min: 0, max: 99 }),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 6 }),
  );
  const target = fc.constantFrom(0.8, 0.9, 0.95);
  fc.assert(
    fc.property(fc.array(bin, { maxLength: 30 }), target, (bins, share) => {
      const answers = measured(...bins.map(([at, right, wrong]) => [at / 100, right, wrong] as const));
      const found = proposal(answers, { target: share, floor: 0.5 });
      const boundFrom = (act: number) => {
        const sure = bins.filter(([at]) => at >= Math.round(100 * act));
        const right = sure.reduce((sum, [, n]) => sum + n, 0);
        return leastShare(
          right,
          sure.reduce((sum, [, , n]) => sum + n, right),
        );
      };
      if (found.kind === 'proposed') assert.ok(found.act >= 0.5 && boundFrom(found.act) >= share);
      const until = found.kind === 'proposed' ? Math.round(100 * found.act) : 100;
      for (let at = 50; at < until; at++) assert.ok(boundFrom(at / 100) < share, String(at));
    }),
  );
});

test('questions about something else count against an intent, also one that was withheld while they were asked', () => {
  const asked = ['refund', 'delivery'].flatMap((intent) =>
    Array.from({ length: 60 }, (_, n) => ({
      ...{ utterance: `${intent} number ${n}`.replace(/\d+/, 'x'), expected: intent, answered: intent },
      confidence: 0.9,
    })),
  );
  const outside = Array.from({ length: 30 }, () => ({
    ...{ utterance: 'the weather', expected: null, answered: 'refund', confidence: 0.9 },
  }));
  const of = (withheld: readonly string[]) => {
    const answers = gatherAnswers(asked, outside, { outsideWeight: 0.5, withheld });
    return curvesOf(answers).map(({ intent, steps }) => [intent, steps[90]?.right, steps[90]?.outside]);
  };
  assert.deepEqual(of([]), [
    ['refund', 60, 15],
    ['delivery', 60, 0],
  ]);
  assert.deepEqual(of(['delivery']), [
    ['refund', 60, 15],
    ['delivery', 60, 15],
  ]);
});

test('what an utterance is written in parts the answers, each half of them has as many, and an edge of a step belongs to it', () => {
  const asked = Array.from({ length: 10 }, (_, n) => ({
    ...{ utterance: n % 2 === 0 ? '我要退款' : 'i want a refund', expected: 'refund', answered: 'refund' },
    // 0.29 * 100 is a hair below 29.
    confidence: 0.29,
  }));
  const answers = gatherAnswers(asked, [], noneOutside);
  assert.deepEqual(
    answers.cells.map(({ language, belong, bins }) => [language, belong, bins.map(([at, , right]) => [at, right])]),
    [
      [
        'zh',
        [3, 2],
        [
          [29, 3],
          [29, 2],
        ],
      ],
      [
        'en',
        [3, 2],
        [
          [29, 3],
          [29, 2],
        ],
      ],
    ],
  );
  assert.deepEqual(scopesOf(answers.cells), [
    { intent: null, language: 'en' },
    { intent: null, language: 'zh' },
    { intent: 'refund', language: null },
    { intent: 'refund', language: 'en' },
    { intent: 'refund', language: 'zh' },
  ]);
});

test('thresholds that are chosen on one half of what a trained model answers hold on the other, and answer more', async (t) => {
  const file = new URL('../../testing/measured-utterances/utterances.tsv', import.meta.url);
  const lines = readUtteranceFile(await readFile(file, 'utf8'), 'tsv');
  const byIntent = Map.groupBy(lines, ({ intent }) => intent);
  const examples = [...byIntent].map(([intent, of]) => ({ intent, utterances: of.map(({ utterance }) => utterance) }));
  const options = { seed: 1, folds: 2, onProgress: () => undefined };
  const { answers } = evaluate({ examples, outOfScope: [] }, shopRecognizer(), options);
  assert.ok(answers !== undefined);
  const share = ({ right, wrong, outside }: Acted) => right / (right + wrong + outside);
  const { before, after } = checkOnOtherHalf(answers, defaultBotSettings);
  t.diagnostic(JSON.stringify({ before, after, shares: [share(before), share(after)] }));
  assert.deepEqual([before.asked, after.asked], [550, 550]);
  assert.ok(after.right >= before.right + 10, `${after.right} right answers in place of ${before.right}`);
  assert.ok(share(after) >= share(before) - 0.01, 'and no smaller share of all that it acts upon is right');
  for (const half of [0, 1] as const) {
    const chosen = proposedFrom(curvesOf(answers, half), wanted);
    assert.ok(chosen.length > 0);
    const actingOn = (cell: Parameters<typeof isWithin>[0]) => actThreshold(defaultBotSettings, cell, chosen);
    const others = curvesOf(answers, half === 0 ? 1 : 0).filter((cell) => actingOn(cell).why === 'curve');
    const acted = actedUpon(others, (cell) => actingOn(cell).act);
    t.diagnostic(
      `${chosen.map(({ intent, language, act }) => `${intent} ${language} ${act}`)}: ${JSON.stringify(acted)}`,
    );
    assert.ok(acted.asked > 80 && share(acted) >= 0.95, `where something was chosen: ${share(acted)}`);
  }
});
