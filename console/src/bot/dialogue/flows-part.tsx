import { Button, Group, Menu, Select, Skeleton, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import type { Flow, Flows } from '@parley/sdk/flow-document.ts';
import { IconArrowsSplit2, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { EmptyState } from '../../app/empty-state.tsx';
import { Panel } from '../../app/page.tsx';
import { checkFlows, type FlowProblem, flowsQuery } from './dialogue-queries.ts';
import { FlowCanvas } from './flow-canvas.tsx';
import { freeId, newStep, placeOf, stepKinds } from './flow-edits.ts';
import styles from './flows.module.css';
import { PublishBar } from './publish-bar.tsx';
import { StepEditor } from './step-editor.tsx';
import { TestChat } from './test-chat.tsx';
import { useDocument } from './use-document.ts';

/** Flows: small conversations step by step, drawn here, checked as they are drawn, and tried beside it. */
export function FlowsPart() {
  const { t } = useTranslation();
  const { draft, error, change, ...bar } = useDocument<Flows>('flows', flowsQuery);
  const [openId, setOpenId] = useState<string | null>(null);
  const { data: problems = [] } = useQuery({
    queryKey: ['bot', 'flows', 'check', draft],
    queryFn: ({ signal }) => checkFlows(draft ?? { flows: [] }, signal),
    enabled: draft !== undefined && draft.flows.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (error !== null) return <Text c="dimmed">{problemText(error)}</Text>;
  if (draft === undefined) return <Skeleton height={240} radius="md" />;
  const flow = draft.flows.find(({ id }) => id === openId) ?? draft.flows[0];

  function add(): void {
    const id = freeId('flow', draft?.flows.map((each) => each.id) ?? []);
    const steps = [
      { ...newStep('say', 'hello', t('dialogue.newText')), next: 'end' },
      newStep('end', 'end', ''),
    ] as Flow['steps'];
    const added: Flow = {
      id,
      name: t('dialogue.newFlow'),
      enabled: true,
      startWords: [],
      first: 'hello',
      steps,
      places: {},
    };
    change({ flows: [...(draft?.flows ?? []), added] });
    setOpenId(id);
  }
  const addButton = (
    <Button size="sm" variant="default" leftSection={<IconPlus size={16} />} onClick={add}>
      {t('dialogue.addFlow')}
    </Button>
  );
  const set = (next: Flow) => change({ flows: draft.flows.map((each) => (each.id === next.id ? next : each)) });
  const isSound = problems.length === 0;
  return (
    <>
      <PublishBar
        kind="flows"
        {...bar}
        draft={draft}
        onPublish={bar.publish}
        onDiscard={bar.discard}
        onRestore={bar.restore}
      />
      {flow === undefined ? (
        <EmptyState
          icon={<IconArrowsSplit2 size={22} />}
          title={t('dialogue.noFlows')}
          hint={t('dialogue.noFlowsHint')}
        >
          {addButton}
        </EmptyState>
      ) : (
        <>
          <Group mb="md" align="end">
            <Select
              label={t('dialogue.flow')}
              data={draft.flows.map(({ id, name }) => ({ value: id, label: name }))}
              value={flow.id}
              allowDeselect={false}
              onChange={setOpenId}
            />
            {addButton}
            <Button
              size="sm"
              variant="subtle"
              color="red"
              onClick={() => change({ flows: draft.flows.filter(({ id }) => id !== flow.id) })}
            >
              {t('dialogue.removeFlow')}
            </Button>
          </Group>
          <FlowDesk
            key={flow.id}
            flow={flow}
            problems={problems.filter(({ flowId }) => flowId === flow.id)}
            onChange={set}
          >
            {(onStep) => <TestChat flows={isSound ? draft : undefined} onStep={onStep} />}
          </FlowDesk>
        </>
      )}
    </>
  );
}

function FlowDesk(props: {
  flow: Flow;
  problems: readonly FlowProblem[];
  onChange: (flow: Flow) => void;
  children: (onStep: (stepId: string | null) => void) => ReactNode;
}) {
  const { t } = useTranslation();
  const { flow, problems, onChange } = props;
  const [selected, setSelected] = useState<string | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const step = flow.steps.find(({ id }) => id === selected);
  function add(kind: (typeof stepKinds)[number]): void {
    const id = freeId(
      kind,
      flow.steps.map((each) => each.id),
    );
    const added = newStep(kind, id, t('dialogue.newText'));
    const last = flow.steps.at(-1);
    const below =
      last === undefined ? { x: 0, y: 0 } : { x: placeOf(flow, last).x + 40, y: placeOf(flow, last).y + 110 };
    onChange({ ...flow, steps: [...flow.steps, added], places: { ...flow.places, [id]: below } });
    setSelected(id);
  }
  return (
    <div className={styles.desk}>
      <div>
        <Group mb="sm" justify="space-between">
          <Menu>
            <Menu.Target>
              <Button size="xs" variant="default" leftSection={<IconPlus size={14} />}>
                {t('dialogue.addStep')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {stepKinds.map((kind) => (
                <Menu.Item key={kind} onClick={() => add(kind)}>
                  {t(`dialogue.step.${kind}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Text size="sm" c={problems.length === 0 ? 'dimmed' : 'red'} aria-live="polite">
            {problems.length === 0 ? t('dialogue.sound') : t('dialogue.problems', { n: problems.length })}
          </Text>
        </Group>
        <FlowCanvas
          flow={flow}
          problems={problems}
          selected={selected}
          active={active}
          onSelect={setSelected}
          onChange={onChange}
        />
      </div>
      <div className={styles.side}>
        {step === undefined ? (
          <Panel title={t('dialogue.flowSettings')} hint={t('dialogue.flowHint')}>
            <TextInput
              label={t('dialogue.name')}
              value={flow.name}
              onChange={(event) => onChange({ ...flow, name: event.currentTarget.value })}
            />
            <TagsInput
              mt="sm"
              label={t('dialogue.startWords')}
              value={[...flow.startWords]}
              clearable={false}
              onChange={(startWords) => onChange({ ...flow, startWords })}
            />
            <Switch
              mt="sm"
              label={t('dialogue.flowEnabled')}
              checked={flow.enabled}
              onChange={(event) => onChange({ ...flow, enabled: event.currentTarget.checked })}
            />
          </Panel>
        ) : (
          <StepEditor key={step.id} flow={flow} step={step} onChange={onChange} onClose={() => setSelected(null)} />
        )}
        {props.children(setActive)}
      </div>
    </div>
  );
}
