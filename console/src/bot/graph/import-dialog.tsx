import { Alert, Button, FileInput, Group, Modal, Radio, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { graphKey, importGraph } from './graph-queries.ts';

/** Takes one JSON file or up to three CSV files, whole or not at all. */
export function ImportGraphDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [files, setFiles] = useState<readonly File[]>([]);
  const [mode, setMode] = useState<string>('merge');
  const importing = useMutation({
    mutationFn: async () => importGraph({ mode, ...(await bodyOf(files, t('graph.fileUnknown'))) }),
    onSuccess: async (counts) => {
      onClose();
      setFiles([]);
      notifyDone(t('graph.imported', counts));
      await queryClient.invalidateQueries({ queryKey: graphKey });
    },
  });
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={opened}
      onClose={onClose}
      title={t('graph.import')}
      size="lg"
    >
      <Stack gap="sm">
        <FileInput
          multiple
          label={t('graph.files')}
          description={t('graph.filesHint')}
          inputWrapperOrder={inputWrapperOrder}
          placeholder={t('graph.chooseFiles')}
          accept=".csv,.json,text/csv,application/json"
          value={[...files]}
          onChange={(chosen) => {
            setFiles(chosen);
            importing.reset();
          }}
        />
        <Radio.Group label={t('graph.mode')} value={mode} onChange={setMode}>
          <Stack gap={6} mt={6}>
            <Radio value="merge" label={t('graph.merge')} />
            <Radio value="replace" label={t('graph.replace')} />
          </Stack>
        </Radio.Group>
        {importing.error !== null && (
          <Alert color="red" variant="light" title={t('graph.notImported')} role="alert">
            <span style={{ whiteSpace: 'pre-wrap' }}>{problemText(importing.error)}</span>
          </Alert>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button loading={importing.isPending} disabled={files.length === 0} onClick={() => importing.mutate()}>
            {t('graph.importNow')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The name of a CSV file says what is in it. */
async function bodyOf(files: readonly File[], unknown: string): Promise<Record<string, unknown>> {
  const [first] = files;
  if (first?.name.toLowerCase().endsWith('.json')) return { format: 'json', ...JSON.parse(await first.text()) };
  const body: Record<string, unknown> = { format: 'csv' };
  for (const file of files) {
    const part = (['nodes', 'relations', 'answers'] as const).find((name) =>
      file.name.toLowerCase().includes(name.slice(0, -1)),
    );
    if (part === undefined) throw new Error(`${file.name}: ${unknown}`);
    body[part] = await file.text();
  }
  return body;
}
