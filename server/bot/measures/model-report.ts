import type { ModelReport } from '@parley/sdk/bot-measures.ts';
import { countsUnder, dayOf, percentilesUnder, type TallyStore } from './tallies.ts';

/**
 * @param of.solved conversations that the bot solved alone in that time
 * @param of.currency that of the settings: what was spent in another one is left out
 */
export async function modelReport(
  store: Pick<TallyStore, 'between'>,
  { from, to }: { from: number; to: number },
  of: { readonly solved: number; readonly currency: string },
): Promise<ModelReport> {
  const days = { from: dayOf(from), to: dayOf(to) };
  const counts = new Map<string, number>();
  for (const { name, n } of await store.between(days.from, days.to)) counts.set(name, (counts.get(name) ?? 0) + n);
  const get = (name: string) => counts.get(name) ?? 0;
  const refusedFor = countsUnder(counts, 'answer:refused:');
  const fellBackFor = countsUnder(counts, 'answer:fell-back:');
  const [answered, cannotTell] = [get('answer:answered'), get('answer:cannot-tell')];
  const [refused, fellBack] = [sumOf(refusedFor), sumOf(fellBackFor)];
  const errors = new Map<string, number>();
  for (const [name, n] of countsUnder(counts, 'failed:')) {
    const [task, reason = ''] = name.split(':');
    // A test of the settings is nothing that anybody waited for, and a spent budget no error of the provider.
    if (task !== 'check' && reason !== 'budget') errors.set(reason, (errors.get(reason) ?? 0) + n);
  }
  const tokensOf = (direction: string) =>
    [...countsUnder(counts, 'tokens:')].reduce((sum, [name, n]) => sum + (name.endsWith(`:${direction}`) ? n : 0), 0);
  const costs = [...countsUnder(counts, 'cost:')].filter(([name]) => name.endsWith(`:${of.currency}`));
  const answersCost = get(`cost:answer:${of.currency}`);
  return {
    ...days,
    asked: answered + cannotTell + refused + fellBack,
    ...{ answered, refused, cannotTell, fellBack },
    refusedFor: Object.fromEntries(refusedFor),
    fellBackFor: Object.fromEntries(fellBackFor),
    sentences: { held: get('sentences:held'), dropped: get('sentences:dropped') },
    citations: { held: get('citations:held'), of: get('citations:held') + get('citations:not-held') },
    firstTokenMs: percentilesUnder(counts, 'first:answer'),
    wholeMs: percentilesUnder(counts, 'whole:answer'),
    requests: sumOf(countsUnder(counts, 'asked:')),
    errors: Object.fromEntries(errors),
    tokens: {
      answers: {
        ...{ input: get('tokens:answer:in'), output: get('tokens:answer:out') },
        cached: get('tokens:answer:cached'),
      },
      all: { input: tokensOf('in'), output: tokensOf('out'), cached: tokensOf('cached') },
    },
    cost: {
      currency: of.currency,
      answers: answersCost === 0 ? null : answersCost / 1e6,
      all: costs.length === 0 ? null : costs.reduce((sum, [, n]) => sum + n, 0) / 1e6,
      unpricedTokens: get('unpriced:answer'),
      solved: of.solved,
      perSolved: answersCost === 0 || of.solved === 0 ? null : answersCost / 1e6 / of.solved,
    },
    vectors: { memory: get('vectors:memory'), asked: get('vectors:asked'), missed: get('vectors:missed') },
  };
}

const sumOf = (counts: ReadonlyMap<string, number>): number => counts.values().reduce((sum, n) => sum + n, 0);
