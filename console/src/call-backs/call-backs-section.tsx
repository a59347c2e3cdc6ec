import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Section } from '../contacts/section.tsx';
import { useConversationView } from '../messages/use-conversation-view.ts';
import { CallBackCard } from './call-back-card.tsx';
import { callBacksOfQuery, lastCallBackSeq } from './call-back-queries.ts';
import styles from './call-backs.module.css';

/** What was promised to the customer of a conversation; nothing where nothing was. */
export function CallBacksSection({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const view = useConversationView(conversationId);
  const query = callBacksOfQuery(conversationId, lastCallBackSeq(view?.messages ?? []));
  // What was there stays to be seen while it is asked again.
  const { data } = useQuery({ ...query, placeholderData: keepPreviousData });
  if (data === undefined || data.length === 0) return null;
  return (
    <Section title={t('callBacks.title')}>
      <ul className={styles.plain}>
        {data.map((callBack) => (
          <CallBackCard key={callBack.id} callBack={callBack} inConversation />
        ))}
      </ul>
    </Section>
  );
}
