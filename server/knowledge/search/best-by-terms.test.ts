import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../base/seeded.ts';
import { bestByTerms } from './best-by-terms.ts';
import { countFeatures } from './features-of-text.ts';
import { PassageTerms } from './passage-terms.ts';
import { lengthNorm, Postings } from './postings.ts';
import { Scorer } from './scorer.ts';
import { TermTable } from './term-table.ts';

/** Texts of words that are as frequent as words are, some of which nearly every text has. */
function corpus(random: () => number, passages: number): (words: number) => string {
  const words = 50 + Math.floor(random() * passages);
  return (count) =>
    Array.from({ length: 1 + Math.floor(random() * count) }, () => {
      const word = Math.floor(words ** random());
      return random() < 0.2 ? '的一是不了人我在'[word % 8] : `${'klmnprst'[word % 8]}${word.toString(36)}`;
    }).join(' ');
}

function indexOf(texts: readonly string[]) {
  const [terms, passageTerms, postings] = [new TermTable(), new PassageTerms(), new Postings()];
  const scorer = new Scorer(terms, passageTerms);
  const lengths = new Float32Array(texts.length);
  let entries = 0;
  for (const [passage, text] of texts.entries()) {
    const { whole, units, length } = scorer.analysePassage([text]);
    lengths[passage] = length;
    passageTerms.add(passage, whole, units);
    for (const [at, term] of whole.terms.entries()) {
      postings.add(term, passage, whole.counts[at] as number, length);
      terms.count(term, 1);
    }
    entries += whole.terms.length;
  }
  scorer.sized(texts.length, lengths, lengths.reduce((sum, length) => sum + length, 0) / texts.length);
  const norm = scorer.lengthNorm;
  const cells = Float32Array.from({ length: 2 * texts.length }, (_, at) =>
    at % 2 === 0 ? 0 : lengthNorm(norm, lengths[(at - 1) / 2] as number),
  );
  const into = { cells, touched: new Int32Array(texts.length), count: 0 };
  return { terms, postings, scorer, into, norm, averageTerms: entries / texts.length };
}

test('the best passages are those of a scan of all, whatever was left unread, and others are not scored in full', () => {
  let [pruned, asked] = [0, 0];
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 1, max: 25 }), (seed, size, count) => {
      const random = seeded(seed);
      const text = corpus(random, size);
      const texts = Array.from({ length: size }, () => text(30));
      const { terms, scorer, into, ...rest } = indexOf(texts);
      for (let round = 0; round < 4; round++) {
        const query = scorer.analyseQuery(countFeatures(round === 0 ? (texts[0] as string) : text(12)));
        const isWanted = (passage: number) => round !== 2 || passage % 3 === 0;
        scorer.compare(query, (by) => {
          let scored = 0;
          const bm25 = (passage: number) => {
            scored += 1;
            return by.bm25(passage);
          };
          const passagesWith = (term: number) => terms.passagesWith(term);
          const found = bestByTerms({ ...rest, query, count, passagesWith, into, by: { ...by, bm25 }, isWanted });
          const scan = texts.keys().map((passage) => ({ passage, score: by.bm25(passage) }));
          const all = [...scan].filter(({ passage, score }) => score > 0 && isWanted(passage));
          const best = all.sort((one, other) => other.score - one.score).slice(0, count);
          assert.equal(found.length, best.length);
          assert.equal(new Set(found).size, found.length);
          // Equal scores may come in any order: what counts is that nothing better was left out.
          for (const [at, passage] of found.entries())
            assert.ok(Math.abs(by.bm25(passage) - (best[at]?.score ?? 0)) < 1e-4 * query.most);
          assert.equal(into.count, 0);
          assert.ok(into.cells.every((score, at) => at % 2 === 1 || score === 0));
          asked += 1;
          if (scored > 0) pruned += 1;
          assert.ok(scored <= count + size / 2);
        });
      }
    }),
    { numRuns: 60, seed: 1 },
  );
  assert.ok(pruned > asked / 10, `lists were left unread for ${pruned} of ${asked} questions`);
});
