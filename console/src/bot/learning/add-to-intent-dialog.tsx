import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogForm } from '../../app/dialog-form.tsx';
import { notifyDone } from '../../app/notify.ts';
import { intentsKey, intentsQuery, outOfScopeId } from '../intents/intent-queries.ts';
import { linesOf } from '../intents/lines.ts';
import type { Deciding } from './deciding.ts';
import { LearningDialog } from './learning-dialog.tsx';
import { addToIntent, learningKey } from './learning-queries.ts';
import { problemAt, WordingsField } from './taken-wordings.tsx';

/** Questions as utterances of an intent that there is. */
export function AddToIntentDialog({ deciding, onClose }: { deciding: Deciding | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <LearningDialog opened={deciding !== undefined} onClose={onClose} title={t('learning.addToIntentTitle')}>
      {deciding !== undefined && <Fields deciding={deciding} onClose={onClose} />}
    </LearningDialog>
  );
}

function Fields({ deciding: { group, utterances }, onClose }: { deciding: Deciding; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [intent, setIntent] = useState<{ id: string; name: string } | null>(group.nearest);
  const [looked, setLooked] = useState(group.nearest?.name ?? '');
  const [search] = useDebouncedValue(looked === intent?.name ? '' : looked.trim(), 200);
  const [lines, setLines] = useState(utterances.join('\n'));
  const { data } = useInfiniteQuery(intentsQuery(search));
  const outside = { id: outOfScopeId, name: t('intents.outOfScope') };
  const found = [...(data?.pages.flatMap(({ items }) => items) ?? []), outside];
  const known = intent === null || found.some(({ id }) => id === intent.id) ? found : [intent, ...found];
  const adding = useMutation({
    mutationFn: () => addToIntent(group, intent?.id ?? '', linesOf(lines)),
    onSuccess: async ({ added }) => {
      onClose();
      notifyDone(t('intents.added', { n: added }));
      await Promise.all([learningKey, intentsKey].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
  });
  const { error } = adding;
  const atWordings = problemAt(error, 'utterances');
  return (
    <DialogForm
      error={atWordings === undefined ? error : null}
      submit={t('learning.addNow')}
      busy={adding.isPending}
      disabled={intent === null || linesOf(lines).length === 0}
      onSubmit={adding.mutate}
      onClose={onClose}
    >
      <Select
        label={t('learning.intent')}
        placeholder={t('intents.search')}
        allowDeselect={false}
        data={known.map(({ id, name }) => ({ value: id, label: name }))}
        value={intent?.id ?? null}
        searchable
        searchValue={looked}
        onSearchChange={setLooked}
        nothingFoundMessage={t('learning.noIntent')}
        onChange={(id) => setIntent(known.find((one) => one.id === id) ?? null)}
        data-autofocus
      />
      <WordingsField label={t('intents.utterances')} value={lines} error={atWordings} onChange={setLines} />
    </DialogForm>
  );
}
