import { ActionIcon, Modal } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { createContext, type ReactNode, use, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './image-viewer.module.css';

type Shown = { url: string; name: string };
const ViewerContext = createContext<{ show: (image: Shown) => void }>({ show: () => {} });

/** Shows a picture of a message large. */
export function useImageViewer(): { show: (image: Shown) => void } {
  return use(ViewerContext);
}

export function ImageViewerProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [image, setImage] = useState<Shown>();
  const [opened, setOpened] = useState(false);
  const value = useMemo(
    () => ({
      show: (next: Shown) => {
        setImage(next);
        setOpened(true);
      },
    }),
    [],
  );
  return (
    <ViewerContext value={value}>
      {children}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        fullScreen
        title={image?.name}
        classNames={{ body: styles.body ?? '', content: styles.content ?? '', header: styles.header ?? '' }}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {image !== undefined && (
          <>
            <ActionIcon
              component="a"
              href={image.url}
              download={image.name}
              target="_blank"
              rel="noopener noreferrer"
              className={styles.download}
              variant="default"
              size="lg"
              aria-label={t('content.download')}
            >
              <IconDownload size={18} />
            </ActionIcon>
            <img className={styles.image} src={image.url} alt={image.name} referrerPolicy="no-referrer" />
          </>
        )}
      </Modal>
    </ViewerContext>
  );
}
