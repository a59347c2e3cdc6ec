import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { CompletingInput } from '../../app/completing-input.tsx';
import { intentsQuery } from '../intents/intent-queries.ts';

/** The name of an intent: offered are those that there are, but one that is still to come can be named as well. */
export function IntentField(props: { value: string; onChange: (intent: string) => void }) {
  const { t } = useTranslation();
  const [asked] = useDebouncedValue(props.value.trim(), 200);
  const { data } = useInfiniteQuery(intentsQuery(asked));
  const names = data?.pages.flatMap(({ items }) => items.map(({ name }) => name)) ?? [];
  return <CompletingInput label={t('dialogue.intent')} choices={names} value={props.value} onChange={props.onChange} />;
}
