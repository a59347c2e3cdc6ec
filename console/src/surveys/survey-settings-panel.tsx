import { Button, Group, Input, SegmentedControl, Skeleton, Stack, Switch } from '@mantine/core';
import { type SurveySettings, surveyLooks } from '@parley/sdk/protocol.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { CountField, TextsField } from '../app/fields.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import { changeSurveySettings, surveySettingsQuery } from './survey-queries.ts';
import { useTypeNames } from './type-names.ts';

/** Whether and how customers are asked. */
export function SurveySettingsPanel() {
  const { t } = useTranslation();
  const { data } = useQuery(surveySettingsQuery);
  return (
    <Panel title={t('surveys.settings')} hint={t('surveys.settingsHint')}>
      {data === undefined ? (
        <Skeleton height={200} radius="md" />
      ) : (
        <SettingsForm key={JSON.stringify(data)} settings={data} />
      )}
    </Panel>
  );
}

function SettingsForm({ settings }: { settings: SurveySettings }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const typeNames = useTypeNames();
  const look = useId();
  const [draft, setDraft] = useState(settings);
  const change = (patch: Partial<SurveySettings>) => setDraft((before) => ({ ...before, ...patch }));
  const save = useMutation({
    mutationFn: () => changeSurveySettings(draft),
    onSuccess: (saved) => {
      notifyDone(t('app.saved'));
      queryClient.setQueryData(surveySettingsQuery.queryKey, saved);
    },
    onError: notifyFailure,
  });
  return (
    <Stack gap="md">
      <ChoicesField
        path="channelTypes"
        label={t('surveys.where')}
        description={t('surveys.whereHint')}
        value={draft.channelTypes}
        data={typeNames}
        onChange={(channelTypes) => change({ channelTypes })}
      />
      <div>
        <Input.Label labelElement="div" id={look} display="block" mb={4}>
          {t('surveys.look')}
        </Input.Label>
        <SegmentedControl
          aria-labelledby={look}
          value={draft.look}
          onChange={(value) => change({ look: value })}
          data={surveyLooks.map((value) => ({ value, label: t(`surveys.looks.${value}`) }))}
        />
      </div>
      <Switch
        label={t('surveys.asksComment')}
        checked={draft.asksComment}
        onChange={(event) => change({ asksComment: event.currentTarget.checked })}
      />
      <CountField
        path="delayMinutes"
        label={t('surveys.delay')}
        description={t('surveys.delayHint')}
        value={draft.delayMinutes}
        min={0}
        max={10_080}
        onChange={(delayMinutes) => change({ delayMinutes: delayMinutes ?? 0 })}
      />
      <CountField
        path="everyDays"
        label={t('surveys.every')}
        description={t('surveys.everyHint')}
        value={draft.everyDays}
        min={0}
        max={365}
        onChange={(everyDays) => change({ everyDays: everyDays ?? 0 })}
      />
      <TextsField
        path="excludedTags"
        label={t('surveys.excluded')}
        description={t('surveys.excludedHint')}
        value={draft.excludedTags}
        onChange={(excludedTags) => change({ excludedTags })}
      />
      <Group justify="flex-end">
        <Button loading={save.isPending} onClick={() => save.mutate()}>
          {t('app.save')}
        </Button>
      </Group>
    </Stack>
  );
}
