import { Select, Switch, Textarea } from '@mantine/core';
import type { ApprovedFields, CountedAnswer } from '@parley/sdk/bot-learning.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { ValidityFields } from '../../knowledge/validity-fields.tsx';
import { linesOf } from '../intents/lines.ts';
import type { Deciding } from './deciding.ts';
import styles from './learning.module.css';
import { LearningDialog } from './learning-dialog.tsx';
import { approve, changeApproved, createApproved, learningKey } from './learning-queries.ts';
import { AnswersToTake, problemAt, WordingsField } from './taken-wordings.tsx';

/** What is edited: one that there is, a new one, or one that questions become. */
export type Editing = CountedAnswer | Deciding | 'new';

const isDeciding = (editing: Editing): editing is Deciding => editing !== 'new' && 'deed' in editing;

/** Makes an approved answer, or changes one. */
export function ApprovedDialog({ editing, onClose }: { editing: Editing | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const isOld = editing !== undefined && editing !== 'new' && !isDeciding(editing);
  const title = t(isOld ? 'learning.editApproved' : 'learning.addApproved');
  return (
    <LearningDialog opened={editing !== undefined} onClose={onClose} title={title}>
      {editing !== undefined && <Fields editing={editing} onClose={onClose} />}
    </LearningDialog>
  );
}

function fieldsOf(editing: Editing, shown: string): ApprovedFields {
  const empty = { questions: [], answer: '', language: shown, enabled: true, validFrom: null, validUntil: null };
  if (editing === 'new') return empty;
  if (!isDeciding(editing)) return editing;
  const { group, utterances } = editing;
  const language = group.language?.startsWith('zh') ? 'zh-CN' : (group.language ?? shown);
  return { ...empty, questions: utterances, language };
}

function save(editing: Editing, fields: ApprovedFields): Promise<CountedAnswer> {
  if (editing === 'new') return createApproved(fields);
  return isDeciding(editing) ? approve(editing.group, fields) : changeApproved(editing, fields);
}

const named = ['questions', 'answer', 'validUntil'];

function Fields({ editing, onClose }: { editing: Editing; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const [fields, setFields] = useState(() => fieldsOf(editing, i18n.language.startsWith('zh') ? 'zh-CN' : 'en'));
  const [lines, setLines] = useState(fields.questions.join('\n'));
  const change = (more: Partial<ApprovedFields>) => setFields((before) => ({ ...before, ...more }));
  const saving = useMutation({
    mutationFn: () => {
      const { answer, language, enabled, validFrom, validUntil } = fields;
      return save(editing, { questions: linesOf(lines), answer, language, enabled, validFrom, validUntil });
    },
    onSuccess: async () => {
      onClose();
      notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: learningKey });
    },
  });
  const { error } = saving;
  return (
    <DialogForm
      error={named.every((field) => problemAt(error, field) === undefined) ? error : null}
      submit={t('app.save')}
      busy={saving.isPending}
      disabled={fields.answer.trim() === '' || linesOf(lines).length === 0}
      onSubmit={saving.mutate}
      onClose={onClose}
    >
      <WordingsField
        label={t('learning.approvedQuestions')}
        value={lines}
        error={problemAt(error, 'questions')}
        onChange={setLines}
        autoFocus
      />
      {isDeciding(editing) && (
        <AnswersToTake answers={editing.group.answers} onTake={({ text }) => change({ answer: text })} />
      )}
      <Textarea
        label={t('learning.approvedAnswer')}
        description={t('learning.approvedAnswerHint')}
        inputWrapperOrder={inputWrapperOrder}
        autosize
        minRows={3}
        maxRows={10}
        maxLength={4_000}
        value={fields.answer}
        error={problemAt(error, 'answer')}
        onChange={(event) => change({ answer: event.currentTarget.value })}
      />
      <div className={styles.pair}>
        <Select
          label={t('graph.language')}
          data={[...new Set(['zh-CN', 'en', fields.language])].map((value) => ({ value, label: value }))}
          value={fields.language}
          onChange={(language) => language !== null && change({ language })}
          allowDeselect={false}
        />
        <Switch
          className={styles.inUse}
          label={t('learning.enabled')}
          checked={fields.enabled}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
      </div>
      <div className={styles.pair}>
        <ValidityFields value={fields} error={problemAt(error, 'validUntil')} onChange={change} />
      </div>
    </DialogForm>
  );
}
