import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { problemText } from './api.ts';

/** Tells that something a person asked for did not work, and why. */
export function notifyFailure(error: unknown): void {
  notifications.show({ color: 'red', title: i18next.t('app.failed'), message: problemText(error), ...closing() });
}

export function notifyDone(message: string): void {
  notifications.show({ message, autoClose: 2_500, ...closing() });
}

const closing = () => ({ closeButtonProps: { 'aria-label': i18next.t('app.close') } });
