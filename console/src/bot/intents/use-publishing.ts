import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../app/api.ts';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { beginReplay, replaysQuery, usualDays } from '../replay/replay-queries.ts';
import { type Models, modelsQuery, publishModel } from './model-queries.ts';

/** A version that shall serve. `replayed`: its replay was looked at; `anyway`: also what speaks against it. */
export interface Wanted {
  readonly version: number;
  readonly replayed?: boolean;
  readonly anyway?: boolean;
}

/**
 * Lets a version serve. The first one, and the one that served before, do at once; of any other it is first shown what would
 * have become of past conversations, from where it can be published.
 */
export function usePublishing() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async ({ version, replayed = false, anyway = false }: Wanted): Promise<Models | null> => {
      const models = await queryClient.ensureQueryData(modelsQuery);
      const isAtOnce = replayed || models.published === null || version === models.former;
      if (isAtOnce) {
        try {
          return await publishModel(version, anyway);
        } catch (error) {
          // What keeps it from going live is what its replay shows.
          if (replayed || !(hasCode(error, 'worse-than-live') || hasCode(error, 'replay-needed'))) throw error;
        }
      }
      const { id } = await beginReplay({ kind: 'model', version }, usualDays);
      await navigate({ to: '/bot/$part', params: { part: 'replay' }, search: { open: id } });
      return null;
    },
    onSuccess: async (models, { replayed }) => {
      if (models === null) return;
      queryClient.setQueryData(modelsQuery.queryKey, models);
      if (replayed === true) notifyDone(t('intents.serves', { n: models.serving ?? 0 }));
      await queryClient.invalidateQueries({ queryKey: replaysQuery.queryKey });
    },
    onError: notifyFailure,
  });
}
