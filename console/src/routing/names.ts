import { everyoneId } from '@parley/sdk/routing-document.ts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { flowsQuery } from '../bot/dialogue/dialogue-queries.ts';
import { channelsQuery, channelTypesQuery } from '../channels/channel-queries.ts';
import { useLocalText } from '../channels/settings-fields.tsx';
import { useDraft } from './draft.tsx';

type Choice = { readonly value: string; readonly label: string };

/** What can be chosen, and what each id is called; an id that names nothing any more stands for itself. */
export function useNames() {
  const { t } = useTranslation();
  const local = useLocalText();
  const { document } = useDraft();
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: channels = [] } = useQuery(channelsQuery);
  const { data: types = [] } = useQuery(channelTypesQuery);
  const { data: flows } = useQuery(flowsQuery);
  const unnamed = t('routing.unnamed');
  const choices = {
    agents: agents.filter(({ enabled }) => enabled).map(({ id, name }) => ({ value: id, label: name })),
    channels: channels.map(({ id, name }) => ({ value: id, label: name })),
    channelTypes: types.map(({ type, name }) => ({ value: type, label: local(name) })),
    flows: (flows?.document.flows ?? []).map(({ id, name }) => ({ value: id, label: name.trim() || unnamed })),
    groups: document.groups.map(({ id, name }) => ({ value: id, label: name.trim() || unnamed })),
    schedules: document.schedules.map(({ id, name }) => ({ value: id, label: name.trim() || unnamed })),
  };
  const nameIn = (list: readonly Choice[], id: string) => list.find(({ value }) => value === id)?.label ?? id;
  return {
    choices,
    agent: (id: string) => agents.find((agent) => agent.id === id)?.name ?? id,
    channel: (id: string) => nameIn(choices.channels, id),
    channelType: (id: string) => nameIn(choices.channelTypes, id),
    flow: (id: string) => nameIn(choices.flows, id),
    group: (id: string) => (id === everyoneId ? t('routing.everyone') : nameIn(choices.groups, id)),
    schedule: (id: string) => nameIn(choices.schedules, id),
  };
}
