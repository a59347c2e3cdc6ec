import { Kbd, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { createContext, Fragment, type ReactNode, use, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../session/preferences.ts';
import styles from './shortcut-sheet.module.css';
import { shortcuts, useShortcuts } from './shortcuts.ts';

const SheetContext = createContext({ open: () => {} });

/** Opens the sheet from anywhere. */
export function useShortcutSheet(): { open: () => void } {
  return use(SheetContext);
}

export function ShortcutSheetProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { singleKeys } = usePreferences();
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
      <Modal
        opened={opened}
        onClose={close}
        title={t('shortcuts.title')}
        size="sm"
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Text size="sm" c="dimmed" mb="sm">
          {t(singleKeys ? 'shortcuts.hint' : 'shortcuts.off')}
        </Text>
        <dl className={styles.list}>
          {shortcuts.map((one) => (
            <Fragment key={one.id}>
              <dt>{t(`shortcuts.${one.id}`)}</dt>
              <dd>
                {'shift' in one && <Kbd>Shift</Kbd>} <Kbd>{nameOf(one.key)}</Kbd>
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
