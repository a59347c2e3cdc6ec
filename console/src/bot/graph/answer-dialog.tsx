import { Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { addAnswer, attributesQuery, changeAnswer, type GraphAnswer, graphKey, nameOf } from './graph-queries.ts';

type DialogProps = { node: string; editing: GraphAnswer | 'new' | undefined; onClose: () => void };

/** Attaches an answer to a node, or changes one. */
export function AnswerDialog({ node, editing, onClose }: DialogProps) {
  const { t } = useTranslation();
  const answer = editing === 'new' ? undefined : editing;
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={editing !== undefined}
      onClose={onClose}
      title={t(answer === undefined ? 'graph.addAnswer' : 'graph.editAnswer')}
      size="md"
    >
      {editing !== undefined && (
        <AnswerFields key={answer?.id ?? 'new'} node={node} answer={answer} onClose={onClose} />
      )}
    </Modal>
  );
}

const dayMs = 86_400_000;
/** The last day on which it holds, as a date field has it; stored is the first instant at which it does not. */
const lastDay = (validTo: number | null) =>
  validTo === null ? '' : new Date(validTo - dayMs).toISOString().slice(0, 10);

function AnswerFields({
  node,
  answer,
  onClose,
}: {
  node: string;
  answer: GraphAnswer | undefined;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const { data: attributes = [] } = useQuery(attributesQuery);
  const [attribute, setAttribute] = useState<string | null>(answer?.attribute ?? null);
  const [language, setLanguage] = useState(answer?.language ?? (i18n.language.startsWith('zh') ? 'zh-CN' : 'en'));
  const [text, setText] = useState(answer?.text ?? '');
  const [until, setUntil] = useState(lastDay(answer?.validTo ?? null));
  const save = useMutation({
    mutationFn: () => {
      const validTo = until === '' ? null : Date.parse(until) + dayMs;
      return answer === undefined
        ? addAnswer({ node, attribute: attribute ?? '', language, text, validTo })
        : changeAnswer(answer.id, { text, validTo });
    },
    onSuccess: async () => {
      onClose();
      notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: graphKey });
    },
  });
  return (
    <DialogForm
      error={save.error}
      submit={t('app.save')}
      busy={save.isPending}
      disabled={attribute === null || text.trim() === ''}
      onSubmit={save.mutate}
      onClose={onClose}
    >
      <Select
        label={t('graph.attribute')}
        description={t(attributes.length === 0 ? 'graph.noAttributes' : 'graph.attributeHint')}
        inputWrapperOrder={inputWrapperOrder}
        data={attributes.map((one) => ({ value: one.id, label: nameOf(one, i18n.language) }))}
        value={attribute}
        onChange={setAttribute}
        disabled={answer !== undefined}
      />
      <Select
        label={t('graph.language')}
        data={[...new Set(['zh-CN', 'en', language])].map((value) => ({ value, label: value }))}
        value={language}
        onChange={(value) => value !== null && setLanguage(value)}
        allowDeselect={false}
        disabled={answer !== undefined}
      />
      <Textarea
        label={t('graph.text')}
        autosize
        minRows={3}
        maxRows={10}
        maxLength={4_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        label={t('graph.until')}
        description={t('graph.untilHint')}
        inputWrapperOrder={inputWrapperOrder}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
