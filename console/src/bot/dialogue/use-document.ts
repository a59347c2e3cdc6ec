import { type QueryKey, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { type Published, publishDocument, restoreDocument } from './dialogue-queries.ts';

/** A document of the bot as it is being changed: what holds stays what it is until this is published. */
export function useDocument<T>(
  kind: 'settings' | 'flows',
  query: { queryKey: QueryKey; queryFn?: unknown },
): {
  readonly draft: T | undefined;
  readonly version: number;
  readonly isChanged: boolean;
  readonly isBusy: boolean;
  readonly error: Error | null;
  change(next: T): void;
  discard(): void;
  /** @param anyway although its replay spoke against it */
  publish(anyway?: boolean): void;
  restore(version: number): void;
} {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data, error } = useQuery<Published<T>>(query as never);
  const [draft, setDraft] = useState<{ readonly on: number; readonly document: T }>();
  const done = (published: Published<T>) => {
    queryClient.setQueryData(query.queryKey, published);
    setDraft(undefined);
    notifyDone(t('dialogue.published', { version: published.version }));
  };
  const publishing = useMutation({
    mutationFn: (next: { on: number; document: T; anyway: boolean }) => publishDocument(kind, next),
    onSuccess: done,
    onError: notifyFailure,
  });
  const restoring = useMutation({
    mutationFn: (version: number) => restoreDocument<T>(kind, version, data?.version ?? 0),
    onSuccess: done,
    onError: notifyFailure,
  });
  return {
    draft: draft?.document ?? data?.document,
    version: data?.version ?? 0,
    isChanged: draft !== undefined,
    isBusy: publishing.isPending || restoring.isPending,
    error,
    change: (document) => setDraft((before) => ({ on: before?.on ?? data?.version ?? 0, document })),
    discard: () => setDraft(undefined),
    publish: (anyway = false) => {
      if (draft !== undefined) publishing.mutate({ ...draft, anyway });
    },
    restore: (version) => restoring.mutate(version),
  };
}
