import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface Validity {
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** From when on, and until when, a text holds: two fields of a form. */
export function ValidityFields(props: {
  value: Validity;
  /** What is wrong with the end. */
  error: string | undefined;
  onChange: (change: Partial<Validity>) => void;
}) {
  const { t } = useTranslation();
  const { value, error, onChange } = props;
  return (
    <>
      <TextInput
        type="datetime-local"
        label={t('knowledge.validFrom')}
        value={dateInputOf(value.validFrom)}
        onChange={(event) => onChange({ validFrom: timeOfDateInput(event.currentTarget.value) })}
      />
      <TextInput
        type="datetime-local"
        label={t('knowledge.validUntil')}
        value={dateInputOf(value.validUntil)}
        error={error}
        onChange={(event) => onChange({ validUntil: timeOfDateInput(event.currentTarget.value) })}
      />
    </>
  );
}

/** A moment as a date field has it, in the person's own time zone; '' for none. */
function dateInputOf(ms: number | null): string {
  if (ms === null) return '';
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function timeOfDateInput(value: string): number | null {
  const ms = new Date(value).getTime();
  return Number.isNaN(ms) ? null : ms;
}
