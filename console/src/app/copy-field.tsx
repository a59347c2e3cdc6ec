import { Button, Code } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './copy-field.module.css';

const shownMs = 2_000;

/** A value to be carried elsewhere: selectable, with a button that copies it. */
export function CopyField({ value, label }: { value: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await copyText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), shownMs);
  }
  return (
    <div className={styles.row}>
      {/* A long value scrolls, and the keyboard must reach that. */}
      <Code className={styles.value} aria-label={label} tabIndex={0}>
        {value}
      </Code>
      <Button
        size="xs"
        variant="default"
        leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        onClick={() => void copy()}
        aria-label={`${t('app.copy')}: ${label}`}
      >
        {copied ? t('app.copied') : t('app.copy')}
      </Button>
    </div>
  );
}

/** The clipboard is closed to pages without HTTPS, which a first installation often is: then by selection. */
export async function copyText(value: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(value);
    return;
  }
  const area = document.createElement('textarea');
  area.value = value;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
