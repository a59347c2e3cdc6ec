import { Kbd, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { createContext, Fragment, type ReactNode, use, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './shortcut-sheet.module.css';
import { shortcuts, useShortcuts } from './shortcuts.ts';

const SheetContext = createContext({ open: () => {} });

/** Opens the sheet from anywhere. */
export function useShortcutSheet(): { open: () => void } {
  return use(SheetContext);
}

export function ShortcutSheetProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  useShortcuts({
    sheet: () => {
      open();
      return true;
    },
  });
  const value = useMemo(() => ({ open }), [open]);
  return (
    <SheetContext value={value}>
      {children}
      <Modal opened={opened} onClose={close} title={t('shortcuts.title')} size="sm">
        <Text size="sm" c="dimmed" mb="sm">
          {t('shortcuts.hint')}
        </Text>
        <dl className={styles.list}>
          {shortcuts.map(({ id, key }) => (
            <Fragment key={id}>
              <dt>{t(`shortcuts.${id}`)}</dt>
              <dd>
                <Kbd>{nameOf(key)}</Kbd>
              </dd>
            </Fragment>
          ))}
          <dt>{t('shortcuts.send')}</dt>
          <dd>
            <Kbd>Enter</Kbd>
          </dd>
          <dt>{t('shortcuts.newLine')}</dt>
          <dd>
            <Kbd>Shift</Kbd> <Kbd>Enter</Kbd>
          </dd>
          <dt>{t('suggestions.sheet')}</dt>
          <dd>
            <Kbd>Alt</Kbd> <Kbd>1</Kbd>–<Kbd>3</Kbd>
          </dd>
          <dt>{t('suggestions.sheetOther')}</dt>
          <dd>
            <Kbd>Alt</Kbd> <Kbd>Shift</Kbd> <Kbd>1</Kbd>–<Kbd>3</Kbd>
          </dd>
        </dl>
      </Modal>
    </SheetContext>
  );
}

function nameOf(key: string): string {
  if (key === 'Escape') return 'Esc';
  return key.length === 1 ? key.toUpperCase() : key;
}
