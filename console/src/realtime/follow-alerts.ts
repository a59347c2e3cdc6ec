import { notifications } from '@mantine/notifications';
import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { QueryClient } from '@tanstack/react-query';
import i18next from 'i18next';
import { slaKey } from '../sla/sla-queries.ts';

/** Tells of time that runs out where it is for this agent to act, and keeps the summary true. Answers what ends it. */
export function followAlerts(client: ParleyClient, queryClient: QueryClient): () => void {
  return client.on('event', (frame) => {
    if (frame.event === 'sla.more') {
      void queryClient.invalidateQueries({ queryKey: [slaKey] });
      // Of a storm one line is enough, and it says how large it is by now.
      notifications.show({ id: 'sla-more', color: 'red', message: i18next.t('sla.more', { n: frame.data.count }) });
    }
    if (frame.event !== 'sla.warned' && frame.event !== 'sla.breached') return;
    void queryClient.invalidateQueries({ queryKey: [slaKey] });
    const { id, contactName, target, toAct } = frame.data.alert;
    if (!toAct) return;
    const isWarning = frame.event === 'sla.warned';
    notifications.show({
      // What comes twice is shown once.
      id: `sla-${id}`,
      color: isWarning ? 'yellow' : 'red',
      title: i18next.t(isWarning ? 'sla.warnedTitle' : 'sla.breachedTitle'),
      message: `${contactName || i18next.t('contact.unnamed')} · ${i18next.t(`sla.target.${target}`)}`,
      autoClose: 12_000,
    });
  });
}
