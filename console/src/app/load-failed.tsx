import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { problemText } from './api.ts';
import { EmptyState } from './empty-state.tsx';

/** In the place of what could not be loaded: why, and once more. */
export function LoadFailed(props: { title: string; error: Error | null; onRetry: () => unknown }) {
  const { t } = useTranslation();
  return (
    <EmptyState title={props.title} hint={problemText(props.error)}>
      <Button size="xs" variant="light" onClick={() => void props.onRetry()}>
        {t('app.retry')}
      </Button>
    </EmptyState>
  );
}
