import { Alert, Autocomplete, Button, Group, Modal, Stack, TagsInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
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
  function submit(event: FormEvent): void {
    event.preventDefault();
    save.mutate();
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
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
        {save.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {problemText(save.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
