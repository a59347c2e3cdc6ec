import { Autocomplete, Modal, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { addRelation, attributeType, type GraphNode, graphKey, nameOf, nodesQuery } from './graph-queries.ts';

export interface Connecting {
  readonly from: GraphNode;
  /** Where the line was drawn to, when it was drawn. */
  readonly to?: string;
}

/** Connects a node with another. */
export function RelationDialog({ connecting, onClose }: { connecting: Connecting | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={connecting !== undefined}
      onClose={onClose}
      title={t('graph.connect')}
      size="md"
    >
      {connecting !== undefined && <RelationFields connecting={connecting} onClose={onClose} />}
    </Modal>
  );
}

function RelationFields({ connecting: { from, to: drawn }, onClose }: { connecting: Connecting; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const [q, setQ] = useState('');
  const { data } = useQuery(nodesQuery(q));
  const [type, setType] = useState('is-a');
  const [to, setTo] = useState<string | null>(drawn ?? null);
  const save = useMutation({
    mutationFn: () => addRelation({ from: from.id, type, to: to ?? '' }),
    onSuccess: async () => {
      onClose();
      await queryClient.invalidateQueries({ queryKey: graphKey });
    },
  });
  const others = (data?.items ?? []).filter((node) => node.type !== attributeType && node.id !== from.id);
  const shown = others.map((node) => ({ value: node.id, label: nameOf(node, i18n.language) }));
  return (
    <DialogForm
      error={save.error}
      submit={t('graph.connectNow')}
      busy={save.isPending}
      disabled={to === null}
      onSubmit={save.mutate}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>{t('graph.connectFrom', { name: nameOf(from, i18n.language) })}</p>
      <Autocomplete
        label={t('graph.relationType')}
        description={t('graph.relationHint')}
        inputWrapperOrder={inputWrapperOrder}
        data={['is-a', 'part-of', 'fits', 'sold-with']}
        value={type}
        onChange={setType}
      />
      <Select
        label={t('graph.connectTo')}
        searchable
        onSearchChange={setQ}
        filter={({ options }) => options}
        // What was drawn to may not be on the first page of all.
        data={to === null || shown.some(({ value }) => value === to) ? shown : [...shown, { value: to, label: to }]}
        value={to}
        onChange={setTo}
        nothingFoundMessage={t('graph.noneFound')}
      />
    </DialogForm>
  );
}
