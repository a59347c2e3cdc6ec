import { Badge, Tooltip } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contextQuery } from '../known/known-queries.ts';
import { useTimeWords } from '../words/time.ts';

/** That the customer has proved by a one-time code who they are, while it counts. */
export function IdentityBadge({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { clock } = useTimeWords();
  const query = contextQuery(conversation.id, conversation.lastSeq, conversation.changes);
  const { data } = useQuery({ ...query, placeholderData: keepPreviousData });
  const check = data?.conversation.id === conversation.id ? data.identity : null;
  const [now, setNow] = useState(Date.now);
  const until = check?.until ?? 0;
  useEffect(() => {
    const leftMs = until - Date.now();
    if (leftMs <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), leftMs);
    return () => clearTimeout(timer);
  }, [until]);
  if (check === null || check === undefined || until <= now) return null;
  return (
    <Tooltip label={t('contact.codeCheckedHint', { address: check.address, until: clock(until) })} openDelay={300}>
      <Badge
        size="sm"
        variant="light"
        color="green"
        tt="none"
        leftSection={<IconShieldCheck size={13} aria-hidden="true" />}
      >
        {t('contact.codeChecked', { at: clock(check.at) })}
      </Badge>
    </Tooltip>
  );
}
