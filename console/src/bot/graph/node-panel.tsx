import { Badge, Button, Skeleton } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { ConfirmDialog } from '../../app/confirm-dialog.tsx';
import { notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { AnswerDialog } from './answer-dialog.tsx';
import styles from './graph.module.css';
import {
  attributesQuery,
  attributeType,
  type GraphAnswer,
  type GraphNode,
  graphKey,
  nameOf,
  nodeQuery,
  removePart,
} from './graph-queries.ts';

type Props = {
  id: string;
  onSelect: (id: string | undefined) => void;
  onEdit: (node: GraphNode) => void;
  onConnect: (node: GraphNode) => void;
};

/** One node: its names, what it is connected with, and what is answered about it. */
export function NodePanel({ id, onSelect, onEdit, onConnect }: Props) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const { data, error } = useQuery(nodeQuery(id));
  const { data: attributes = [] } = useQuery(attributesQuery);
  const [answering, setAnswering] = useState<GraphAnswer | 'new'>();
  const [removing, setRemoving] = useState(false);
  const remove = useMutation({
    mutationFn: removePart,
    onSuccess: async (_, { part }) => {
      setRemoving(false);
      if (part === 'nodes') onSelect(undefined);
      await queryClient.invalidateQueries({ queryKey: graphKey });
    },
    onError: notifyFailure,
  });
  if (error !== null) return <Panel>{problemText(error)}</Panel>;
  if (data === undefined) return <Skeleton height={160} radius="md" />;
  const { node, relations, answers } = data;
  const name = nameOf(node, i18n.language);
  const nameOfAttribute = (attribute: string) =>
    nameOf(attributes.find((one) => one.id === attribute) ?? { id: attribute, names: {} }, i18n.language);
  return (
    <Panel>
      <div className={styles.panelHead}>
        <div>
          <h2 style={{ margin: 0, fontSize: 16 }}>{name}</h2>
          <span className={styles.dim}>
            {[
              node.type,
              node.id,
              ...Object.values(node.names).filter((other) => other !== name),
              ...node.synonyms,
            ].join(' · ')}
          </span>
        </div>
        <div className={styles.toolbar}>
          <Button size="xs" variant="default" onClick={() => onEdit(node)}>
            {t('app.edit')}
          </Button>
          <Button size="xs" variant="subtle" color="red" onClick={() => setRemoving(true)}>
            {t('app.delete')}
          </Button>
        </div>
      </div>
      {node.type === attributeType ? (
        <p className={styles.dim}>{t('graph.isAttribute')}</p>
      ) : (
        <>
          <div className={styles.group}>
            <div className={styles.panelHead}>
              <h3>{t('graph.relations')}</h3>
              <Button size="xs" variant="light" onClick={() => onConnect(node)}>
                {t('graph.connect')}
              </Button>
            </div>
            {relations.length === 0 && <p className={styles.dim}>{t('graph.noRelations')}</p>}
            <ul className={styles.rows}>
              {relations.map((relation) => {
                const other = relation.from === id ? relation.to : relation.from;
                return (
                  <li key={relation.id}>
                    <span className={styles.rowText}>
                      {relation.from === id ? '→' : '←'} {relation.type}{' '}
                      <Button size="compact-xs" variant="subtle" onClick={() => onSelect(other)}>
                        {other}
                      </Button>
                    </span>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="red"
                      aria-label={t('graph.removeRelation', { type: relation.type, name: other })}
                      onClick={() => remove.mutate({ part: 'relations', id: relation.id })}
                    >
                      {t('app.delete')}
                    </Button>
                  </li>
                );
              })}
            </ul>
          </div>
          <div className={styles.group}>
            <div className={styles.panelHead}>
              <h3>{t('graph.answers')}</h3>
              <Button size="xs" variant="light" onClick={() => setAnswering('new')}>
                {t('graph.addAnswer')}
              </Button>
            </div>
            {answers.length === 0 && <p className={styles.dim}>{t('graph.noAnswers')}</p>}
            <ul className={styles.rows}>
              {answers.map((answer) => (
                <li key={answer.id}>
                  <span className={styles.rowText}>
                    <strong>{nameOfAttribute(answer.attribute)}</strong>{' '}
                    <span className={styles.dim}>{answer.language}</span>
                    <br />
                    {answer.text}
                  </span>
                  {answer.validTo !== null && answer.validTo <= Date.now() && (
                    <Badge size="sm" variant="default">
                      {t('graph.ended')}
                    </Badge>
                  )}
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`${t('app.edit')}: ${nameOfAttribute(answer.attribute)} ${answer.language}`}
                    onClick={() => setAnswering(answer)}
                  >
                    {t('app.edit')}
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="red"
                    aria-label={`${t('app.delete')}: ${nameOfAttribute(answer.attribute)} ${answer.language}`}
                    onClick={() => remove.mutate({ part: 'answers', id: answer.id })}
                  >
                    {t('app.delete')}
                  </Button>
                </li>
              ))}
            </ul>
          </div>
        </>
      )}
      <AnswerDialog node={id} editing={answering} onClose={() => setAnswering(undefined)} />
      <ConfirmDialog
        opened={removing}
        title={t('graph.removeTitle', { name })}
        text={t('graph.removeText')}
        confirm={t('app.delete')}
        dangerous
        busy={remove.isPending}
        onClose={() => setRemoving(false)}
        onConfirm={() => remove.mutate({ part: 'nodes', id })}
      />
    </Panel>
  );
}
