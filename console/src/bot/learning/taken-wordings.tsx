import { Button, Group, Textarea } from '@mantine/core';
import type { AgentAnswer } from '@parley/sdk/bot-learning.ts';
import { ApiError } from '@parley/sdk/http.ts';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../../app/api.ts';
import { inputWrapperOrder } from '../../app/fields.tsx';
import styles from './learning.module.css';

/** What the server says about one field of a form, or about an entry of it. */
export function problemAt(error: Error | null, field: string): string | undefined {
  if (!(error instanceof ApiError) || error.field === undefined) return undefined;
  return error.field === field || error.field.startsWith(`${field}[`) ? fieldProblem(error) : undefined;
}

/** The wordings that are taken, one a line; they can still be changed. */
export function WordingsField(props: {
  label: string;
  value: string;
  error: string | undefined;
  onChange: (lines: string) => void;
  autoFocus?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Textarea
      label={props.label}
      description={t('intents.onePerLine')}
      inputWrapperOrder={inputWrapperOrder}
      autosize
      minRows={2}
      maxRows={10}
      value={props.value}
      error={props.error}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      {...(props.autoFocus === true ? { 'data-autofocus': true } : {})}
    />
  );
}

/** What agents answered: one of them can be taken into the form. */
export function AnswersToTake({
  answers,
  onTake,
}: {
  answers: readonly AgentAnswer[];
  onTake: (answer: AgentAnswer) => void;
}) {
  const { t } = useTranslation();
  if (answers.length === 0) return null;
  return (
    <ul className={styles.taking} aria-label={t('learning.answers')}>
      {answers.map((answer) => (
        <li key={answer.text}>
          <span>{answer.text}</span>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <span className={styles.dim}>
              {t(answer.isDirect ? 'learning.agentsAnswered' : 'learning.agentsAnsweredAlike', { n: answer.times })}
            </span>
            <Button size="compact-xs" variant="light" onClick={() => onTake(answer)}>
              {t('learning.take')}
            </Button>
          </Group>
        </li>
      ))}
    </ul>
  );
}
