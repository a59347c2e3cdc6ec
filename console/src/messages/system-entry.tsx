import { type SystemContent, slaTargets } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import styles from './message.module.css';

/** Something that happened, in one quiet line. */
export function SystemEntry({ content, at }: { content: SystemContent; at: number }) {
  const { clock, full } = useTimeWords();
  const words = useSystemWords();
  return (
    <div className={styles.system}>
      {words(content)}
      <time dateTime={new Date(at).toISOString()} title={full(at)}>
        {clock(at)}
      </time>
    </div>
  );
}

/** Our own events in the agent's language; all others as the server says them. */
function useSystemWords(): (content: SystemContent) => string {
  const { t } = useTranslation();
  return ({ event, text, data = {} }) => {
    const { byId, byName: by, agentId, agentName: agent, groupName: group } = data;
    switch (event) {
      case 'conversation.assigned':
        if (agent === undefined) return text;
        if (by === undefined) return t('system.autoAssigned', { agent });
        return byId === agentId ? t('system.took', { agent }) : t('system.assigned', { by, agent });
      case 'conversation.resolved':
        return by === undefined ? text : t('system.resolved', { by });
      case 'conversation.reopened':
        return by === undefined ? t('system.reopenedAlone') : t('system.reopened', { by });
      case 'conversation.given-back':
        return by === undefined ? text : t('system.givenBack', { by });
      case 'conversation.transferred':
        return group === undefined ? text : t('system.transferred', { by: by ?? t('app.name'), group });
      case 'conversation.agent-gone':
        return t('system.agentGone');
      case 'sla.warned':
      case 'sla.breached': {
        const target = slaTargets.find((one) => one === data.target);
        return target === undefined ? text : t(`system.${event}`, { target: t(`sla.target.${target}`) });
      }
      default:
        return text;
    }
  };
}
