import type { ModelReport } from '@parley/sdk/bot-measures.ts';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../app/page.tsx';
import styles from './results.module.css';
import { Note, Shares } from './shares.tsx';

const secondMs = 1_000;

/** What the language model did for customers: what of it is held by its passages, how fast it was, and what it took. */
export function ModelPanel({ results }: { results: ModelReport }) {
  const { t } = useTranslation();
  const { from, to, asked, sentences, citations, requests, errors, tokens, vectors } = results;
  const failed = Object.values(errors).reduce((sum, n) => sum + n, 0);
  const answered = vectors.memory + vectors.asked + vectors.missed;
  return (
    <Panel title={t('results.model')} hint={t('results.modelHint', { from, to, n: asked })}>
      <Shares
        rows={[
          [t('results.modelAnswered'), results.answered, asked],
          [t('results.modelRefused'), results.refused, asked],
          [t('results.modelCannotTell'), results.cannotTell, asked],
          [t('results.modelFellBack'), results.fellBack, asked],
          [t('results.sentencesHeld'), sentences.held, sentences.held + sentences.dropped],
          [t('results.citationsHeld'), citations.held, citations.of],
          [t('results.providerErrors'), failed, requests],
          ...(tokens.all.cached === 0
            ? []
            : [[t('results.cachedTokens'), tokens.all.cached, tokens.all.input] as const]),
          ...(answered === 0 ? [] : [[t('results.vectorsInMemory'), vectors.memory, answered] as const]),
        ]}
      />
      <Amounts results={results} />
      <Note>{t('results.modelNote')}</Note>
    </Panel>
  );
}

function Amounts({ results: { firstTokenMs, wholeMs, tokens, cost } }: { results: ModelReport }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const money = (amount: number | null) =>
    amount === null
      ? '–'
      : new Intl.NumberFormat(i18n.language, {
          ...{ style: 'currency', currency: cost.currency, maximumSignificantDigits: 3 },
        }).format(amount);
  const time = (ms: number) =>
    ms < secondMs ? t('results.ms', { n: ms }) : t('results.seconds', { n: (ms / secondMs).toFixed(1) });
  const times = (of: ModelReport['wholeMs']) =>
    of === null
      ? '–'
      : t('results.percentiles', { p50: time(of.p50), p95: time(of.p95), p99: time(of.p99), n: number.format(of.of) });
  const { answers, all } = tokens;
  const rows: [string, string][] = [
    [t('results.firstToken'), times(firstTokenMs)],
    [t('results.wholeAnswer'), times(wholeMs)],
    [
      t('results.tokensUsed'),
      t('results.tokensInOut', {
        ...{ input: number.format(answers.input), output: number.format(answers.output) },
        ...{ allInput: number.format(all.input), allOutput: number.format(all.output) },
      }),
    ],
    [
      t('results.cost'),
      cost.answers === null
        ? t('results.noPrice')
        : t('results.costOf', { amount: money(cost.answers), all: money(cost.all) }),
    ],
  ];
  if (cost.answers !== null) {
    const each = t('results.perSolvedOf', { amount: money(cost.perSolved), solved: cost.solved });
    rows.push([t('results.perSolved'), cost.perSolved === null ? t('results.noneSolved') : each]);
  }
  return (
    <>
      <dl className={styles.amounts}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {cost.answers !== null && cost.unpricedTokens > 0 && (
        <Note>{t('results.unpriced', { n: number.format(cost.unpricedTokens) })}</Note>
      )}
    </>
  );
}
