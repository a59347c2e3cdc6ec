import { Button, Group, Menu, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../../words/time.ts';
import { ReplayDialog } from '../replay/replay-dialog.tsx';
import { documentVersionsQuery } from './dialogue-queries.ts';

/** What holds, and what was changed: published, thrown away, or a former version brought back. */
export function PublishBar(props: {
  kind: 'settings' | 'flows';
  version: number;
  isChanged: boolean;
  isBusy: boolean;
  /** The draft, as it would be published. */
  draft: object;
  onPublish: (anyway: boolean) => void;
  onDiscard: () => void;
  onRestore: (version: number) => void;
}) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const [isReplaying, setReplaying] = useState(false);
  const { kind, version, isChanged, isBusy } = props;
  const { data: versions = [] } = useQuery(documentVersionsQuery(kind, version));
  const former = versions.filter((each) => each.version !== version);
  return (
    <Group justify="space-between" mb="md">
      <Text size="sm" c="dimmed" aria-live="polite">
        {isChanged
          ? t('dialogue.changed')
          : version === 0
            ? t('dialogue.neverPublished')
            : t('dialogue.holds', { version })}
      </Text>
      <Group gap="xs">
        {former.length > 0 && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="sm" variant="default" disabled={isBusy}>
                {t('dialogue.former')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {former.map((each) => (
                <Menu.Item key={each.version} onClick={() => props.onRestore(each.version)}>
                  {t('dialogue.bringBack', { version: each.version, when: full(each.publishedAt ?? 0) })}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Button size="sm" variant="default" disabled={!isChanged || isBusy} onClick={props.onDiscard}>
          {t('dialogue.discard')}
        </Button>
        <Button size="sm" variant="default" disabled={!isChanged || isBusy} onClick={() => setReplaying(true)}>
          {t('replay.title')}
        </Button>
        <Button size="sm" disabled={!isChanged} loading={isBusy} onClick={() => props.onPublish(false)}>
          {t('dialogue.publish')}
        </Button>
      </Group>
      <ReplayDialog
        candidate={isReplaying && isChanged ? { kind, document: props.draft } : undefined}
        publishing={{ label: t('dialogue.publish'), isBusy, publish: props.onPublish }}
        onClose={() => setReplaying(false)}
      />
    </Group>
  );
}
