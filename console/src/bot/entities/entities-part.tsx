import { Badge, Button, Skeleton } from '@mantine/core';
import { IconBook2, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../../app/confirm-dialog.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { notifyFailure } from '../../app/notify.ts';
import styles from './entities.module.css';
import { EntityDialog } from './entity-dialog.tsx';
import { type Entity, entitiesKey, entitiesQuery, removeEntity } from './entity-queries.ts';
import { TryEntities } from './try-entities.tsx';

/** The values that the bot finds beside numbers, dates and the like: the shop's own words and numbers. */
export function EntitiesPart() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(entitiesQuery);
  const [editing, setEditing] = useState<Entity | 'new'>();
  if (error !== null && data === undefined) {
    return <LoadFailed title={t('entities.loadFailed')} error={error} onRetry={refetch} />;
  }
  return (
    <>
      <TryEntities />
      <div className={styles.head}>
        <h2>{t('entities.own')}</h2>
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
          {t('entities.add')}
        </Button>
      </div>
      {data === undefined && <Skeleton height={120} radius="md" />}
      {data?.length === 0 && (
        <EmptyState icon={<IconBook2 size={22} />} title={t('entities.emptyTitle')} hint={t('entities.emptyHint')} />
      )}
      {data !== undefined && data.length > 0 && <EntityList entities={data} onEdit={setEditing} />}
      <EntityDialog editing={editing} onClose={() => setEditing(undefined)} />
    </>
  );
}

function EntityList({ entities, onEdit }: { entities: readonly Entity[]; onEdit: (entity: Entity) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [removing, setRemoving] = useState<Entity>();
  const remove = useMutation({
    mutationFn: removeEntity,
    onSuccess: async () => {
      setRemoving(undefined);
      await queryClient.invalidateQueries({ queryKey: entitiesKey });
    },
    onError: notifyFailure,
  });
  return (
    <>
      <ul className={styles.list}>
        {entities.map((entity) => (
          <li key={entity.id} className={styles.row}>
            <span className={styles.rowText}>
              <strong>{entity.name}</strong>
              <span className={styles.dim}>
                {entity.kind === 'pattern' ? (
                  <code>{entity.pattern}</code>
                ) : (
                  t('entities.count', { n: entity.values?.length ?? 0 })
                )}
              </span>
            </span>
            {!entity.enabled && (
              <Badge variant="default" size="sm" tt="none">
                {t('entities.off')}
              </Badge>
            )}
            <Button
              size="xs"
              variant="default"
              aria-label={`${t('app.edit')}: ${entity.name}`}
              onClick={() => onEdit(entity)}
            >
              {t('app.edit')}
            </Button>
            <Button
              size="xs"
              variant="subtle"
              color="red"
              aria-label={`${t('app.delete')}: ${entity.name}`}
              onClick={() => setRemoving(entity)}
            >
              {t('app.delete')}
            </Button>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        opened={removing !== undefined}
        title={t('entities.removeTitle', { name: removing?.name ?? '' })}
        text={t('entities.removeText')}
        confirm={t('app.delete')}
        dangerous
        busy={remove.isPending}
        onClose={() => setRemoving(undefined)}
        onConfirm={() => removing !== undefined && remove.mutate(removing.id)}
      />
    </>
  );
}
