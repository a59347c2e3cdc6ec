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
    return { evidence, right, weight: 1, question: 'in-scope' };
  });
}

/** As `drawn`, but made up: nothing speaks for or against them, and none is right. */
const strange = (seed: number, count: number) =>
  drawn(seed, count).map((answer) => ({ ...answer, right: false, question: 'strange' as const }));

test('answers that it calls sure are right 95 times of 100, also those that it did not learn from', () => {
  for (const madeUp of [[], strange(9, 600)]) {
    const shares = [1, 2, 3, 4, 5, 6].map((seed) => {
      const judge = trainJudge([...drawn(seed, 3_000), ...madeUp]);
      const sure = drawn(seed + 10, 3_000).filter(({ evidence }) => confidenceOf(judge, evidence) >= actAt);
      assert.ok(sure.length > 600, `${sure.length} are sure`);
      return sure.filter(({ right }) => right).length / sure.length;
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    assert.ok(mean >= 0.95, `${mean} with ${madeUp.length} made up`);
  }
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

test('what was made up teaches it what to look at', () => {
  const asked = drawn(1, 3_000);
  // Nothing asked is like that, so that only the strange questions tell what the last evidence means.
  const calm = (evidence: Float64Array, last: number) => evidence.with(-1, last);
  const usual = asked.map((answer, at) => ({ ...answer, evidence: calm(answer.evidence, (at % 7) / 10) }));
  const unusual = strange(2, 600).map((answer, at) => ({
    ...answer,
    evidence: calm(answer.evidence, 0.6 + (at % 7) / 10),
  }));
  const evidence = new Float64Array(evidenceNames.length).with(0, 4).with(-1, 1.2);
  const [without, taught] = [trainJudge(usual), trainJudge([...usual, ...unusual])];
  assert.ok(confidenceOf(without, evidence) >= actAt);
  assert.ok(confidenceOf(taught, evidence) < actAt, `${confidenceOf(taught, evidence)}`);
});

test('what was made up is not counted: the answers to all that is asked are called sure as before', () => {
  const asked = drawn(1, 3_000);
  const sureOf = (answers: readonly JudgedAnswer[]) => {
    const judge = trainJudge(answers);
    return drawn(3, 3_000).filter(({ evidence }) => confidenceOf(judge, evidence) >= actAt).length;
  };
  const [before, after] = [sureOf(asked), sureOf([...asked, ...strange(2, 600)])];
  assert.ok(after > 0.95 * before, `${before} before, ${after} after`);
});

test('doubtful and sure answers are each right as often as it says, where one slope would not do for both', () => {
  const random = seeded(5);
  const rightAt = (first: number) => 1 / (1 + Math.exp(-(first < 0 ? first / 4 : 1.5 * first)));
  const answers = (count: number): JudgedAnswer[] =>
    Array.from({ length: count }, () => {
      const evidence = Float64Array.from(evidenceNames, () => random() * 8 - 4);
      const right = random() < rightAt(evidence[0] as number);
      return { evidence, right, weight: 1, question: 'in-scope' };
    });
  const judge = trainJudge(answers(4_000));
  const others = answers(8_000);
  const meanOf = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  for (const [from, to] of [
    [-4, -2],
    [0, 1],
  ] as const) {
    const some = others.filter(({ evidence: [first = 0] }) => first >= from && first < to);
    const said = meanOf(some.map(({ evidence }) => confidenceOf(judge, evidence)));
    const seen = meanOf(some.map(({ right }) => Number(right)));
    assert.ok(Math.abs(said - seen) < 0.04, `${said} said, ${seen} seen`);
  }
});

test('where nothing tells which answers are right, it finds none that are more surely so', () => {
  const random = seeded(7);
  const answers = (count: number): JudgedAnswer[] =>
    Array.from({ length: count }, () => {
      const evidence = Float64Array.from(evidenceNames, () => random() * 8 - 4);
      return { evidence, right: random() < 0.93, weight: 1, question: 'in-scope' };
    });
  for (let round = 0; round < 5; round++) {
    const judge = trainJudge(answers(300));
    const sure = answers(1_000).filter(({ evidence }) => confidenceOf(judge, evidence) >= actAt);
    assert.ok(sure.length < 100, `${sure.length} of 1,000 are sure`);
  }
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
