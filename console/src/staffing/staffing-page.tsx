import { Alert, Button, Chip, Group, Input, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem, problemText } from '../app/api.ts';
import { FieldErrorsProvider, fieldErrorsOf, useFieldErrors } from '../app/field-errors.ts';
import { CountField, DurationField, Fields, inputWrapperOrder } from '../app/fields.tsx';
import { Page, Panel } from '../app/page.tsx';
import { countsIn, makePlan, type PlanForm, usualForm, weekdays } from './plan.ts';
import { PlanView } from './plan-view.tsx';

/** How many agents each half hour needs: the same as `parley staff`. */
export function StaffingPage() {
  const { t } = useTranslation();
  const [form, setForm] = useState(usualForm);
  const planning = useMutation({ mutationFn: makePlan });
  const { error } = planning;
  const isFieldKnown = error instanceof ApiError && error.field !== undefined;
  const wrong = new Map<string, string>();
  if (form.kind === 'stated' && countsIn(form.counts) === undefined) wrong.set('arrivals', t('staffing.countsWrong'));
  if (form.kind === 'stated' && !/^([01]\d|2[0-3]):[0-5]\d$/.test(form.start))
    wrong.set('start', t('routing.mistake.time'));
  if (form.handlingMs === undefined) wrong.set('handlingMs', t('routing.mistake.empty'));
  if (isFieldKnown) wrong.set(shownField(error.field ?? ''), fieldProblem(error));

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (wrong.size === 0 || isFieldKnown) planning.mutate(form);
  }
  const patch = (next: Partial<PlanForm>) => {
    if (error !== null) planning.reset();
    setForm((before) => ({ ...before, ...next }));
  };
  return (
    <Page title={t('staffing.title')} intro={t('staffing.intro')}>
      <FieldErrorsProvider value={fieldErrorsOf(wrong)}>
        <form onSubmit={submit} noValidate>
          <ArrivalsPanel form={form} patch={patch} />
          <HandlingPanel form={form} patch={patch} />
          <Group justify="flex-end" mb="md">
            <Button type="submit" loading={planning.isPending} disabled={wrong.size > 0 && !isFieldKnown}>
              {t('staffing.plan')}
            </Button>
          </Group>
        </form>
      </FieldErrorsProvider>
      {error !== null && !isFieldKnown && (
        <Alert color="red" variant="light" mb="md" title={t('staffing.failed')} role="alert">
          {problemText(error)}
        </Alert>
      )}
      <div aria-live="polite">{planning.data !== undefined && <PlanView plan={planning.data} />}</div>
    </Page>
  );
}

/** The server names `arrivals.perHalfHour.3`; one field holds them all. */
const shownField = (field: string) => field.replace(/^(arrivals|target\.\w+).*$/, '$1');

type PanelProps = { form: PlanForm; patch: (next: Partial<PlanForm>) => void };

function ArrivalsPanel({ form, patch }: PanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('staffing.arrivals')}>
      <SegmentedControl<PlanForm['kind']>
        size="sm"
        mb="sm"
        aria-label={t('staffing.arrivals')}
        value={form.kind}
        onChange={(kind) => patch({ kind })}
        data={[
          { value: 'stated', label: t('staffing.stated') },
          { value: 'measured', label: t('staffing.measured') },
        ]}
      />
      {form.kind === 'stated' ? (
        <StatedFields form={form} patch={patch} />
      ) : (
        <MeasuredFields form={form} patch={patch} />
      )}
    </Panel>
  );
}

function StatedFields({ form, patch }: PanelProps) {
  const { t } = useTranslation();
  const { errorAt, errorUnder } = useFieldErrors();
  return (
    <Fields>
      <Textarea
        label={t('staffing.counts')}
        description={t('staffing.countsHint')}
        inputWrapperOrder={inputWrapperOrder}
        autosize
        minRows={2}
        value={form.counts}
        error={errorUnder('arrivals')}
        onChange={(event) => patch({ counts: event.currentTarget.value })}
      />
      <TextInput
        label={t('staffing.start')}
        description={t('staffing.startHint')}
        inputWrapperOrder={inputWrapperOrder}
        placeholder="09:00"
        maxLength={5}
        value={form.start}
        error={errorAt('start')}
        onChange={(event) => patch({ start: event.currentTarget.value })}
      />
    </Fields>
  );
}

function MeasuredFields({ form, patch }: PanelProps) {
  const { t } = useTranslation();
  const { errorUnder } = useFieldErrors();
  const error = errorUnder('arrivals');
  return (
    <Fields>
      <CountField
        path="arrivals.days"
        label={t('staffing.measuredDays')}
        description={t('staffing.measuredHint')}
        min={1}
        max={92}
        value={form.measuredDays}
        onChange={(measuredDays) => patch({ measuredDays })}
      />
      <Input.Wrapper label={t('staffing.weekdays')} error={error} labelElement="div">
        <Chip.Group
          multiple
          value={[...form.weekdays]}
          onChange={(chosen) => patch({ weekdays: weekdays.filter((day) => chosen.includes(day)) })}
        >
          <Group gap={6} mt={6}>
            {weekdays.map((day) => (
              <Chip key={day} value={day} size="xs">
                {t(`routing.day.${day}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
    </Fields>
  );
}

function HandlingPanel({ form, patch }: PanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('staffing.wanted')}>
      <Fields>
        <DurationField
          path="handlingMs"
          label={t('staffing.handling')}
          description={t('staffing.handlingHint')}
          value={form.handlingMs}
          onChange={(handlingMs) => patch({ handlingMs })}
        />
        <DurationField
          path="patienceMs"
          label={t('staffing.patience')}
          description={t('staffing.patienceHint')}
          placeholder={t('staffing.nobodyGivesUp')}
          value={form.patienceMs}
          onChange={(patienceMs) => patch({ patienceMs })}
        />
        <CountField
          path="target.share"
          label={t('staffing.share')}
          min={1}
          max={99.9}
          decimals={1}
          suffix=" %"
          value={form.sharePercent}
          onChange={(sharePercent) => patch({ sharePercent })}
        />
        <DurationField
          path="target.withinMs"
          label={t('staffing.within')}
          unit="seconds"
          value={form.withinMs}
          onChange={(withinMs) => patch({ withinMs })}
        />
        <CountField
          path="concurrency"
          label={t('staffing.concurrency')}
          min={1}
          max={100}
          value={form.concurrency}
          onChange={(concurrency) => patch({ concurrency })}
        />
        <CountField
          path="minAgents"
          label={t('staffing.minAgents')}
          min={0}
          value={form.minAgents}
          onChange={(minAgents) => patch({ minAgents })}
        />
        <CountField
          path="scale"
          label={t('staffing.scale')}
          description={t('staffing.scaleHint')}
          min={0.01}
          max={100}
          step={0.1}
          decimals={2}
          value={form.scale}
          onChange={(scale) => patch({ scale })}
        />
        <CountField
          path="days"
          label={t('staffing.days')}
          description={t('staffing.daysHint')}
          min={0}
          max={200}
          value={form.days}
          onChange={(days) => patch({ days })}
        />
      </Fields>
    </Panel>
  );
}
