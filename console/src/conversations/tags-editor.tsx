import { ActionIcon, Indicator, Popover, TagsInput, Tooltip } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIsPhone } from '../app/screen.ts';

/** As the server has it. */
const maxTags = 50;

export function TagsEditor({ tags, onChange }: { tags: string[]; onChange: (tags: string[]) => void }) {
  const { t } = useTranslation();
  const isPhone = useIsPhone();
  const [opened, setOpened] = useState(false);
  const label = tags.length === 0 ? t('conversation.tags') : `${t('conversation.tags')}: ${tags.join(', ')}`;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={280} shadow="md" trapFocus>
      <Popover.Target>
        <Tooltip label={label} openDelay={500} multiline maw={260}>
          <Indicator
            label={tags.length}
            size={15}
            disabled={tags.length === 0}
            offset={isPhone ? 13 : 6}
            inline
            zIndex={1}
          >
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={label}
              aria-expanded={opened}
              onClick={() => setOpened((open) => !open)}
            >
              <IconTag size={18} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <TagsInput
          size="sm"
          label={t('conversation.tags')}
          description={t('conversation.tagsHint')}
          value={tags}
          maxTags={maxTags}
          onChange={onChange}
          comboboxProps={{ withinPortal: false }}
          data-autofocus
        />
      </Popover.Dropdown>
    </Popover>
  );
}
