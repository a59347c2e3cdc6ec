import { Button, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch, IconTopologyStar3 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import styles from './graph.module.css';
import { GraphPicture } from './graph-picture.tsx';
import {
  attributeType,
  exportAddress,
  type GraphNode,
  nameOf,
  nodesQuery,
  type Picture,
  pictureQuery,
} from './graph-queries.ts';
import { ImportGraphDialog } from './import-dialog.tsx';
import { NodeDialog } from './node-dialog.tsx';
import { NodePanel } from './node-panel.tsx';
import { type Connecting, RelationDialog } from './relation-dialog.tsx';
import { TryGraph } from './try-graph.tsx';

/** The knowledge graph as a picture and as a list, to see and to edit, and a try at it. */
export function GraphPart() {
  const { t } = useTranslation();
  const [selected, setSelected] = useState<string>();
  const [editing, setEditing] = useState<GraphNode | 'new'>();
  const [connecting, setConnecting] = useState<Connecting>();
  const [importing, setImporting] = useState(false);
  const whole = useQuery(pictureQuery(undefined));
  const { data, error, refetch } = useQuery(pictureQuery(isLarge(whole.data) ? selected : undefined));
  const { data: all } = useQuery(nodesQuery(''));
  if (error !== null && data === undefined) {
    return <LoadFailed title={t('graph.loadFailed')} error={error} onRetry={refetch} />;
  }
  const add = () => setEditing('new');
  return (
    <>
      {data === undefined || all === undefined ? (
        <Skeleton height={440} radius="md" />
      ) : all.items.length === 0 ? (
        <EmptyState icon={<IconTopologyStar3 size={22} />} title={t('graph.emptyTitle')} hint={t('graph.emptyHint')}>
          <Button onClick={add}>{t('graph.addNode')}</Button>
          <Button variant="default" onClick={() => setImporting(true)}>
            {t('graph.import')}
          </Button>
        </EmptyState>
      ) : (
        <>
          <Toolbar onAdd={add} onImport={() => setImporting(true)} />
          <Columns picture={data} selected={selected} onSelect={setSelected} onConnect={setConnecting} />
          {selected !== undefined && (
            <NodePanel
              key={selected}
              id={selected}
              onSelect={setSelected}
              onEdit={setEditing}
              onConnect={(from) => setConnecting({ from })}
            />
          )}
          <TryGraph />
        </>
      )}
      <NodeDialog editing={editing} onClose={() => setEditing(undefined)} onSaved={(node) => setSelected(node.id)} />
      <RelationDialog connecting={connecting} onClose={() => setConnecting(undefined)} />
      <ImportGraphDialog opened={importing} onClose={() => setImporting(false)} />
    </>
  );
}

/** Of a large graph only what lies around the selected node is drawn. */
const isLarge = (picture: Picture | undefined): boolean =>
  picture !== undefined && picture.total > picture.nodes.length;

function Toolbar({ onAdd, onImport }: { onAdd: () => void; onImport: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.toolbar}>
      <Button size="xs" leftSection={<IconPlus size={14} />} onClick={onAdd}>
        {t('graph.addNode')}
      </Button>
      <Button size="xs" variant="default" onClick={onImport}>
        {t('graph.import')}
      </Button>
      <Button size="xs" variant="subtle" component="a" href={exportAddress('json')} download="graph.json">
        {t('graph.export')}
      </Button>
    </div>
  );
}

type ColumnsProps = {
  picture: Picture;
  selected: string | undefined;
  onSelect: (id: string) => void;
  onConnect: (connecting: Connecting) => void;
};

function Columns({ picture, selected, onSelect, onConnect }: ColumnsProps) {
  const { t, i18n } = useTranslation();
  const [q, setQ] = useState('');
  const [sought] = useDebouncedValue(q, 200);
  const { data } = useQuery(nodesQuery(sought));
  const found = data?.items ?? [];
  return (
    <>
      <div className={styles.columns}>
        <div>
          <TextInput
            mb={8}
            size="xs"
            type="search"
            leftSection={<IconSearch size={14} />}
            aria-label={t('graph.search')}
            placeholder={t('graph.search')}
            value={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
          <ul className={styles.list} aria-label={t('graph.nodes')}>
            {found.map((node) => (
              <li key={node.id}>
                <button
                  type="button"
                  className={styles.item}
                  aria-current={node.id === selected}
                  onClick={() => onSelect(node.id)}
                >
                  <span>{nameOf(node, i18n.language)}</span>
                  <span className={styles.dim}>{node.type === attributeType ? t('graph.attribute') : node.type}</span>
                </button>
              </li>
            ))}
            {data !== undefined && found.length === 0 && <li className={styles.item}>{t('graph.noneFound')}</li>}
          </ul>
        </div>
        <GraphPicture
          picture={picture}
          selected={selected}
          onSelect={onSelect}
          onConnect={(from, to) => {
            const node = picture.nodes.find(({ id }) => id === from);
            if (node !== undefined && from !== to) onConnect({ from: node, to });
          }}
        />
      </div>
      {isLarge(picture) && (
        <p className={styles.dim}>{t('graph.partShown', { n: picture.nodes.length, total: picture.total })}</p>
      )}
    </>
  );
}
