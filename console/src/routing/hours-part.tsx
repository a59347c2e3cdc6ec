import { ActionIcon, Button, Group, Input, TextInput } from '@mantine/core';
import { type Hours, type Schedule, type SpecialDay, type Weekday, weekdays } from '@parley/sdk/routing-document.ts';
import { IconCalendarTime, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFieldErrors } from '../app/field-errors.ts';
import { ChoiceField, Fields, TextField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { useEntries } from './draft.tsx';
import { EntryEditor, EntryList, RemoveButton } from './entry-list.tsx';
import styles from './routing.module.css';
import { newSchedule, replaced, without } from './routing-edits.ts';

/** When people work: weekly hours and special days, which groups and rules refer to. */
export function HoursPart({ open }: { open: string | undefined }) {
  const { entries } = useEntries('schedules');
  const index = entries.findIndex(({ id }) => id === open);
  const schedule = entries[index];
  if (schedule === undefined) return <ScheduleList />;
  return <ScheduleEditor key={schedule.id} schedule={schedule} index={index} />;
}

function ScheduleList() {
  const { entries, setEntries } = useEntries('schedules');
  return (
    <EntryList
      part="hours"
      entries={entries}
      setEntries={setEntries}
      make={() => newSchedule(Intl.DateTimeFormat().resolvedOptions().timeZone)}
      icon={<IconCalendarTime size={22} />}
    >
      {(schedule) => <WeekLine schedule={schedule} />}
    </EntryList>
  );
}

function WeekLine({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const days = weekdays.filter((day) => schedule.weekly.some((hours) => hours.day === day));
  const names = days.map((day) => t(`routing.day.${day}`)).join(' ');
  return (
    <span className={styles.dim}>
      {[
        names || t('routing.hours.closed'),
        schedule.timeZone,
        t('routing.hours.specialCount', { n: schedule.special.length }),
      ].join(' · ')}
    </span>
  );
}

const zones = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone }));

function ScheduleEditor({ schedule, index }: { schedule: Schedule; index: number }) {
  const { t } = useTranslation();
  const { setEntries } = useEntries('schedules');
  const path = `schedules[${index}]`;
  const patch = (next: Partial<Schedule>) => setEntries((before) => replaced(before, index, { ...schedule, ...next }));
  const zone = zones.some(({ value }) => value === schedule.timeZone)
    ? zones
    : [{ value: schedule.timeZone, label: schedule.timeZone }, ...zones];
  return (
    <EntryEditor part="hours" onRemove={() => setEntries((before) => without(before, index))}>
      <Panel title={t('routing.hours.one')}>
        <Fields>
          <TextField
            path={`${path}.name`}
            label={t('routing.name')}
            required
            value={schedule.name}
            // Who has just made it goes on typing.
            autoFocus={schedule.name === ''}
            onChange={(name) => patch({ name })}
          />
          <ChoiceField
            path={`${path}.timeZone`}
            label={t('routing.hours.timeZone')}
            value={schedule.timeZone}
            data={zone}
            searchable
            nothingFound={t('list.emptySearch')}
            onChange={(timeZone) => patch({ timeZone })}
          />
        </Fields>
      </Panel>
      <Panel title={t('routing.hours.weekly')} hint={t('routing.hours.weeklyHint')}>
        <ul className={styles.lines}>
          {weekdays.map((day) => (
            <DayLine key={day} day={day} schedule={schedule} path={path} onChange={(weekly) => patch({ weekly })} />
          ))}
        </ul>
      </Panel>
      <SpecialPanel schedule={schedule} path={path} onChange={(special) => patch({ special })} />
    </EntryEditor>
  );
}

const usualHours: Hours = { from: '09:00', to: '17:00' };

function DayLine(props: {
  day: Weekday;
  schedule: Schedule;
  path: string;
  onChange: (weekly: Schedule['weekly']) => void;
}) {
  const { t } = useTranslation();
  const { day, path, onChange } = props;
  const { weekly } = props.schedule;
  const name = t(`routing.dayLong.${day}`);
  const own = weekly.flatMap((hours, index) => (hours.day === day ? [{ hours, index }] : []));
  return (
    <li className={styles.dayLine}>
      <span className={styles.dayName}>{name}</span>
      <div className={styles.ranges}>
        {own.length === 0 && <span className={styles.dim}>{t('routing.hours.closed')}</span>}
        {own.map(({ hours, index }) => (
          <Range
            key={index}
            hours={hours}
            path={`${path}.weekly[${index}]`}
            name={name}
            onChange={(next) => onChange(replaced(weekly, index, { day, ...next }))}
            onRemove={() => onChange(without(weekly, index))}
          />
        ))}
      </div>
      <AddRange name={name} onAdd={() => onChange([...weekly, { day, ...usualHours }])} />
    </li>
  );
}

