import { ActionIcon, Badge, Select, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { KnownIntent } from '@parley/sdk/protocol.ts';
import { IconCheck, IconPencil, IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../app/notify.ts';
import { useTimeWords } from '../words/time.ts';
import styles from './known.module.css';
import { intentNamesQuery, labelIntent, unlabelIntent } from './known-queries.ts';

/** Chosen for "none of these"; no intent is called so. */
const noneOfThem = 'out-of-scope';

/** What a message was taken for, and whether that is right: one click, for replays and for what the bot learns. */
export function IntentRow({ conversationId, known }: { conversationId: string; known: KnownIntent }) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const [correcting, setCorrecting] = useState(false);
  const { intent, confidence, seq, label } = known;
  const saying = useMutation({
    mutationFn: (said: string | null | undefined) =>
      said === undefined ? unlabelIntent(conversationId, seq) : labelIntent(conversationId, seq, said),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['context', conversationId] }),
    onError: notifyFailure,
  });
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 0 });
  const isRight = label?.intent === intent;
  return (
    <li>
      <span className={styles.intent} data-wrong={(label !== undefined && !isRight) || undefined}>
        <Tooltip label={t('known.confidence', { percent: percent.format(confidence) })}>
          <Badge size="sm" variant="light" color={confidence >= 0.8 ? 'parley' : 'gray'} tt="none">
            {intent} · {percent.format(confidence)}
          </Badge>
        </Tooltip>
        {(label === undefined || isRight) && (
          <Tooltip label={isRight ? <SaidBy label={label} /> : t('known.intentRight')} openDelay={300}>
            <ActionIcon
              variant={isRight ? 'filled' : 'subtle'}
              color={isRight ? 'parley' : 'gray'}
              size="sm"
              aria-pressed={isRight}
              aria-label={`${t('known.intentRight')}: ${intent}`}
              loading={saying.isPending && !correcting}
              onClick={() => saying.mutate(isRight ? undefined : intent)}
            >
              <IconCheck size={14} />
            </ActionIcon>
          </Tooltip>
        )}
        {label !== undefined && !isRight && (
          <Tooltip label={<SaidBy label={label} />} openDelay={300}>
            <span className={styles.meant}>
              {t('known.intentWas', { intent: label.intent ?? t('known.noIntent') })}
            </span>
          </Tooltip>
        )}
        <Tooltip label={t('known.correctIntent')} openDelay={300}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-expanded={correcting}
            aria-label={`${t('known.correctIntent')}: ${intent}`}
            onClick={() => setCorrecting(!correcting)}
          >
            <IconPencil size={14} />
          </ActionIcon>
        </Tooltip>
        {label !== undefined && !isRight && (
          <Tooltip label={t('known.takeBack')} openDelay={300}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`${t('known.takeBack')}: ${intent}`}
              onClick={() => saying.mutate(undefined)}
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </span>
      {correcting && (
        <Correction
          onClose={() => setCorrecting(false)}
          onChoose={(chosen) => {
            setCorrecting(false);
            saying.mutate(chosen);
          }}
        />
      )}
    </li>
  );
}

function SaidBy({ label: { by, at } }: { label: NonNullable<KnownIntent['label']> }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  return <>{t('known.saidBy', { name: by.name, when: full(at) })}</>;
}

/** Which intent it was instead. */
function Correction({ onChoose, onClose }: { onChoose: (intent: string | null) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [looked, setLooked] = useState('');
  const [search] = useDebouncedValue(looked.trim(), 200);
  const { data: names = [] } = useQuery({ ...intentNamesQuery(search), placeholderData: keepPreviousData });
  return (
    <Select
      size="xs"
      mt={4}
      aria-label={t('known.correctIntent')}
      placeholder={t('known.correctIntent')}
      data={[...names.map(({ name }) => name), { value: noneOfThem, label: t('known.noIntent') }]}
      value={null}
      searchable
      searchValue={looked}
      onSearchChange={setLooked}
      nothingFoundMessage={t('learning.noIntent')}
      onChange={(chosen) => chosen !== null && onChoose(chosen === noneOfThem ? null : chosen)}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      // Whoever has clicked the pen is about to write here.
      autoFocus
      defaultDropdownOpened
    />
  );
}
