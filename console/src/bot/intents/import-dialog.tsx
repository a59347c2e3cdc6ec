import { Alert, Button, FileInput, Group, Modal, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { type FileFormat, importFile, intentsKey } from './intent-queries.ts';
import { linesOf } from './lines.ts';

/** Takes a file, or what was pasted, whole or not at all. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [text, setText] = useState('');
  const [format, setFormat] = useState<FileFormat>('tsv');
  const importing = useMutation({
    mutationFn: () => importFile(text, format),
    onSuccess: async ({ intents, added }) => {
      onClose();
      setText('');
      notifyDone(t('intents.imported', { intents, n: added }));
      await queryClient.invalidateQueries({ queryKey: intentsKey });
    },
  });
  async function take(file: File | null): Promise<void> {
    if (file === null) return;
    setFormat(file.name.toLowerCase().endsWith('.csv') ? 'csv' : 'tsv');
    setText(await file.text());
    importing.reset();
  }
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={opened}
      onClose={onClose}
      title={t('intents.import')}
      size="lg"
    >
      <Stack gap="sm">
        <FileInput
          label={t('intents.file')}
          description={t('intents.fileHint')}
          inputWrapperOrder={inputWrapperOrder}
          placeholder={t('intents.chooseFile')}
          accept=".tsv,.csv,.txt,text/plain,text/csv,text/tab-separated-values"
          onChange={(file) => void take(file)}
        />
        <SegmentedControl<FileFormat>
          size="xs"
          aria-label={t('intents.format')}
          value={format}
          onChange={setFormat}
          data={[
            { value: 'tsv', label: t('intents.tsv') },
            { value: 'csv', label: t('intents.csv') },
          ]}
        />
        <Textarea
          label={t('intents.pasted')}
          autosize
          minRows={6}
          maxRows={14}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            importing.reset();
          }}
        />
        <span aria-live="polite">{t('intents.lines', { n: linesOf(text).length })}</span>
        {importing.error !== null && (
          <Alert color="red" variant="light" title={t('intents.notImported')} role="alert">
            {problemText(importing.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button loading={importing.isPending} disabled={text.trim() === ''} onClick={() => importing.mutate()}>
            {t('intents.importNow')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
