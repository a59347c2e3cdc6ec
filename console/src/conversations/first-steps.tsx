import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import {
  type Icon,
  IconBook2,
  IconChevronRight,
  IconExternalLink,
  IconPlugConnected,
  IconRobot,
  IconShoppingBag,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { useMe } from '../session/session.ts';
import { countsQuery } from './conversation-queries.ts';
import styles from './first-steps.module.css';

type Step = 'channel' | 'colleagues' | 'knowledge' | 'bot';
const steps: readonly { step: Step; to: NonNullable<LinkProps['to']>; icon: Icon }[] = [
  { step: 'channel', to: '/channels', icon: IconPlugConnected },
  { step: 'colleagues', to: '/agents', icon: IconUsers },
  { step: 'knowledge', to: '/knowledge', icon: IconBook2 },
  { step: 'bot', to: '/bot', icon: IconRobot },
];

/** Whether nobody has ever written, and it is an administrator who can do something about it. */
export function useIsUntouched(): boolean {
  const me = useMe();
  const { data: counts } = useQuery(countsQuery);
  const { data: isUntouched } = useQuery({
    queryKey: ['is-untouched'],
    queryFn: async ({ signal }) => {
      const path = '/api/v1/conversations?limit=1';
      return (await api.call<Page<Conversation>>('GET', path, undefined, { signal })).items.length === 0;
    },
    enabled: me.role === 'admin' && counts?.all === 0,
  });
  return me.role === 'admin' && counts?.all === 0 && isUntouched === true;
}

/** What to do with a fresh installation: see it work, then what makes it one's own. */
export function FirstSteps() {
  const { t } = useTranslation();
  return (
    <div className={styles.place}>
      <section className={styles.steps} aria-labelledby="first-steps">
        <h2 id="first-steps">{t('firstSteps.title')}</h2>
        <p className={styles.hint}>{t('firstSteps.hint')}</p>
        <ul className={styles.list}>
          <li>
            <a href="/demo" target="_blank" rel="noreferrer" className={styles.row}>
              <IconShoppingBag size={20} aria-hidden="true" className={styles.icon} />
              <StepWords step="try" />
              <IconExternalLink size={16} aria-hidden="true" className={styles.chevron} />
            </a>
          </li>
          {steps.map(({ step, to, icon: Sign }) => (
            <li key={step}>
              <Link to={to} className={styles.row}>
                <Sign size={20} aria-hidden="true" className={styles.icon} />
                <StepWords step={step} />
                <IconChevronRight size={16} aria-hidden="true" className={styles.chevron} />
              </Link>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function StepWords({ step }: { step: Step | 'try' }) {
  const { t } = useTranslation();
  return (
    <span className={styles.rowText}>
      <strong>{t(`firstSteps.${step}`)}</strong>
      <span className={styles.dim}>{t(`firstSteps.${step}Hint`)}</span>
    </span>
  );
}
