import { Badge, Button, Skeleton } from '@mantine/core';
import { IconBook2, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EditAndDelete } from '../../app/edit-and-delete.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { useRemoval } from '../../app/removal.tsx';
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
  const removal = useRemoval<Entity>({
    remove: removeEntity,
    queryKey: entitiesKey,
    title: (entity) => t('entities.removeTitle', { name: entity?.name ?? '' }),
    text: () => t('entities.removeText'),
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
            <EditAndDelete name={entity.name} onEdit={() => onEdit(entity)} onDelete={() => removal.ask(entity)} />
          </li>
        ))}
      </ul>
      {removal.question}
    </>
  );
}
