import { Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { intentsKey } from '../intents/intent-queries.ts';
import { linesOf } from '../intents/lines.ts';
import type { Deciding } from './deciding.ts';
import { LearningDialog } from './learning-dialog.tsx';
import { learningKey, makeIntent } from './learning-queries.ts';
import { AnswersToTake, problemAt, WordingsField } from './taken-wordings.tsx';

type DialogProps = { deciding: Deciding | undefined; onClose: () => void };

/** A new intent out of questions: its name, how customers say it, and what the bot answers. */
export function MakeIntentDialog({ deciding, onClose }: DialogProps) {
  const { t } = useTranslation();
  return (
    <LearningDialog opened={deciding !== undefined} onClose={onClose} title={t('learning.makeIntentTitle')}>
      {deciding !== undefined && <Fields deciding={deciding} onClose={onClose} />}
    </LearningDialog>
  );
}

const languages = ['en', 'zh-CN'] as const;
type Language = (typeof languages)[number];
const spoken = (language: string | null): Language => (language?.startsWith('zh') ? 'zh-CN' : 'en');

function Fields({ deciding: { group, utterances }, onClose }: { deciding: Deciding; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [name, setName] = useState(group.name);
  const [lines, setLines] = useState(utterances.join('\n'));
  const [answer, setAnswer] = useState<Partial<Record<Language, string>>>({});
  const making = useMutation({
    mutationFn: () => {
      const said = Object.entries(answer).filter(([, text]) => text.trim() !== '');
      return makeIntent(group, {
        name,
        utterances: linesOf(lines),
        answer: said.length === 0 ? null : (Object.fromEntries(said) as Record<string, string>),
      });
    },
    onSuccess: async () => {
      onClose();
      notifyDone(t('learning.intentMade', { name: name.trim() }));
      await Promise.all([learningKey, intentsKey].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
  });
  const { error } = making;
  const isElsewhere = error !== null && !['name', 'utterances'].some((field) => problemAt(error, field) !== undefined);
  return (
    <DialogForm
      error={isElsewhere ? error : null}
      submit={t('learning.makeIntentNow')}
      busy={making.isPending}
      disabled={name.trim() === '' || linesOf(lines).length === 0}
      onSubmit={making.mutate}
      onClose={onClose}
    >
      <TextInput
        label={t('intents.name')}
        description={t('intents.nameHint')}
        inputWrapperOrder={inputWrapperOrder}
        maxLength={100}
        value={name}
        error={problemAt(error, 'name')}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <WordingsField
        label={t('intents.utterances')}
        value={lines}
        error={problemAt(error, 'utterances')}
        onChange={setLines}
      />
      <AnswersToTake
        answers={group.answers}
        onTake={({ text, language }) => setAnswer((before) => ({ ...before, [spoken(language)]: text }))}
      />
      {languages.map((language) => (
        <Textarea
          key={language}
          label={t(`intents.answer.${language}`)}
          autosize
          minRows={1}
          maxRows={8}
          maxLength={4_000}
          value={answer[language] ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setAnswer((before) => ({ ...before, [language]: value }));
          }}
        />
      ))}
    </DialogForm>
  );
}
