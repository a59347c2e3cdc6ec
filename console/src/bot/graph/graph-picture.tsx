import { Background, Controls, type Edge, MarkerType, type Node, ReactFlow, useReactFlow } from '@xyflow/react';
import { useCanvasWords } from '../../app/canvas-words.ts';
import '@xyflow/react/dist/style.css';
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { layOut } from './force-layout.ts';
import styles from './graph.module.css';
import { nameOf, type Picture } from './graph-queries.ts';

type Props = {
  picture: Picture;
  selected: string | undefined;
  onSelect: (id: string) => void;
  onConnect: (from: string, to: string) => void;
};

/** The graph, or what lies around the selected node. What is said here the list beside it says in words. */
export function GraphPicture({ picture, selected, onSelect, onConnect }: Props) {
  const { t, i18n } = useTranslation();
  const canvasWords = useCanvasWords();
  const { colorScheme } = useMantineColorScheme();
  const placed = useMemo(() => {
    const ids = picture.nodes.map(({ id }) => id);
    return new Map(layOut(ids, picture.relations).map((place) => [place.id, place]));
  }, [picture]);
  const nodes = picture.nodes.map(
    (node): Node => ({
      id: node.id,
      position: { x: placed.get(node.id)?.x ?? 0, y: placed.get(node.id)?.y ?? 0 },
      data: {
        label: <Label name={nameOf(node, i18n.language)} type={node.type} answers={picture.answers[node.id] ?? 0} />,
      },
      className: styles.node ?? '',
      selected: node.id === selected,
      ariaLabel: t('graph.nodeLabel', { name: nameOf(node, i18n.language), type: node.type }),
      domAttributes: { 'aria-roledescription': t('canvas.isNode') },
    }),
  );
  const edges = picture.relations.map(
    ({ id, from, to, type }): Edge => ({
      id,
      source: from,
      target: to,
      label: type,
      ariaLabel: t('canvas.edgeFrom', { from, to }),
      domAttributes: { 'aria-roledescription': t('canvas.isEdge') },
      markerEnd: { type: MarkerType.ArrowClosed },
    }),
  );
  return (
    <section className={styles.picture} aria-label={t('graph.picture')}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        colorMode={colorScheme === 'auto' ? 'system' : colorScheme}
        fitView
        minZoom={0.2}
        nodesDraggable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        onNodeClick={(_, { id }) => onSelect(id)}
        onSelectionChange={({ nodes: [first] }) => first !== undefined && first.id !== selected && onSelect(first.id)}
        onConnect={({ source, target }) => onConnect(source, target)}
        ariaLabelConfig={canvasWords}
      >
        <Background gap={22} />
        <Controls showInteractive={false} />
        <FitWhenChanged picture={picture} />
      </ReactFlow>
    </section>
  );
}

/** Another part of the graph is shown whole, wherever the view was before. */
function FitWhenChanged({ picture }: { picture: Picture }) {
  const { fitView } = useReactFlow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture is what it waits for.
  useEffect(() => {
    const frame = requestAnimationFrame(() => void fitView({ maxZoom: 1.1 }));
    return () => cancelAnimationFrame(frame);
  }, [picture, fitView]);
  return null;
}

function Label({ name, type, answers }: { name: string; type: string; answers: number }) {
  const { t } = useTranslation();
  return (
    <span className={styles.label}>
      <strong>{name}</strong>
      <span className={styles.labelType}>
        {type}
        {answers > 0 && ` · ${t('graph.answerCount', { n: answers })}`}
      </span>
    </span>
  );
}
