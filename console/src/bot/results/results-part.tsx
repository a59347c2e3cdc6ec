import { SegmentedControl, Skeleton, Text } from '@mantine/core';
import type { BotResults } from '@parley/sdk/bot-measures.ts';
import { IconChartBar } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { EmptyState } from '../../app/empty-state.tsx';
import { Panel } from '../../app/page.tsx';
import { Exclusions, HadTable } from '../../surveys/satisfaction-table.tsx';
import { satisfactionQuery } from '../../surveys/survey-queries.ts';
import { useTimeWords } from '../../words/time.ts';
import { percent } from '../intents/model-queries.ts';
import { ScrollBox } from '../intents/scroll-box.tsx';
import { ModelPanel } from './model-panel.tsx';
import styles from './results.module.css';
import { resultsQuery } from './results-queries.ts';
import { Note, type Row, Shares } from './shares.tsx';

const windows = ['7', '30', '90'] as const;

/** What became of the conversations in which the bot spoke: each share with what it is a share of. */
export function ResultsPart() {
  const { t } = useTranslation();
  const [days, setDays] = useState<string>('30');
  const { data, error } = useQuery(resultsQuery(Number(days)));
  return (
    <>
      <SegmentedControl
        mb="md"
        aria-label={t('results.window')}
        value={days}
        onChange={setDays}
        data={windows.map((n) => ({ value: n, label: t('results.days', { n }) }))}
      />
      {data !== undefined ? (
        <Results results={data} days={Number(days)} />
      ) : error === null ? (
        <Skeleton height={240} radius="md" />
      ) : (
        <EmptyState title={t('results.loadFailed')} hint={problemText(error)} />
      )}
    </>
  );
}

function Results({ results, days }: { results: BotResults; days: number }) {
  const { t } = useTranslation();
  if (results.conversations === 0) {
    return <EmptyState icon={<IconChartBar size={22} />} title={t('results.empty')} hint={t('results.emptyHint')} />;
  }
  return (
    <>
      <OutcomePanel results={results} />
      <AnswersPanel results={results} />
      {results.languageModel !== null && <ModelPanel results={results.languageModel} />}
      <HandOffPanel results={results} />
      <SatisfactionPanel days={days} />
      <IntentPanel results={results} />
    </>
  );
}

function OutcomePanel({ results }: { results: BotResults }) {
  const { t } = useTranslation();
  const { toMinute } = useTimeWords();
  const { conversations, open, within72h, helped, labelled } = results;
  const old = conversations - open;
  const rows: Row[] = [
    [t('results.solved'), results.solved, old],
    [t('results.confirmed'), results.confirmed, results.solved],
    [t('results.noReply'), results.solved - results.confirmed, results.solved],
    [t('results.withPeople'), results.withPeople, old],
    [t('results.cameBack'), results.cameBack, old],
    [t('results.unhelped'), results.unhelped, old],
    [t('results.repeated'), within72h.repeated, within72h.of],
    [t('results.reopened'), within72h.reopened, within72h.botAlone],
    [t('results.saidYes'), helped.yes, helped.yes + helped.no],
    [t('results.intentRight'), labelled.right, labelled.right + labelled.wrong],
  ];
  return (
    <Panel
      title={t('results.outcome')}
      hint={t('results.outcomeHint', { n: conversations, from: toMinute(results.from), to: toMinute(results.to) })}
    >
      <Shares rows={rows} />
      <Note>{t('results.excluded', { open })}</Note>
      {results.isCut && <Note>{t('results.cut')}</Note>}
    </Panel>
  );
}

function AnswersPanel({ results: { answers } }: { results: BotResults }) {
  const { t } = useTranslation();
  const { given, abstained, right, wrong } = answers;
  const asked = given + abstained;
  const said = right + wrong;
  return (
    <Panel title={t('results.answers')} hint={t('results.answersHint', { n: asked })}>
      <Shares
        rows={[
          [t('results.answered'), given, asked],
          [t('results.abstained'), abstained, asked],
          [t('results.right'), right, said],
          [t('results.wrong'), wrong, said],
        ]}
      />
      <Note>{t('results.answersNote', { said, given })}</Note>
    </Panel>
  );
}

function HandOffPanel({ results }: { results: BotResults }) {
  const { t, i18n } = useTranslation();
  const { span } = useTimeWords();
  const say = t as unknown as (key: string) => string;
  const { looked, answered, toHumanMs, hadAnswers, repeatedBot } = results.afterHandOff;
  const reasons = Object.entries(results.handOffs).toSorted(([, a], [, b]) => b - a);
  const all = reasons.reduce((sum, [, n]) => sum + n, 0);
  const nameOf = (reason: string) => (i18n.exists(`botReason.${reason}`) ? say(`botReason.${reason}`) : reason);
  return (
    <Panel title={t('results.handOffs')} hint={t('results.handOffsHint', { n: looked })}>
      <Shares
        rows={[
          [t('results.handedOff'), results.handedOff, results.conversations],
          [t('results.answeredByPeople'), answered, looked],
          [t('results.regret'), repeatedBot, hadAnswers],
          ...reasons.map(([reason, n]): Row => [t('results.because', { reason: nameOf(reason) }), n, all]),
        ]}
      />
      <Note>
        {toHumanMs === null
          ? t('results.noHuman')
          : t('results.toHuman', { p50: span(toHumanMs.p50), p95: span(toHumanMs.p95), p99: span(toHumanMs.p99) })}
      </Note>
    </Panel>
  );
}

/** What customers say of it, beside what they say of people. */
function SatisfactionPanel({ days }: { days: number }) {
  const { t } = useTranslation();
  const { data } = useQuery(satisfactionQuery({ days }));
  if (data === undefined) return null;
  return (
    <Panel title={t('surveys.title')} hint={t('surveys.botHint')}>
      {data.total.asked === 0 ? (
        <Text size="sm">{t('surveys.emptyHint')}</Text>
      ) : (
        <>
          <HadTable report={data} />
          <Exclusions report={data} />
        </>
      )}
    </Panel>
  );
}

function IntentPanel({ results }: { results: BotResults }) {
  const { t } = useTranslation();
  if (results.intents.length === 0) return null;
  return (
    <Panel title={t('results.byIntent')} hint={t('results.byIntentHint')}>
      <ScrollBox label={t('results.byIntent')}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('evaluation.intent')}</th>
              <th scope="col">{t('results.conversations')}</th>
              <th scope="col">{t('results.solvedShort')}</th>
              <th scope="col">{t('results.handedOffShort')}</th>
            </tr>
          </thead>
          <tbody>
            {results.intents.map(({ intent, conversations, solved, handedOff }) => (
              <tr key={intent}>
                <th scope="row">{intent}</th>
                <td>{conversations}</td>
                <td>{percent(solved / conversations)}</td>
                <td>{percent(handedOff / conversations)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </Panel>
  );
}
