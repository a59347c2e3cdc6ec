import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../base/seeded.ts';
import { evidenceNames } from './evidence.ts';
import { actAt, confidenceOf, type JudgedAnswer, trainJudge } from './judge.ts';

/** Answers that are right the more often the higher their first evidence is; the other evidence says nothing. */
function drawn(seed: number, count: number): JudgedAnswer[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const evidence = Float64Array.from(evidenceNames, () => random() * 10 - 5);
    const right = random() < 1 / (1 + Math.exp(-(evidence[0] as number)));
    return { evidence, right, weight: 1, outOfScope: false };
  });
}

test('answers that it calls sure are right 95 times of 100, also those that it did not learn from', () => {
  const judge = trainJudge(drawn(1, 3_000));
  const sure = drawn(2, 3_000).filter(({ evidence }) => confidenceOf(judge, evidence) >= actAt);
  assert.ok(sure.length > 600, `${sure.length} are sure`);
  assert.ok(sure.filter(({ right }) => right).length >= 0.95 * sure.length);
});

test('more that speaks for an answer never makes it less sure, from nothing to certainty', () => {
  const judge = trainJudge(drawn(1, 3_000));
  const at = (first: number) =>
    confidenceOf(
      judge,
      Float64Array.from(evidenceNames, (_, i) => (i === 0 ? first : 0)),
    );
  const confidences = Array.from({ length: 61 }, (_, i) => at((i - 30) / 3));
  assert.deepEqual(
    confidences,
    confidences.toSorted((a, b) => a - b),
  );
  assert.ok((confidences[0] as number) < 0.01 && (confidences.at(-1) as number) > 0.98);
});

test('with few answers to learn from it is sure of what was trained on, and of nothing else', () => {
  const judge = trainJudge(drawn(1, 39));
  const confidence = (values: { likeness: number; known: number }) =>
    confidenceOf(
      judge,
      Float64Array.from(evidenceNames, (name) => (name === 'likeness' || name === 'known' ? values[name] : 3)),
    );
  assert.ok(confidence({ likeness: 1, known: 1 }) < actAt, 'another intent has it as well');
  for (const { evidence } of drawn(2, 50)) {
    const own = evidence.map((value, at) => (evidenceNames[at] === 'likenessOfOthers' ? 0.2 : value));
    const set = (likeness: number, known: number) =>
      own.map((value, at) =>
        evidenceNames[at] === 'likeness' ? likeness : evidenceNames[at] === 'known' ? known : value,
      );
    assert.ok(confidenceOf(judge, set(1, 1)) >= actAt);
    assert.ok(confidenceOf(judge, set(0.9, 1)) < actAt);
    assert.ok(confidenceOf(judge, set(1, 0.9)) < actAt);
  }
});
