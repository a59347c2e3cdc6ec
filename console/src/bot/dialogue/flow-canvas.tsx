import { useCanvasWords } from '../../app/canvas-words.ts';
import '@xyflow/react/dist/style.css';
import { useComputedColorScheme } from '@mantine/core';
import { type Flow, type FlowStep, waysOf } from '@parley/sdk/flow-document.ts';
import {
  Background,
  type Connection,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FlowProblem } from './dialogue-queries.ts';
import { placeOf, withoutStep, withWay } from './flow-edits.ts';
import styles from './flows.module.css';
import { useStepWords } from './use-step-words.ts';

type StepNode = Node<{ step: FlowStep; isFirst: boolean; problem: string | undefined; isActive: boolean }, 'step'>;

/** A flow as a picture: steps are moved and joined here, and opened to be changed beside it. */
export function FlowCanvas(props: {
  flow: Flow;
  problems: readonly FlowProblem[];
  selected: string | null;
  /** The step at which the test chat stands. */
  active: string | null;
  onSelect: (stepId: string | null) => void;
  onChange: (flow: Flow) => void;
}) {
  const { t } = useTranslation();
  const canvasWords = useCanvasWords();
  const { flow, problems, selected, active, onSelect, onChange } = props;
  const scheme = useComputedColorScheme('light');
  const { wayWords } = useStepWords();
  const nodes = useMemo<StepNode[]>(
    () =>
      flow.steps.map((step) => ({
        id: step.id,
        type: 'step',
        position: placeOf(flow, step),
        selected: step.id === selected,
        ariaLabel: `${t(`dialogue.step.${step.kind}`)} ${step.id}`,
        domAttributes: { 'aria-roledescription': t('canvas.isNode') },
        data: {
          step,
          isFirst: step.id === flow.first,
          isActive: step.id === active,
          problem: problems.find(({ stepId }) => stepId === step.id)?.text,
        },
      })),
    [flow, problems, selected, active, t],
  );
  const edges = useMemo<Edge[]>(
    () =>
      flow.steps.flatMap((step) =>
        waysOf(step).flatMap(({ way, to }) =>
          to === null
            ? []
            : {
                id: `${step.id} ${way}`,
                source: step.id,
                sourceHandle: way,
                target: to,
                label: way === 'next' ? '' : wayWords(step, way),
                ariaLabel: t('canvas.edgeFrom', { from: step.id, to }),
                domAttributes: { 'aria-roledescription': t('canvas.isEdge') },
              },
        ),
      ),
    [flow, wayWords, t],
  );
  const connect = ({ source, sourceHandle, target }: Connection) =>
    onChange({
      ...flow,
      steps: flow.steps.map((step) => (step.id === source ? withWay(step, sourceHandle ?? 'next', target) : step)),
    });
  return (
    <div className={styles.canvas}>
      <ReactFlow<StepNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        fitView
        minZoom={0.2}
        fitViewOptions={{ maxZoom: 1 }}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={canvasWords}
        onNodeClick={(_, node) => onSelect(node.id)}
        onPaneClick={() => onSelect(null)}
        onNodesChange={(changes) => {
          let next = flow;
          for (const change of changes) {
            if (change.type === 'position' && change.position !== undefined)
              next = { ...next, places: { ...next.places, [change.id]: change.position } };
            if (change.type === 'remove') next = withoutStep(next, change.id);
            if (change.type === 'select' && change.selected) onSelect(change.id);
          }
          if (next !== flow) onChange(next);
        }}
        onEdgesDelete={(removed) => {
          let { steps } = flow;
          for (const { source, sourceHandle } of removed)
            steps = steps.map((step) => (step.id === source ? withWay(step, sourceHandle ?? 'next', null) : step));
          onChange({ ...flow, steps });
        }}
        onConnect={connect}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function StepCard({ data }: NodeProps<StepNode>) {
  const { t } = useTranslation();
  const { textOf, wayWords } = useStepWords();
  const { step, isFirst, problem, isActive } = data;
  const ways = waysOf(step);
  return (
    <div className={styles.step} data-wrong={problem !== undefined || undefined} data-active={isActive || undefined}>
      <Handle type="target" position={Position.Top} />
      <div className={styles.kind}>
        {t(`dialogue.step.${step.kind}`)}
        {isFirst && ` · ${t('dialogue.first')}`}
      </div>
      <div className={styles.text}>{textOf(step)}</div>
      {problem !== undefined && <div className={styles.problem}>{problem}</div>}
      <div className={styles.ways}>
        {ways.map(({ way }) => (
          <span key={way} className={styles.way}>
            {ways.length > 1 && wayWords(step, way)}
            <Handle id={way} type="source" position={Position.Bottom} className={styles.handle} />
          </span>
        ))}
      </div>
    </div>
  );
}

const nodeTypes = { step: StepCard };
