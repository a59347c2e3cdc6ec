import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../app/copy-field.tsx';

const shownMs = 1_500;

/** Copies a value that stands beside it. */
export function CopyButton({ value }: { value: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await copyText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), shownMs);
  }
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Tooltip label={copied ? t('app.copied') : t('app.copy')} openDelay={300}>
      <ActionIcon
        variant="subtle"
        color={copied ? 'green' : 'gray'}
        size="sm"
        aria-label={`${t('app.copy')}: ${value}`}
        onClick={() => void copy()}
      >
        <Icon size={14} />
      </ActionIcon>
    </Tooltip>
  );
}
