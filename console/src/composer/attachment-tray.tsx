import { ActionIcon, Progress } from '@mantine/core';
import { IconFile, IconRefresh, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { sizeText } from '../words/sizes.ts';
import type { Attachment, Attachments } from './attachments.ts';
import styles from './composer.module.css';

/** The files that will go with the message. */
export function AttachmentTray(props: { files: readonly Attachment[]; attachments: Attachments }) {
  if (props.files.length === 0) return null;
  return (
    <ul className={styles.tray}>
      {props.files.map((entry) => (
        <AttachmentCard key={entry.id} entry={entry} attachments={props.attachments} />
      ))}
    </ul>
  );
}

function AttachmentCard({ entry, attachments }: { entry: Attachment; attachments: Attachments }) {
  const { t } = useTranslation();
  const { name } = entry.file;
  const isUploading = entry.state === 'uploading';
  return (
    <li className={styles.attachment} data-state={entry.state}>
      {entry.previewUrl === undefined ? (
        <span className={styles.thumb}>
          <IconFile size={20} aria-hidden="true" />
        </span>
      ) : (
        <img className={styles.thumb} src={entry.previewUrl} alt="" />
      )}
      <div className={styles.attachmentText}>
        <span className={styles.fileName}>{name}</span>
        {isUploading ? (
          <Progress
            size="sm"
            value={entry.progress * 100}
            aria-label={t('composer.uploading', { percent: Math.round(entry.progress * 100) })}
          />
        ) : (
          <span className={styles.fileState}>
            {entry.state === 'failed'
              ? t('composer.uploadFailed', { reason: entry.error ?? '' })
              : `${sizeText(entry.media?.sizeBytes ?? entry.file.size)} · ${t('composer.uploaded')}`}
          </span>
        )}
      </div>
      {entry.state === 'failed' && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('composer.retryUpload', { name })}
          onClick={() => attachments.retry(entry.id)}
        >
          <IconRefresh size={16} />
        </ActionIcon>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t(isUploading ? 'composer.cancelUpload' : 'composer.removeFile', { name })}
        onClick={() => attachments.remove(entry.id)}
      >
        <IconX size={16} />
      </ActionIcon>
    </li>
  );
}