function AddRange({ name, onAdd }: { name: string; onAdd: () => void }) {
  const { t } = useTranslation();
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={t('routing.hours.addRange', { name })} onClick={onAdd}>
      <IconPlus size={17} />
    </ActionIcon>
  );
}

function Range(props: {
  hours: Hours;
  path: string;
  name: string;
  onChange: (next: Hours) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const { errorAt } = useFieldErrors();
  const { hours, path, name } = props;
  const { from, to } = hours;
  const wrong = { from: errorAt(`${path}.from`), to: errorAt(`${path}.to`) };
  const field = (end: 'from' | 'to') => (
    <TextInput
      className={styles.time}
      aria-label={t(`routing.hours.${end}`, { name })}
      data-field={`${path}.${end}`}
      placeholder="09:00"
      inputMode="numeric"
      maxLength={5}
      value={hours[end]}
      error={wrong[end] !== undefined}
      onChange={(event) => props.onChange({ from, to, [end]: event.currentTarget.value.replace('：', ':') })}
      onBlur={() => props.onChange({ from, to, [end]: completed(hours[end]) })}
    />
  );
  return (
    <div>
      <Group gap={6} wrap="nowrap">
        {field('from')}
        <span aria-hidden="true">–</span>
        {field('to')}
        <RemoveButton name={`${name} ${from}–${to}`} onRemove={props.onRemove} />
      </Group>
      {(wrong.from ?? wrong.to) !== undefined && <Input.Error>{wrong.from ?? wrong.to}</Input.Error>}
    </div>
  );
}

/** `9` and `930` are meant as 09:00 and 09:30. */
function completed(time: string): string {
  const match = /^(\d{1,2}):?([0-5]\d)?$/.exec(time.trim());
  return match === null ? time : `${(match[1] ?? '').padStart(2, '0')}:${match[2] ?? '00'}`;
}

function SpecialPanel(props: { schedule: Schedule; path: string; onChange: (special: readonly SpecialDay[]) => void }) {
  const { t } = useTranslation();
  const { schedule, path, onChange } = props;
  const { special } = schedule;
  return (
    <Panel title={t('routing.hours.special')} hint={t('routing.hours.specialHint')}>
      <ul className={styles.boxes}>
        {special.map((day, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a day has no name but its place while its date is being typed.
          <li key={index} className={styles.box}>
            <SpecialLine
              day={day}
              path={`${path}.special[${index}]`}
              onChange={(next) => onChange(replaced(special, index, next))}
              onRemove={() => onChange(without(special, index))}
            />
          </li>
        ))}
      </ul>
      <Button
        mt={special.length === 0 ? 0 : 'sm'}
        size="xs"
        variant="light"
        leftSection={<IconPlus size={15} />}
        onClick={() => onChange([...special, { date: '', name: '', hours: [] }])}
      >
        {t('routing.hours.addSpecial')}
      </Button>
    </Panel>
  );
}

function SpecialLine(props: {
  day: SpecialDay;
  path: string;
  onChange: (next: SpecialDay) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const { errorAt } = useFieldErrors();
  const { day, path, onChange } = props;
  const name = day.name.trim() || t('routing.hours.specialDay');
  return (
    <>
      <div className={styles.specialHead}>
        <TextInput
          type="date"
          label={t('routing.hours.date')}
          data-field={`${path}.date`}
          value={day.date}
          error={errorAt(`${path}.date`)}
          onChange={(event) => onChange({ ...day, date: event.currentTarget.value })}
        />
        <TextField
          path={`${path}.name`}
          label={t('routing.name')}
          placeholder={t('routing.hours.specialExample')}
          value={day.name}
          onChange={(next) => onChange({ ...day, name: next })}
        />
        <RemoveButton name={name} onRemove={props.onRemove} />
      </div>
      <div className={styles.dayLine} data-plain>
        <div className={styles.ranges}>
          {day.hours.length === 0 && <span className={styles.dim}>{t('routing.hours.closedAllDay')}</span>}
          {day.hours.map((hours, index) => (
            <Range
              // biome-ignore lint/suspicious/noArrayIndexKey: hours have no name but their place.
              key={index}
              hours={hours}
              path={`${path}.hours[${index}]`}
              name={name}
              onChange={(next) => onChange({ ...day, hours: replaced(day.hours, index, next) })}
              onRemove={() => onChange({ ...day, hours: without(day.hours, index) })}
            />
          ))}
        </div>
        <AddRange name={name} onAdd={() => onChange({ ...day, hours: [...day.hours, usualHours] })} />
      </div>
    </>
  );
}
