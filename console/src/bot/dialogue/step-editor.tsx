import { Button, Group, NumberInput, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { type Flow, type FlowStep, slotConditions, type Texts, waysOf } from '@parley/sdk/flow-document.ts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../app/page.tsx';
import { groupsQuery } from '../../transfer/group-queries.ts';
import { freeId, slotTypes, withoutStep, withWay } from './flow-edits.ts';
import { IdentityFields } from './identity-fields.tsx';
import { useStepWords } from './use-step-words.ts';

/** Where a way leads that leads to no step. */
const wayless: Readonly<Record<string, 'dialogue.toPerson' | 'dialogue.flowEnds'>> = {
  otherwise: 'dialogue.toPerson',
  tooMany: 'dialogue.toPerson',
  expired: 'dialogue.toPerson',
  undelivered: 'dialogue.toPerson',
  declined: 'dialogue.flowEnds',
};

/** One step: what it says or does, and where each of its ways leads, also without drawing. */
export function StepEditor(props: { flow: Flow; step: FlowStep; onChange: (flow: Flow) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const { flow, step, onChange, onClose } = props;
  const { textOf, wayWords } = useStepWords();
  const set = (next: FlowStep) =>
    onChange({ ...flow, steps: flow.steps.map((each) => (each.id === step.id ? next : each)) });
  const targets = flow.steps
    .filter(({ id }) => id !== step.id)
    .map((each) => ({ value: each.id, label: `${t(`dialogue.step.${each.kind}`)}: ${textOf(each) || each.id}` }));
  return (
    <Panel title={t(`dialogue.step.${step.kind}`)}>
      <Stack gap="sm">
        <StepFields step={step} set={set} />
        {waysOf(step).map(({ way, to }) => (
          <Select
            key={way}
            label={t('dialogue.leadsTo', { way: wayWords(step, way) })}
            placeholder={t(wayless[way] ?? 'dialogue.nowhere')}
            data={targets}
            value={to}
            clearable
            onChange={(next) => set(withWay(step, way, next))}
          />
        ))}
      </Stack>
      <Group justify="space-between" mt="md">
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={() => {
            onChange(withoutStep(flow, step.id));
            onClose();
          }}
        >
          {t('dialogue.removeStep')}
        </Button>
        <Group gap="xs">
          {flow.first !== step.id && (
            <Button size="compact-sm" variant="subtle" onClick={() => onChange({ ...flow, first: step.id })}>
              {t('dialogue.makeFirst')}
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={onClose}>
            {t('dialogue.done')}
          </Button>
        </Group>
      </Group>
    </Panel>
  );
}

function StepFields({ step, set }: { step: FlowStep; set: (next: FlowStep) => void }) {
  const { t } = useTranslation();
  const { data: groups = [] } = useQuery(groupsQuery);
  switch (step.kind) {
    case 'say':
      return (
        <TextsFields label={t('dialogue.says')} texts={step.texts} onChange={(texts) => set({ ...step, texts })} />
      );
    case 'ask': {
      const [slot] = step.slots;
      if (slot === undefined) return null;
      const patch = (next: Partial<typeof slot>) =>
        set({ ...step, slots: [{ ...slot, ...next }, ...step.slots.slice(1)] });
      return (
        <>
          <TextsFields label={t('dialogue.asks')} texts={slot.question} onChange={(question) => patch({ question })} />
          <Select
            label={t('dialogue.slotType')}
            data={slotTypes.map((value) => ({ value, label: t(`dialogue.slotTypes.${value}`) }))}
            value={slot.type}
            allowDeselect={false}
            onChange={(type) => type !== null && patch({ type })}
          />
          <LineField label={t('dialogue.keptAs')} value={slot.name} onChange={(name) => patch({ name })} />
          <NumberInput
            label={t('dialogue.tries')}
            min={1}
            max={5}
            value={step.tries}
            onChange={(tries) => tries !== '' && set({ ...step, tries: Number(tries) })}
          />
        </>
      );
    }
    case 'choices':
      return (
        <>
          <TextsFields label={t('dialogue.asks')} texts={step.texts} onChange={(texts) => set({ ...step, texts })} />
          {step.options.map((option) => (
            <Group key={option.id} align="end" wrap="nowrap">
              <TextInput
                style={{ flex: 1 }}
                label={t('dialogue.option')}
                value={option.labels.default ?? Object.values(option.labels)[0] ?? ''}
                onChange={(event) => {
                  const labels = { ...option.labels, default: event.currentTarget.value };
                  set({
                    ...step,
                    options: step.options.map((each) => (each.id === option.id ? { ...each, labels } : each)),
                  });
                }}
              />
              <Button
                variant="subtle"
                color="gray"
                disabled={step.options.length === 1}
                onClick={() => set({ ...step, options: step.options.filter(({ id }) => id !== option.id) })}
              >
                {t('dialogue.remove')}
              </Button>
            </Group>
          ))}
          <Button
            style={{ alignSelf: 'flex-start' }}
            size="compact-sm"
            variant="default"
            disabled={step.options.length >= 10}
            onClick={() => {
              const id = freeId(
                'option',
                step.options.map((each) => each.id),
              );
              set({
                ...step,
                options: [...step.options, { id, labels: { default: t('dialogue.newText') }, next: null }],
              });
            }}
          >
            {t('dialogue.addOption')}
          </Button>
        </>
      );
    case 'condition':
      return (
        <>
          <LineField label={t('dialogue.slot')} value={step.slot} onChange={(slot) => set({ ...step, slot })} />
          <Select
            label={t('dialogue.compare')}
            data={slotConditions.map((value) => ({ value, label: t(`dialogue.is.${value}`) }))}
            value={step.is}
            allowDeselect={false}
            onChange={(is) => is !== null && set({ ...step, is })}
          />
          <LineField label={t('dialogue.value')} value={step.value} onChange={(value) => set({ ...step, value })} />
        </>
      );
    case 'http': {
      const [kept] = step.keep;
      const keep = (next: { slot: string; path: string }) =>
        set({ ...step, keep: next.slot === '' ? step.keep.slice(1) : [next, ...step.keep.slice(1)] });
      return (
        <>
          <Select
            label={t('dialogue.method')}
            data={['GET', 'POST'] as const}
            value={step.method}
            allowDeselect={false}
            onChange={(method) => {
              if (method === null) return;
              // What is posted changes something, mostly.
              const confirm = step.confirm ?? { texts: { default: t('dialogue.confirmDefault') }, declined: null };
              set(method === 'POST' ? { ...step, method, confirm } : { ...step, method });
            }}
          />
          <LineField
            label={t('dialogue.url')}
            description={t('dialogue.urlHint')}
            value={step.url}
            onChange={(url) => set({ ...step, url })}
          />
          {step.method === 'POST' && (
            <Textarea
              autosize
              label={t('dialogue.body')}
              value={step.body}
              onChange={(event) => set({ ...step, body: event.currentTarget.value })}
            />
          )}
          <LineField
            label={t('dialogue.keptAs')}
            value={kept?.slot ?? ''}
            onChange={(slot) => keep({ slot, path: kept?.path ?? 'status' })}
          />
          {kept !== undefined && (
            <LineField label={t('dialogue.path')} value={kept.path} onChange={(path) => keep({ ...kept, path })} />
          )}
          <CallGuards step={step} set={set} />
        </>
      );
    }
    case 'identity':
      return <IdentityFields step={step} set={set} />;
    case 'set':
      return (
        <>
          <LineField label={t('dialogue.slot')} value={step.slot} onChange={(slot) => set({ ...step, slot })} />
          <LineField label={t('dialogue.value')} value={step.value} onChange={(value) => set({ ...step, value })} />
        </>
      );
    case 'hand-off':
      return (
        <Select
          label={t('dialogue.group')}
          placeholder={t('dialogue.byRules')}
          data={groups.map(({ id, name }) => ({ value: id, label: name || id }))}
          value={step.groupId}
          clearable
          onChange={(groupId) => set({ ...step, groupId })}
        />
      );
    case 'end':
      return null;
    default:
      return step satisfies never;
  }
}

/** Whom a call is made for, and whether they are asked before. */
function CallGuards({ step, set }: { step: FlowStep & { kind: 'http' }; set: (next: FlowStep) => void }) {
  const { t } = useTranslation();
  const { confirm = null, provenOnly = false } = step;
  return (
    <>
      <Switch
        label={t('dialogue.confirm')}
        description={t('dialogue.confirmHint')}
        checked={confirm !== null}
        onChange={(event) => {
          const texts = { default: t('dialogue.confirmDefault') };
          set({ ...step, confirm: event.currentTarget.checked ? { texts, declined: null } : null });
        }}
      />
      {confirm !== null && (
        <TextsFields
          label={t('dialogue.confirmText')}
          texts={confirm.texts}
          onChange={(texts) => set({ ...step, confirm: { ...confirm, texts } })}
        />
      )}
      <Switch
        label={t('dialogue.provenOnly')}
        description={t('dialogue.provenOnlyHint')}
        checked={provenOnly}
        onChange={(event) => set({ ...step, provenOnly: event.currentTarget.checked })}
      />
    </>
  );
}

function LineField(props: { label: string; description?: string; value: string; onChange: (value: string) => void }) {
  const { onChange, ...rest } = props;
  return <TextInput {...rest} onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** A text in the usual language, and in each one that it should be said in instead. */
function TextsFields(props: { label: string; texts: Texts; onChange: (texts: Texts) => void }) {
  const { t } = useTranslation();
  const { label, texts, onChange } = props;
  return (['default', 'zh', 'en'] as const).map((tag) => (
    <Textarea
      key={tag}
      autosize
      label={tag === 'default' ? label : t('dialogue.answerIn', { language: t(`dialogue.languages.${tag}`) })}
      value={texts[tag] ?? ''}
      placeholder={tag === 'default' ? '' : t('dialogue.asAbove')}
      onChange={(event) => {
        const { [tag]: _, ...rest } = texts;
        const text = event.currentTarget.value;
        onChange(text === '' && Object.keys(rest).length > 0 ? rest : { ...rest, [tag]: text });
      }}
    />
  ));
}
