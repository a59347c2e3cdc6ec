import { useQuery } from '@tanstack/react-query';
import { channelTypesQuery } from '../channels/channel-queries.ts';
import { useLocalText } from '../channels/settings-fields.tsx';

/** Kinds of channels there are, as this person calls them. */
export function useTypeNames(): { value: string; label: string }[] {
  const local = useLocalText();
  const { data = [] } = useQuery(channelTypesQuery);
  return data.map(({ type, name }) => ({ value: type, label: local(name) }));
}
