import { type SystemContent, slaTargets } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import { HandOffCard } from './hand-off-card.tsx';
import styles from './message.module.css';

/** Something that happened, in one quiet line. */
export function SystemEntry({ content, at }: { content: SystemContent; at: number }) {
  const { clock, full } = useTimeWords();
  const words = useSystemWords(at);
  if (content.event === 'conversation.handed-off' && content.data !== undefined) {
    return <HandOffCard data={content.data} at={at} />;
  }
  return (
    <div className={styles.system}>
      {words(content)}
      <time dateTime={new Date(at).toISOString()} title={full(at)}>
        {clock(at)}
      </time>
    </div>
  );
}

type CallBackEvent = `call-back.${'take' | 'done' | 'no-answer' | 'give-back' | 'cancel'}`;

/** Our own events in the agent's language; all others as the server says them. */
/** @param at when it was said */
function useSystemWords(at: number): (content: SystemContent) => string {
  const { t } = useTranslation();
  const { span, when } = useTimeWords();
  function toBotWords(by: string | undefined, flow: string | undefined, note: string | undefined): string {
    if (by === undefined) return t('system.botAnswers');
    const words = flow === undefined ? t('system.toBot', { by }) : t('system.toBotFlow', { by, flow });
    return note === undefined ? words : t('system.withNote', { words, note });
  }
  return ({ event, text, data = {} }) => {
    const { byId, byName: by, agentId, agentName: agent, groupName: group, note } = data;
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
      case 'customer.left':
        return data.waitedMs === undefined ? text : t('system.customerLeft', { span: span(Number(data.waitedMs)) });
      case 'conversation.left':
        return t('system.left');
      case 'conversation.came-back':
        return t('system.cameBack');
      case 'conversation.answer-later':
        return t('system.answerLater');
      case 'call-back.take':
      case 'call-back.done':
      case 'call-back.no-answer':
      case 'call-back.give-back':
      case 'call-back.cancel':
        return by === undefined ? text : t(`system.${event as CallBackEvent}`, { by });
      case 'call-back.withdrawn':
        return t('system.callBackWithdrawn');
      case 'conversation.taken-over':
        return by === undefined || agent === undefined ? text : t('system.takenOver', { by, agent });
      case 'participant.invited':
        if (by === undefined || agent === undefined) return text;
        return note === undefined ? t('system.invited', { by, agent }) : t('system.invitedWith', { by, agent, note });
      case 'participant.withdrawn':
      case 'participant.removed':
        if (by === undefined || agent === undefined) return text;
        return t(event === 'participant.removed' ? 'system.removed' : 'system.withdrawn', { by, agent });
      case 'participant.came':
      case 'participant.declined':
      case 'participant.missed':
      case 'participant.left':
      case 'participant.listening':
      case 'participant.joined':
        return agent === undefined ? text : t(`system.part.${partKey(event)}`, { agent });
      case 'conversation.no-first-answer':
      case 'conversation.inactivity':
        return agent === undefined ? text : t('system.late', { agent });
      case 'conversation.snoozed':
        if (by === undefined || data.until === undefined) return text;
        return t('system.snoozed', { by, when: when(Number(data.until), at) });
      case 'conversation.woken':
        return by === undefined ? t('system.woken') : t('system.takenUp', { by });
      case 'conversation.to-bot':
        return toBotWords(by, data.flow, note);
      case 'identity.checked':
        return data.address === undefined ? text : t('system.identityChecked', { address: data.address });
      case 'identity.refused':
        return t(`system.identityRefused.${refusalOf(data.why)}`);
      case 'conversation.bot-done':
        return t('system.botDone');
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

const refusals = ['too-many', 'expired', 'undelivered'] as const;
const refusalOf = (why: string | undefined) => refusals.find((each) => each === why) ?? 'too-many';

type PartEvent = `participant.${'came' | 'declined' | 'missed' | 'left' | 'listening' | 'joined'}`;

function partKey<E extends PartEvent>(event: E) {
  return event.slice('participant.'.length) as E extends `participant.${infer K}` ? K : never;
}
