import type { Conversation } from '@parley/sdk/protocol.ts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { useContactName } from '../contacts/contact-queries.ts';
import { useMe } from '../session/session.ts';
import styles from './team.module.css';
import { participationsQuery, partOf } from './team-queries.ts';

/** The conversations of others in which the agent takes part: beside their own, since nobody gave them these. */
export function TakingPart({ openId }: { openId: string | undefined }) {
  const { t } = useTranslation();
  const { data: conversations = [] } = useQuery(participationsQuery);
  if (conversations.length === 0) return null;
  return (
    <section className={styles.helping} aria-label={t('team.takingPart')}>
      <h2 className={styles.helpingTitle}>{t('team.takingPart')}</h2>
      <ul className={styles.helpingList}>
        {conversations.map((each) => (
          <Entry key={each.id} conversation={each} isOpen={each.id === openId} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ conversation, isOpen }: { conversation: Conversation; isOpen: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const { id, contact } = conversation;
  const name = useContactName(contact);
  const part = partOf(conversation, me.id);
  return (
    <li>
      <Link
        to="/conversations/$tab/$conversationId"
        params={{ tab: 'mine', conversationId: id }}
        className={styles.helpingLink}
        aria-current={isOpen ? 'page' : undefined}
      >
        <Face id={contact.id} name={name} url={contact.avatarUrl} size={24} />
        <span className={styles.helpingName}>{name}</span>
        {part !== undefined && <span className={styles.part}>{t(`team.part.${part.kind}`)}</span>}
      </Link>
    </li>
  );
}
