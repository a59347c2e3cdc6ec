/** What the system shows over other programs. */
export interface DesktopNotice {
  readonly title: string;
  readonly body: string;
  /** A newer one about the same takes the place of the former. */
  readonly about: string;
  readonly onOpen: () => void;
}

export const canNotify = (): boolean => 'Notification' in window;

/** Whether the person has allowed it; asks where nobody has said yet. Call it from a click: else browsers do not ask. */
export async function mayNotify(): Promise<boolean> {
  if (!canNotify()) return false;
  const { permission } = Notification;
  return (permission === 'default' ? await Notification.requestPermission() : permission) === 'granted';
}

export function showNotice({ title, body, about, onOpen }: DesktopNotice): void {
  if (!canNotify() || Notification.permission !== 'granted') return;
  try {
    const shown = new Notification(title, { body, tag: `parley-${about}`, icon: '/console/favicon.svg', silent: true });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onOpen();
    };
  } catch {
    // Phones know such notices from service workers alone; there the tone and the number in the title call.
  }
}
