import { Anchor, Button, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, problemText } from '../app/api.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import { useIsPhone } from '../app/screen.ts';
import { CategoriesPanel } from './category-names.tsx';
import { type HelpSettings, helpSettingsQuery } from './knowledge-queries.ts';

/** Whether customers may read the public articles at `/help`, and under which title. */
export function HelpCentrePart() {
  const { t } = useTranslation();
  const { data, error } = useQuery(helpSettingsQuery);
  if (data !== undefined)
    return (
      <>
        <SettingsForm key={JSON.stringify(data)} settings={data} />
        <CategoriesPanel />
      </>
    );
  if (error !== null) return <EmptyState title={t('knowledge.loadFailed')} hint={problemText(error)} />;
  return <Skeleton height={160} radius="md" />;
}

function SettingsForm({ settings }: { settings: HelpSettings }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const isPhone = useIsPhone();
  const [enabled, setEnabled] = useState(String(settings.enabled ?? 'auto'));
  const [titles, setTitles] = useState(settings.titles);
  const save = useMutation({
    mutationFn: () =>
      api.call<HelpSettings>('PATCH', '/api/v1/help-centre', {
        enabled: enabled === 'auto' ? null : enabled === 'true',
        titles,
      }),
    onSuccess: (saved) => {
      notifyDone(t('app.saved'));
      queryClient.setQueryData(helpSettingsQuery.queryKey, saved);
    },
    onError: notifyFailure,
  });
  return (
    <Panel title={t('knowledge.part.help-centre')} hint={t('knowledge.helpHint')}>
      <Stack gap="md">
        <Text size="sm">
          {settings.isOpen ? t('knowledge.helpOpen') : t('knowledge.helpClosed')}{' '}
          {settings.isOpen && (
            <Anchor
              href="/help"
              target="_blank"
              rel="noopener"
              size="sm"
              underline="always"
              c="var(--parley-accent-text)"
            >
              {t('knowledge.helpVisit')}
            </Anchor>
          )}
        </Text>
        <SegmentedControl
          aria-label={t('knowledge.helpSwitch')}
          orientation={isPhone ? 'vertical' : 'horizontal'}
          value={enabled}
          onChange={setEnabled}
          data={(['auto', 'true', 'false'] as const).map((value) => ({
            value,
            label: t(`knowledge.helpMode.${value}`),
          }))}
        />
        {settings.titleLanguages.map((language) => (
          <TextInput
            key={language}
            label={t('knowledge.helpTitle', { language })}
            value={titles[language] ?? ''}
            maxLength={100}
            onChange={(event) => {
              const title = event.currentTarget.value;
              setTitles((before) => ({ ...before, [language]: title }));
            }}
          />
        ))}
        <Group justify="flex-end">
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
