import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The window round a form of this page; `children` are there while it is open, so that each time begins anew. */
export function LearningDialog(props: { opened: boolean; title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const { opened, title, onClose, children } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {children}
    </Modal>
  );
}
