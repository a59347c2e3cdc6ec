import { Select, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../app/page.tsx';
import { groupsQuery } from '../../transfer/group-queries.ts';
import type { SettingsProps } from './bot-settings.ts';
import { AddRow, ListedRow, withEntry } from './listed-row.tsx';

/** Topics that are for people alone, whatever the bot knows of them, and who gets them. */
export function SensitivePanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  const { data: groups = [] } = useQuery(groupsQuery);
  const { sensitive } = settings;
  return (
    <Panel title={t('dialogue.sensitive')} hint={t('dialogue.sensitiveHint')}>
      {sensitive.map((topic, index) => {
        const set = (next: typeof topic | undefined) => patch({ sensitive: withEntry(sensitive, index, next) });
        return (
          <ListedRow
            // biome-ignore lint/suspicious/noArrayIndexKey: it has no name until one is typed, and stays where it is
            key={index}
            removeLabel={t('dialogue.removeTopic', { topic: topic.name })}
            onRemove={() => set(undefined)}
          >
            <TextInput
              label={t('dialogue.topic')}
              value={topic.name}
              onChange={(event) => set({ ...topic, name: event.currentTarget.value })}
            />
            <Select
              label={t('dialogue.group')}
              placeholder={t('dialogue.byRules')}
              data={groups.map(({ id, name }) => ({ value: id, label: name || id }))}
              value={topic.groupId}
              clearable
              onChange={(groupId) => set({ ...topic, groupId })}
            />
            <TagsInput
              label={t('dialogue.topicWords')}
              value={[...topic.words]}
              splitChars={[',', '，', '、']}
              acceptValueOnBlur
              clearable={false}
              onChange={(words) => set({ ...topic, words })}
            />
          </ListedRow>
        );
      })}
      <AddRow
        label={t('dialogue.addTopic')}
        onAdd={() => patch({ sensitive: [...sensitive, { name: '', words: [], groupId: null }] })}
      />
    </Panel>
  );
}
