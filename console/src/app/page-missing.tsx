import { Button } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from './empty-state.tsx';

const lookEveryMs = 2_000;
/** Where loading anew did not help, it is not done again and again. */
const notAgainWithinMs = 60_000;
const storageKey = 'parley.loaded-anew';

/** Stands where a page would whose code could not be fetched, and loads it as soon as the server answers. */
export function PageMissingNote() {
  const { t } = useTranslation();
  const { data: answers = false } = useQuery({
    queryKey: ['server-answers'],
    // Refused is answered, too; what a proxy says for a server that is away is not.
    queryFn: async ({ signal }) => (await fetch('/api/v1/me', { signal, cache: 'no-store' })).status < 500,
    refetchInterval: lookEveryMs,
    networkMode: 'always',
    retry: false,
    gcTime: 0,
  });
  useEffect(() => {
    const last = Number(sessionStorage.getItem(storageKey) ?? 0);
    if (!answers || Date.now() - last < notAgainWithinMs) return;
    sessionStorage.setItem(storageKey, String(Date.now()));
    location.reload();
  }, [answers]);
  return (
    <EmptyState
      icon={<IconCloudOff size={22} />}
      title={t('app.pageMissing')}
      {...(answers ? {} : { hint: t('app.pageMissingHint') })}
    >
      <Button variant="light" onClick={() => location.reload()}>
        {t('app.reload')}
      </Button>
    </EmptyState>
  );
}
