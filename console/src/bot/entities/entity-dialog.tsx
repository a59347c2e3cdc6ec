import { Button, FileButton, Modal, SegmentedControl, Switch, Textarea, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../../app/api.ts';
import { DialogForm } from '../../app/dialog-form.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { notifyDone } from '../../app/notify.ts';
import { type Entity, entitiesKey, importValues, saveEntity } from './entity-queries.ts';
import { readValues, writeValues } from './value-lines.ts';

type DialogProps = { editing: Entity | 'new' | undefined; onClose: () => void };

/** Makes a dictionary or pattern, or changes one. */
export function EntityDialog({ editing, onClose }: DialogProps) {
  const { t } = useTranslation();
  const entity = editing === 'new' ? undefined : editing;
  const title = entity === undefined ? t('entities.add') : t('entities.editTitle', { name: entity.name });
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={editing !== undefined}
      onClose={onClose}
      title={title}
      size="lg"
    >
      {editing !== undefined && <EntityFields key={entity?.id ?? 'new'} entity={entity} onClose={onClose} />}
    </Modal>
  );
}

function EntityFields({ entity, onClose }: { entity: Entity | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [name, setName] = useState(entity?.name ?? '');
  const [kind, setKind] = useState<Entity['kind']>(entity?.kind ?? 'dictionary');
  const [lines, setLines] = useState(writeValues(entity?.values ?? []));
  const [pattern, setPattern] = useState(entity?.pattern ?? '');
  const [enabled, setEnabled] = useState(entity?.enabled ?? true);
  const done = async () => {
    notifyDone(t('app.saved'));
    await queryClient.invalidateQueries({ queryKey: entitiesKey });
  };
  const save = useMutation({
    mutationFn: () =>
      saveEntity(entity?.id, {
        name,
        kind,
        enabled,
        ...(kind === 'dictionary' ? { values: readValues(lines) } : { pattern }),
      }),
    onSuccess: async () => {
      onClose();
      await done();
    },
  });
  const importing = useMutation({
    mutationFn: async (file: File) => importValues(entity?.id ?? '', await file.text()),
    onSuccess: async ({ values = [] }) => {
      setLines(writeValues(values));
      await done();
    },
  });
  const error = save.error ?? importing.error;
  const errorAt = (field: string) =>
    error instanceof ApiError && error.field === field ? fieldProblem(error) : undefined;
  const isElsewhere = error !== null && !['name', 'values', 'pattern'].some((field) => errorAt(field) !== undefined);
  return (
    <DialogForm
      error={isElsewhere ? error : null}
      submit={t('app.save')}
      busy={save.isPending}
      aside={
        entity?.kind === 'dictionary' && (
          <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => file !== null && importing.mutate(file)}>
            {(props) => (
              <Button variant="subtle" loading={importing.isPending} {...props}>
                {t('entities.import')}
              </Button>
            )}
          </FileButton>
        )
      }
      onSubmit={save.mutate}
      onClose={onClose}
    >
      <TextInput
        label={t('entities.name')}
        description={t('entities.nameHint')}
        inputWrapperOrder={inputWrapperOrder}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errorAt('name')}
        data-autofocus
      />
      {entity === undefined && (
        <SegmentedControl<Entity['kind']>
          aria-label={t('entities.kind')}
          value={kind}
          onChange={setKind}
          data={[
            { value: 'dictionary', label: t('entities.dictionary') },
            { value: 'pattern', label: t('entities.pattern') },
          ]}
        />
      )}
      {kind === 'dictionary' ? (
        <Textarea
          label={t('entities.values')}
          description={t('entities.valuesHint')}
          inputWrapperOrder={inputWrapperOrder}
          placeholder={t('entities.valuesExample')}
          autosize
          minRows={6}
          maxRows={16}
          value={lines}
          onChange={(event) => setLines(event.currentTarget.value)}
          error={errorAt('values')}
        />
      ) : (
        <TextInput
          label={t('entities.pattern')}
          description={t('entities.patternHint')}
          inputWrapperOrder={inputWrapperOrder}
          placeholder="DD\d{8,12}"
          value={pattern}
          onChange={(event) => setPattern(event.currentTarget.value)}
          error={errorAt('pattern')}
        />
      )}
      <Switch
        label={t('entities.enabled')}
        checked={enabled}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
    </DialogForm>
  );
}
