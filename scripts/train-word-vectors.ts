import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { foldText } from '../server/bot/intent/fold-text.ts';
import { encodeWordVectors } from '../server/bot/word-vectors/word-vectors.ts';
import { trainContrastive } from './word-vectors/contrastive.ts';
import { readLexicon } from './word-vectors/lexicon.ts';
import { createPairs, wordsOf } from './word-vectors/pairs.ts';

// What `npm run train:vectors` runs: learns general word vectors from two open lexicons and nothing else.
const usage = `npm run train:vectors -- --lexicon DIR --out FILE [--dimensions N] [--rounds N] [--seed N]

  --lexicon DIR   oewn.tsv.gz (Open English WordNet) and cow.tsv (Chinese Open WordNet)
  --out FILE      where the vectors go
  --dimensions N  of a vector, a multiple of 8 (128)
  --rounds N      over the lexicons (8)
  --seed N        of what is drawn (1)
`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { lexicon, out, dimensions, rounds, seed } = parseArgs({
      options: {
        lexicon: { type: 'string' },
        out: { type: 'string' },
        dimensions: { type: 'string', default: '128' },
        rounds: { type: 'string', default: '8' },
        seed: { type: 'string', default: '1' },
      },
    }).values;
    if (lexicon === undefined || out === undefined) fail('--lexicon and --out are needed.');
    for (const [name, value] of Object.entries({ dimensions, rounds, seed }))
      if (!/^\d{1,9}$/.test(value)) fail(`--${name}: expected a whole number, got ${value}.`);
    return { lexicon, out, dimensions: Number(dimensions), rounds: Number(rounds), seed: Number(seed) };
  } catch (error) {
    fail((error as Error).message);
  }
}

const { lexicon, out, dimensions, rounds, seed } = readOptions();
const start = performance.now();
const say = (text: string) => process.stdout.write(`${((performance.now() - start) / 1_000).toFixed(0)} s: ${text}\n`);
const synsets = readLexicon(lexicon);
const { words, counts } = wordsOf(synsets, foldText);
say(`${synsets.length} meanings, ${words.length} words`);
const pairsOf = createPairs(synsets, words, foldText);
const vectors = trainContrastive({
  ...{ dimensions, rounds, seed, counts, pairsOf },
  onRound: (round, loss) => say(`round ${round} of ${rounds}, loss ${loss.toFixed(3)}`),
});
const bytes = encodeWordVectors(words, vectors, dimensions);
writeFileSync(out, bytes);
say(`${out}: ${(bytes.length / 1e6).toFixed(1)} MB`);
