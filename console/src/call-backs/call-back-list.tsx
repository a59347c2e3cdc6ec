import { SegmentedControl } from '@mantine/core';
import type { CallBackState } from '@parley/sdk/protocol.ts';
import { IconPhoneCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { Page } from '../app/page.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { CallBackCard } from './call-back-card.tsx';
import { callBackListQuery } from './call-back-queries.ts';
import styles from './call-backs.module.css';

const shown = ['open', 'taken', 'done', 'unreached'] as const satisfies CallBackState[];

/** Customers who chose to be called back or answered later, in the order in which they are due. */
export function CallBackListPage() {
  const { t } = useTranslation();
  const [state, setState] = useState<(typeof shown)[number]>('open');
  const query = useInfiniteQuery(callBackListQuery(state));
  const callBacks = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t('callBacks.title')} intro={t('callBacks.intro')}>
      <SegmentedControl<(typeof shown)[number]>
        mb="md"
        size="sm"
        aria-label={t('callBacks.which')}
        value={state}
        onChange={setState}
        data={shown.map((value) => ({ value, label: t(`callBacks.state.${value}`) }))}
      />
      <PagedList
        query={query}
        items={callBacks}
        failed={t('callBacks.loadFailed')}
        empty={
          <EmptyState
            icon={<IconPhoneCheck size={22} />}
            title={t(`callBacks.empty.${state}`)}
            {...(state === 'open' ? { hint: t('callBacks.emptyHint') } : {})}
          />
        }
      >
        {(shown) => (
          <ul className={styles.list}>
            {shown.map((callBack) => (
              <CallBackCard key={callBack.id} callBack={callBack} />
            ))}
          </ul>
        )}
      </PagedList>
    </Page>
  );
}
