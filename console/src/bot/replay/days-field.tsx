import { NumberInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { mostDays } from './replay-queries.ts';

export const areDays = (days: number | string): days is number =>
  typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= mostDays;

/** How far back a replay goes. */
export function DaysField({ days, onChange }: { days: number | string; onChange: (days: number | string) => void }) {
  const { t } = useTranslation();
  return (
    <NumberInput
      label={t('replay.days')}
      min={1}
      max={mostDays}
      allowDecimal={false}
      value={days}
      onChange={onChange}
      error={areDays(days) ? undefined : t('replay.daysWrong', { most: mostDays })}
      w={160}
    />
  );
}
