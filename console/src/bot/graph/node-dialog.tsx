import { Autocomplete, Modal, TagsInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { addNode, attributeType, changeNode, type GraphNode, graphKey } from './graph-queries.ts';

type DialogProps = { editing: GraphNode | 'new' | undefined; onClose: () => void; onSaved: (node: GraphNode) => void };

/** Makes a node, or renames one. */
export function NodeDialog({ editing, onClose, onSaved }: DialogProps) {
  const { t } = useTranslation();
  const node = editing === 'new' ? undefined : editing;
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={editing !== undefined}
      onClose={onClose}
      title={t(node === undefined ? 'graph.addNode' : 'graph.editNode')}
      size="md"
    >
      {editing !== undefined && <NodeFields key={node?.id ?? 'new'} node={node} onClose={onClose} onSaved={onSaved} />}
    </Modal>
  );
}

/** Languages that have a field of their own; names in others stay as they are. */
const languages = ['zh-CN', 'en'] as const;

function NodeFields({ node, onClose, onSaved }: Omit<DialogProps, 'editing'> & { node: GraphNode | undefined }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [type, setType] = useState(node?.type ?? 'product');
  const [names, setNames] = useState<Readonly<Record<string, string>>>(node?.names ?? {});
  const [synonyms, setSynonyms] = useState<readonly string[]>(node?.synonyms ?? []);
  const save = useMutation({
    mutationFn: () => {
      const named = Object.entries(names).filter(([, name]) => name.trim() !== '');
      const saved = { type, names: Object.fromEntries(named), synonyms };
      return node === undefined ? addNode(saved) : changeNode(node.id, saved);
    },
    onSuccess: async (saved) => {
      onClose();
      onSaved(saved);
      notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: graphKey });
    },
  });
  return (
    <DialogForm
      error={save.error}
      submit={t('app.save')}
      busy={save.isPending}
      onSubmit={save.mutate}
      onClose={onClose}
    >
      {languages.map((language, at) => (
        <TextInput
          key={language}
          label={t('graph.name', { language: t(`graph.languages.${language}`) })}
          value={names[language] ?? ''}
          onChange={(event) => setNames({ ...names, [language]: event.currentTarget.value })}
          data-autofocus={at === 0 || undefined}
        />
      ))}
      <Autocomplete
        label={t('graph.type')}
        description={t('graph.typeHint')}
        inputWrapperOrder={inputWrapperOrder}
        data={['product', 'category', 'policy', 'shop', attributeType]}
        value={type}
        onChange={setType}
      />
      <TagsInput
        label={t('graph.synonyms')}
        description={t('graph.synonymsHint')}
        inputWrapperOrder={inputWrapperOrder}
        value={[...synonyms]}
        onChange={setSynonyms}
        splitChars={[',', '，', '、']}
        acceptValueOnBlur
      />
    </DialogForm>
  );
}
