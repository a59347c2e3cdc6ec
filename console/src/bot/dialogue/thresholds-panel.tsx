import { NumberInput, Select, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Fields } from '../../app/fields.tsx';
import { Panel } from '../../app/page.tsx';
import { botLanguages, type SettingsProps } from './bot-settings.ts';
import { IntentField } from './intent-field.tsx';
import { AddRow, ListedRow, withEntry } from './listed-row.tsx';

const share = { min: 0, max: 1, step: 0.05, decimalScale: 2 } as const;

/** How sure the bot must be, in general and for single intents. */
export function ThresholdsPanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  const { thresholds, intentThresholds } = settings;
  const languages = botLanguages.map((tag) => ({ value: tag as string, label: t(`dialogue.languages.${tag}`) }));
  return (
    <Panel title={t('dialogue.thresholds')} hint={t('dialogue.thresholdsHint')}>
      <Fields>
        {(['act', 'ask', 'margin', 'graph', 'passage', 'precision'] as const).map((key) => (
          <NumberInput
            key={key}
            label={t(`dialogue.threshold.${key}`)}
            {...share}
            value={thresholds[key]}
            onChange={(next) => next !== '' && patch({ thresholds: { ...thresholds, [key]: Number(next) } })}
          />
        ))}
      </Fields>
      <Text size="sm" c="dimmed" mt="md" mb="xs">
        {t('dialogue.intentThresholdsHint')}{' '}
        <Link to="/bot/$part" params={{ part: 'evaluation' }}>
          {t('dialogue.toProposals')}
        </Link>
      </Text>
      {intentThresholds.map((own, index) => {
        const set = (next: typeof own | undefined) =>
          patch({ intentThresholds: withEntry(intentThresholds, index, next) });
        return (
          <ListedRow
            // biome-ignore lint/suspicious/noArrayIndexKey: it has no name until one is typed, and stays where it is
            key={index}
            removeLabel={t('dialogue.removeThreshold', { intent: own.intent })}
            onRemove={() => set(undefined)}
          >
            <IntentField value={own.intent} onChange={(intent) => set({ ...own, intent })} />
            <Select
              label={t('dialogue.inLanguage')}
              placeholder={t('dialogue.anyLanguage')}
              data={languages}
              value={own.language}
              clearable
              onChange={(language) => set({ ...own, language })}
            />
            <NumberInput
              label={t('dialogue.threshold.act')}
              {...share}
              value={own.act}
              // It does as it is told, and no longer asks what is meant.
              {...(own.act < thresholds.ask ? { description: t('dialogue.underAsk', { ask: thresholds.ask }) } : {})}
              onChange={(next) => next !== '' && set({ ...own, act: Number(next) })}
            />
          </ListedRow>
        );
      })}
      <AddRow
        label={t('dialogue.addThreshold')}
        onAdd={() =>
          patch({ intentThresholds: [...intentThresholds, { intent: '', language: null, act: thresholds.act }] })
        }
      />
    </Panel>
  );
}
