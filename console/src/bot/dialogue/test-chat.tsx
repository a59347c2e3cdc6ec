import { Button, Group, Text, TextInput } from '@mantine/core';
import type { Flows } from '@parley/sdk/flow-document.ts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { Panel } from '../../app/page.tsx';
import { useBotSentence } from '../../decisions/bot-sentence.ts';
import { type TriedDecision, tryBot } from './dialogue-queries.ts';
import styles from './flows.module.css';

/** What whoever tries says: words, or a tap under the answer before. */
type Said = { readonly text: string; readonly helped?: boolean };
type Turn = { readonly n: number; readonly text: string; readonly decision: TriedDecision };

/** The bot as it would answer with what is drafted here: the server's own code, and no conversation. */
export function TestChat(props: { flows: Flows | undefined; onStep: (stepId: string | null) => void }) {
  const { t } = useTranslation();
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [text, setText] = useState('');
  const state = turns.at(-1)?.decision.state ?? null;
  const trying = useMutation({
    mutationFn: (said: Said) =>
      tryBot({ ...said, state, ...(props.flows === undefined ? {} : { flows: props.flows }) }),
    onSuccess: (decision, said) => {
      const shown = said.helped === undefined ? said.text : yesOrNo(said.helped);
      setTurns((before) => [...before, { n: before.length, text: shown, decision }]);
      if (said.helped === undefined) setText('');
      const { flow } = decision.state as { flow?: { stepId: string } | null };
      props.onStep(flow?.stepId ?? null);
    },
  });
  const yesOrNo = (helped: boolean) => t(helped ? 'content.yes' : 'content.no');
  const say = (said: Said) => {
    if ((said.helped !== undefined || said.text.trim() !== '') && !trying.isPending) trying.mutate(said);
  };
  function restart(): void {
    setTurns([]);
    trying.reset();
    props.onStep(null);
  }
  return (
    <Panel title={t('dialogue.test')} hint={t('dialogue.testHint')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={styles.chat} role="log" tabIndex={0} aria-label={t('dialogue.test')}>
        {turns.map(({ n, text: said, decision }) => (
          <TurnView key={n} said={said} decision={decision} isLast={n === turns.length - 1} onSay={say} />
        ))}
      </div>
      {trying.error !== null && (
        <Text size="sm" c="red" role="alert" mb="xs">
          {problemText(trying.error)}
        </Text>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          say({ text });
        }}
      >
        <TextInput
          aria-label={t('dialogue.say')}
          placeholder={t('dialogue.say')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="space-between" mt="xs">
          <Button size="compact-sm" variant="subtle" color="gray" onClick={restart}>
            {t('dialogue.restart')}
          </Button>
          <Button size="compact-sm" type="submit" loading={trying.isPending}>
            {t('dialogue.send')}
          </Button>
        </Group>
      </form>
    </Panel>
  );
}

function TurnView(props: { said: string; decision: TriedDecision; isLast: boolean; onSay: (said: Said) => void }) {
  const { t } = useTranslation();
  const say = useBotSentence();
  const { said, decision, isLast } = props;
  return (
    <>
      <div className={styles.bubble} data-mine>
        {said}
      </div>
      {decision.messages.map(({ text, choices, asksIfHelped = false }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what was said stays as it is
        <div key={index} className={styles.bubble}>
          {text}
          {isLast && choices.length > 0 && (
            <div className={styles.choices}>
              {choices.map(({ id, label }) => (
                <Button key={id} size="compact-xs" variant="default" onClick={() => props.onSay({ text: label })}>
                  {label}
                </Button>
              ))}
            </div>
          )}
          {isLast && asksIfHelped && (
            <div className={styles.choices}>
              {[true, false].map((helped) => (
                <Button
                  key={`${helped}`}
                  size="compact-xs"
                  variant="default"
                  onClick={() => props.onSay({ text: '', helped })}
                >
                  {t(helped ? 'content.yes' : 'content.no')}
                </Button>
              ))}
            </div>
          )}
        </div>
      ))}
      <ul className={styles.why} aria-label={t('dialogue.why')}>
        {decision.words.map((sentence) => (
          <li key={sentence.key}>{say(sentence)}</li>
        ))}
      </ul>
    </>
  );
}
