import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { notifyFailure } from './notify.ts';

/**
 * Removes something of a list once a person has said yes.
 *
 * @param queryKey what is read again afterwards
 * @param title and `text`: what the question says; without the item while nothing is asked
 * @returns `ask`, which opens the question, and the question itself
 */
export function useRemoval<T extends { readonly id: string }>(of: {
  remove: (id: string) => Promise<unknown>;
  queryKey: QueryKey;
  title: (item: T | undefined) => string;
  text: (item: T | undefined) => string;
}): { ask: (item: T) => void; question: ReactNode } {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [removing, setRemoving] = useState<T>();
  const remove = useMutation({
    mutationFn: of.remove,
    onSuccess: async () => {
      setRemoving(undefined);
      await queryClient.invalidateQueries({ queryKey: of.queryKey });
    },
    onError: notifyFailure,
  });
  const question = (
    <ConfirmDialog
      opened={removing !== undefined}
      title={of.title(removing)}
      text={of.text(removing)}
      confirm={t('app.delete')}
      dangerous
      busy={remove.isPending}
      onClose={() => setRemoving(undefined)}
      onConfirm={() => removing !== undefined && remove.mutate(removing.id)}
    />
  );
  return { ask: setRemoving, question };
}
