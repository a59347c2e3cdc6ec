import { parentPort, workerData } from 'node:worker_threads';
import { isSameEmbedding } from '../embeddings/embedding-id.ts';
import { actAt } from '../intent/judge.ts';
import { decodeModel, ModelFileError } from '../intent/model-file.ts';
import { createIntentRecognizer } from '../intent/recognizer.ts';
import type { ComparisonReply, ComparisonTask, Difference } from './comparison.ts';
import { yieldProcessor } from './yield-processor.ts';

/** The thread of one comparison: it loads two models and asks each of them thousands of texts. */
const differencesShown = 500;

function compare({ before, after, texts, vectors }: ComparisonTask): ComparisonReply {
  const wanted: boolean[] = [];
  const answersOf = (bytes: Uint8Array) => {
    const model = decodeModel(bytes);
    const recognizer = createIntentRecognizer(model);
    const { embedded } = model;
    const isKnown = embedded !== undefined && vectors !== undefined && isSameEmbedding(embedded.of, vectors.of);
    if (embedded !== undefined) wanted.push(isKnown);
    return texts.map(({ text }) => {
      const vector = isKnown ? vectors.byText.get(text) : undefined;
      const isFit = isKnown && vector?.length === embedded.centre.length;
      const { intent, confidence } = recognizer.recognize(text, isFit ? { of: vectors.of, vector } : undefined);
      return { intent, confidence };
    });
  };
  const [first, second] = [answersOf(before), answersOf(after)];
  const all = texts.map((one, at): Difference => {
    const none = { intent: null, confidence: 0 };
    return { ...one, before: first[at] ?? none, after: second[at] ?? none };
  });
  const changed = all.filter((one) => one.before.intent !== one.after.intent);
  const isRight = ({ expected }: Difference, { intent }: Difference['before']) =>
    expected !== null && intent === expected;
  const acts = ({ confidence }: Difference['before']) => confidence >= actAt;
  const weight = (one: Difference) => Math.max(one.before.confidence, one.after.confidence);
  return {
    kind: 'done',
    comparison: {
      texts: all.length,
      changed: changed.length,
      withVectors: wanted.length === 0 ? null : wanted.every(Boolean),
      worse: changed.filter((one) => isRight(one, one.before)).length,
      better: changed.filter((one) => isRight(one, one.after)).length,
      acts: {
        before: all.filter((one) => acts(one.before)).length,
        after: all.filter((one) => acts(one.after)).length,
      },
      differences: changed.toSorted((a, b) => weight(b) - weight(a)).slice(0, differencesShown),
    },
  };
}

yieldProcessor();
try {
  parentPort?.postMessage(compare(workerData as ComparisonTask));
} catch (error) {
  if (!(error instanceof ModelFileError)) throw error;
  parentPort?.postMessage({ kind: 'unusable', detail: error.message } satisfies ComparisonReply);
}
