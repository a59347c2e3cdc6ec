import { type NotificationData, notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { problemText } from './api.ts';

/** Tells the person something, over whatever they do. */
export function notify(notice: NotificationData): void {
  notifications.show({ ...notice, closeButtonProps: { 'aria-label': i18next.t('app.close') } });
}

/** Tells that something a person asked for did not work, and why. */
export function notifyFailure(error: unknown): void {
  notify({ color: 'red', title: i18next.t('app.failed'), message: problemText(error) });
}

export function notifyDone(message: string): void {
  notify({ message, autoClose: 2_500 });
}
