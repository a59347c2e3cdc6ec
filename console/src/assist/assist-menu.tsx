import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconFileText, IconLanguage, IconMessageChatbot, IconPencil, IconSparkles } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AssistBody } from './assist-stream.ts';

const styles = ['friendlier', 'shorter', 'more-formal'] as const;

/** What a language model can do for the agent, at the composer. */
export function AssistMenu({ draft, onStart }: { draft: string; onStart: (body: AssistBody) => void }) {
  const { t, i18n } = useTranslation();
  const own = draft.trim();
  const language = i18n.language;
  return (
    <Menu position="top-start" shadow="md" withinPortal>
      <Menu.Target>
        <Tooltip label={t('assist.title')} openDelay={400}>
          <ActionIcon variant="subtle" color="gray" aria-label={t('assist.title')}>
            <IconSparkles size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconMessageChatbot size={15} />} onClick={() => onStart({ task: 'draft' })}>
          {t('assist.draft')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconFileText size={15} />}
          onClick={() => onStart({ task: 'summarise', to: language })}
        >
          {t('assist.summarise')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLanguage size={15} />}
          onClick={() => onStart({ task: 'translate', to: language })}
        >
          {t('assist.translateCustomer')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{own === '' ? t('assist.ownEmpty') : t('assist.own')}</Menu.Label>
        {styles.map((to) => (
          <Menu.Item
            key={to}
            disabled={own === ''}
            leftSection={<IconPencil size={15} />}
            onClick={() => onStart({ task: 'rewrite', draft: own, to })}
          >
            {t(`assist.style.${to}`)}
          </Menu.Item>
        ))}
        <Menu.Item
          disabled={own === ''}
          leftSection={<IconLanguage size={15} />}
          onClick={() => onStart({ task: 'translate', draft: own, to: 'customer' })}
        >
          {t('assist.translateOwn')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
