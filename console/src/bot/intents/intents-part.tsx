import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../app/empty-state.tsx';

/** What customers want, with examples of how they say it. */
export function IntentsPart() {
  const { t } = useTranslation();
  return <EmptyState title={t('intents.emptyTitle')} hint={t('intents.emptyHint')} />;
}
