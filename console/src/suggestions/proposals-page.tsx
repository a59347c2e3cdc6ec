import { useTranslation } from 'react-i18next';
import { Page } from '../app/page.tsx';
import { ProposalList } from './proposal-list.tsx';

/** Answers that agents give again and again: a person makes canned replies of them, or does not. */
export function ProposalsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('proposals.title')} intro={t('proposals.intro')}>
      <ProposalList />
    </Page>
  );
}
