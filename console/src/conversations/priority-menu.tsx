import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { type Priority, priorities } from '@parley/sdk/protocol.ts';
import { IconArrowDown, IconArrowUp, IconCheck, IconChevronsUp, IconFlag } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

const iconOf = { low: IconArrowDown, normal: IconFlag, high: IconArrowUp, urgent: IconChevronsUp };
const colorOf = { low: '', normal: '', high: 'var(--parley-warn-text)', urgent: 'var(--parley-bad)' } as const;

export function PriorityMenu({ priority, onChoose }: { priority: Priority; onChoose: (priority: Priority) => void }) {
  const { t } = useTranslation();
  const Icon = iconOf[priority];
  const label = `${t('priority.label')}: ${t(`priority.${priority}`)}`;
  return (
    <Menu position="bottom-end" width={180} shadow="md">
      <Tooltip label={label} openDelay={500}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={label}>
            <Icon size={18} color={colorOf[priority] || 'currentColor'} />
          </ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <Menu.Label>{t('priority.label')}</Menu.Label>
        {priorities.toReversed().map((choice) => {
          const ChoiceIcon = iconOf[choice];
          return (
            <Menu.Item
              key={choice}
              leftSection={<ChoiceIcon size={16} />}
              rightSection={choice === priority ? <IconCheck size={14} /> : undefined}
              onClick={() => onChoose(choice)}
            >
              {t(`priority.${choice}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
