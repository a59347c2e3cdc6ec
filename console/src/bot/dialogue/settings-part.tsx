import {
  MultiSelect,
  NumberInput,
  Select,
  Skeleton,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { Fields } from '../../app/fields.tsx';
import { Panel } from '../../app/page.tsx';
import { channelsQuery } from '../../channels/channel-queries.ts';
import { routingQuery } from '../../routing/routing-queries.ts';
import { type BotSettings, botLanguages, botTextKeys, type SettingsProps } from './bot-settings.ts';
import { botSettingsQuery } from './dialogue-queries.ts';
import { PublishBar } from './publish-bar.tsx';
import { ReactionsPanel } from './reactions-panel.tsx';
import { SensitivePanel } from './sensitive-panel.tsx';
import { ThresholdsPanel } from './thresholds-panel.tsx';
import { useDocument } from './use-document.ts';

/** When the bot answers, what it says, how sure it must be, and when a person gets the conversation. */
export function BotSettingsPart() {
  const { draft, error, change, ...bar } = useDocument<BotSettings>('settings', botSettingsQuery);
  if (error !== null) return <Text c="dimmed">{problemText(error)}</Text>;
  if (draft === undefined) return <Skeleton height={240} radius="md" />;
  const patch = (next: Partial<BotSettings>) => change({ ...draft, ...next });
  const props = { settings: draft, patch };
  return (
    <>
      <PublishBar
        kind="settings"
        {...bar}
        draft={draft}
        onPublish={bar.publish}
        onDiscard={bar.discard}
        onRestore={bar.restore}
      />
      <WherePanel {...props} />
      <ReactionsPanel {...props} />
      <ThresholdsPanel {...props} />
      <HandOffPanel {...props} />
      <SensitivePanel {...props} />
      <TextsPanel {...props} />
    </>
  );
}

function WherePanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  const { data: channels = [] } = useQuery(channelsQuery);
  return (
    <Panel title={t('dialogue.where')} hint={t('dialogue.whereHint')}>
      <Switch
        mb="sm"
        label={t('dialogue.enabled')}
        checked={settings.enabled}
        onChange={(event) => patch({ enabled: event.currentTarget.checked })}
      />
      <Switch
        mb="sm"
        label={t('dialogue.askIfHelped')}
        description={t('dialogue.askIfHelpedHint')}
        checked={settings.askIfHelped}
        onChange={(event) => patch({ askIfHelped: event.currentTarget.checked })}
      />
      <Switch
        mb="sm"
        label={t('dialogue.citeSources')}
        description={t('dialogue.citeSourcesHint')}
        checked={settings.citeSources}
        onChange={(event) => patch({ citeSources: event.currentTarget.checked })}
      />
      <Fields>
        <MultiSelect
          label={t('dialogue.channels')}
          placeholder={settings.channels === null ? t('dialogue.allChannels') : ''}
          data={channels.map(({ id, name }) => ({ value: id, label: name }))}
          value={[...(settings.channels ?? [])]}
          onChange={(ids) => patch({ channels: ids.length === 0 ? null : ids })}
        />
        <Select
          label={t('dialogue.language')}
          data={botLanguages.map((tag) => ({ value: tag, label: t(`dialogue.languages.${tag}`) }))}
          value={settings.language}
          allowDeselect={false}
          onChange={(language) => language !== null && patch({ language })}
        />
        <NumberInput
          label={t('dialogue.checkedFor')}
          description={t('dialogue.checkedForHint')}
          min={1}
          max={1_440}
          allowDecimal={false}
          value={settings.checkedForMs / 60_000}
          onChange={(next) => next !== '' && patch({ checkedForMs: Number(next) * 60_000 })}
        />
        <NumberInput
          label={t('dialogue.keepDecisions')}
          description={t('dialogue.keepDecisionsHint')}
          placeholder={t('dialogue.withConversation')}
          min={90}
          max={3_650}
          allowDecimal={false}
          value={settings.keepDecisionsDays ?? ''}
          onChange={(next) => patch({ keepDecisionsDays: next === '' ? null : Number(next) })}
        />
      </Fields>
    </Panel>
  );
}

function HandOffPanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  const { data: routing } = useQuery(routingQuery);
  const { handOff } = settings;
  const set = (next: Partial<BotSettings['handOff']>) => patch({ handOff: { ...handOff, ...next } });
  const groups = (routing?.config.groups ?? []).map(({ id, name }) => ({ value: id, label: name || id }));
  const schedules = (routing?.config.schedules ?? []).map(({ id, name }) => ({ value: id, label: name || id }));
  return (
    <Panel title={t('dialogue.handOff')} hint={t('dialogue.handOffHint')}>
      <Fields>
        <NumberInput
          label={t('dialogue.misses')}
          min={1}
          max={10}
          value={handOff.misses}
          onChange={(next) => next !== '' && set({ misses: Number(next) })}
        />
        <NumberInput
          label={t('dialogue.maxTurns')}
          min={1}
          max={100}
          value={handOff.maxTurns}
          onChange={(next) => next !== '' && set({ maxTurns: Number(next) })}
        />
        <Select
          label={t('dialogue.group')}
          placeholder={t('dialogue.byRules')}
          data={groups}
          value={handOff.groupId}
          clearable
          onChange={(groupId) => set({ groupId })}
        />
        <Select
          label={t('dialogue.schedule')}
          placeholder={t('dialogue.always')}
          data={schedules}
          value={handOff.scheduleId}
          clearable
          onChange={(scheduleId) => set({ scheduleId })}
        />
        <Select
          label={t('dialogue.whenNotSure')}
          data={(['ask-again', 'hand-off'] as const).map((value) => ({ value, label: t(`dialogue.notSure.${value}`) }))}
          value={handOff.whenNotSure}
          allowDeselect={false}
          onChange={(next) => next !== null && set({ whenNotSure: next })}
        />
        <TagsInput
          label={t('dialogue.words')}
          value={[...handOff.words]}
          clearable={false}
          onChange={(words) => set({ words })}
        />
      </Fields>
      <Switch
        mt="sm"
        label={t('dialogue.askFirst')}
        description={t('dialogue.askFirstHint')}
        checked={handOff.askFirst}
        onChange={(event) => set({ askFirst: event.currentTarget.checked })}
      />
      <Switch
        mt="sm"
        label={t('dialogue.vip')}
        checked={handOff.vip}
        onChange={(event) => set({ vip: event.currentTarget.checked })}
      />
      <Switch
        mt="xs"
        label={t('dialogue.anger')}
        checked={handOff.anger !== null}
        onChange={(event) => set({ anger: event.currentTarget.checked ? 0.8 : null })}
      />
    </Panel>
  );
}

function TextsPanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('dialogue.texts')} hint={t('dialogue.textsHint')}>
      {botLanguages.map((tag) => (
        <fieldset key={tag} style={{ border: 0, padding: 0, margin: '0 0 16px' }}>
          <legend style={{ padding: 0, marginBottom: 8 }}>
            <Text fw={600} size="sm" component="span">
              {t(`dialogue.languages.${tag}`)}
            </Text>
          </legend>
          <Fields>
            {botTextKeys.map((key) => {
              const own = settings.texts[tag] ?? {};
              const change = (text: string) => {
                const { [key]: _, ...rest } = own;
                const next = text === '' && key !== 'greeting' ? rest : { ...rest, [key]: text };
                patch({ texts: { ...settings.texts, [tag]: next } });
              };
              const props = {
                label: t(`dialogue.text.${key}`),
                value: own[key] ?? '',
                placeholder: t('dialogue.usual'),
                onChange: (event: { currentTarget: { value: string } }) => change(event.currentTarget.value),
              };
              return key === 'name' ? <TextInput key={key} {...props} /> : <Textarea key={key} autosize {...props} />;
            })}
          </Fields>
        </fieldset>
      ))}
    </Panel>
  );
}
