import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../base/seeded.ts';
import { type Candidate, rank, rateOf } from './rank.ts';
import type { SuggestionCount } from './suggestion-store.ts';

const situation = { channelType: 'web', names: [''], draft: '' };

/** Counts as the store keeps them. */
function counter() {
  const counts = new Map<string, { -readonly [K in keyof SuggestionCount]: SuggestionCount[K] }>();
  return {
    note: (source: string, agentId: string, what: 'used' | 'edited' | 'passed', name = '') => {
      const key = `${source} ${name} ${agentId}`;
      const count = counts.get(key) ?? { source, situation: name, agentId, shown: 0, used: 0, edited: 0 };
      count.shown += 1;
      if (what !== 'passed') count.used += 1;
      if (what === 'edited') count.edited += 1;
      counts.set(key, count);
    },
    all: () => [...counts.values()],
  };
}

test('what is used comes to stand first: in a simulated month the right reply is first more often, week by week', () => {
  const random = seeded(7);
  const questions = 40;
  // Of five replies to each question one is right; by its words alone it stands first one time in five.
  const candidates = (question: number): Candidate[] =>
    Array.from({ length: 5 }, (_, n) => ({ source: `q${question} r${n}`, text: `${n}`, base: 0.4 + 0.2 * random() }));
  const replies = Array.from({ length: questions }, (_, question) => candidates(question));
  const right = replies.map((all) => all[Math.floor(random() * all.length)]?.source);
  const counts = counter();
  const firstInWeek: number[] = [];
  for (let week = 0; week < 4; week++) {
    let first = 0;
    for (let n = 0; n < 400; n++) {
      const question = Math.floor(random() * questions);
      const agent = `agent ${Math.floor(random() * 8)}`;
      const shown = rank(replies[question] ?? [], counts.all(), situation).slice(0, 3);
      if (shown[0]?.candidate.source === right[question]) first += 1;
      for (const { candidate } of shown) {
        const isRight = candidate.source === right[question];
        counts.note(candidate.source, agent, isRight && random() < 0.8 ? 'used' : 'passed');
      }
    }
    firstInWeek.push(first / 400);
  }
  const [begin = 0, , , end = 0] = firstInWeek;
  assert.ok(end > 0.75 && end > begin + 0.1, `the right one stood first: ${firstInWeek.join(', ')}`);
});

test('one click decides nothing, and one agent cannot make a worse reply stand first by clicking it a thousand times', () => {
  const good: Candidate = { source: 'good', text: 'good', base: 0.62 };
  const bad: Candidate = { source: 'bad', text: 'bad', base: 0.55 };
  const first = (counts: SuggestionCount[]) => rank([good, bad], counts, situation)[0]?.candidate.source;
  const once = counter();
  once.note('bad', 'x', 'used');
  once.note('good', 'x', 'passed');
  assert.equal(first(once.all()), 'good', 'one click');

  const spam = counter();
  for (let n = 0; n < 1_000; n++) {
    spam.note('bad', 'x', 'used');
    spam.note('good', 'x', 'passed');
  }
  const better: Candidate = { source: 'good', text: 'good', base: 0.78 };
  assert.equal(
    rank([better, bad], spam.all(), situation)[0]?.candidate.source,
    'good',
    'what fits better by its words stays',
  );
  for (let n = 0; n < 12; n++) {
    for (const agent of ['a', 'b', 'c']) {
      spam.note('good', agent, n % 2 === 0 ? 'used' : 'passed');
      spam.note('bad', agent, 'passed');
    }
  }
  assert.equal(first(spam.all()), 'good', 'three who use it in earnest outweigh a thousand clicks');
});

test('however often one agent clicks, the rate stays between 0 and 1 and moves by a bounded weight', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (shown, share) => {
      const used = Math.floor(shown * share);
      const count = { source: 's', situation: '', agentId: 'x', shown, used, edited: 0 };
      const rate = rateOf([count], '');
      assert.ok(rate > 0.25 && rate < 0.4, `${rate}`);
    }),
  );
});

test('a reply that is used in one situation and passed over in another is ranked by the situation', () => {
  const counts = counter();
  for (const agent of ['a', 'b', 'c', 'd']) {
    for (let n = 0; n < 6; n++) {
      counts.note('refund', agent, 'used', 'intent:refund');
      counts.note('refund', agent, 'passed', 'intent:address');
      counts.note('refund', agent, 'used');
      counts.note('refund', agent, 'passed');
    }
  }
  assert.ok(rateOf(counts.all(), 'intent:refund') > 0.55);
  assert.ok(rateOf(counts.all(), 'intent:address') < 0.3);
  assert.ok(rateOf(counts.all(), 'intent:other') > rateOf(counts.all(), 'intent:address'));
});

test('another language goes behind, and what hardly answers is left out', () => {
  const [en, zh, weak]: Candidate[] = [
    { source: 'en', text: 'a', base: 0.6, language: 'en' },
    { source: 'zh', text: 'b', base: 0.7, language: 'zh-CN' },
    { source: 'weak', text: 'c', base: 0.1 },
  ] as Candidate[];
  const ranked = rank([en, zh, weak] as Candidate[], [], { ...situation, language: 'zh' });
  assert.deepEqual(
    ranked.map(({ candidate }) => candidate.source),
    ['zh'],
  );
});
