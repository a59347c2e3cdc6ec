import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { countsQuery } from '../conversations/conversation-queries.ts';
import { previewOf } from '../conversations/list-cache.ts';
import { preferences } from '../session/preferences.ts';
import { useMe } from '../session/session.ts';
import { participationsQuery, partOf } from '../team/team-queries.ts';
import { type DesktopNotice, showNotice } from './desktop-notice.ts';
import { inOneWindow, isNoneInFront, tellWhileInFront } from './one-window.ts';
import { useClient } from './realtime.tsx';
import { playTone } from './tone.ts';

/** More messages at once make one tone. */
const toneEveryMs = 1_500;

/** Calls for the agent: a number in the title and on the icon, and a tone and a notice of the system while no window is in front. */
export function useAttention(): void {
  const { t } = useTranslation();
  const client = useClient();
  const navigate = useNavigate();
  const { id: ownId } = useMe();
  const queryClient = useQueryClient();
  const { data: counts } = useQuery(countsQuery);
  const unread = counts?.unreadMine ?? 0;

  useEffect(() => {
    const name = t('app.name');
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
    setIcon(unread);
  }, [unread, t]);

  useEffect(tellWhileInFront, []);

  useEffect(() => {
    const open = (id: string) => () =>
      void navigate({ to: '/conversations/$tab/$conversationId', params: { tab: 'mine', conversationId: id } });
    /** Several messages at once make one tone; of notices each window's takes the place of the same of another's. */
    async function call(notice?: Omit<DesktopNotice, 'title'> & { title: string | undefined }): Promise<void> {
      if (!(await isNoneInFront())) return;
      const { sound, desktop } = preferences();
      if (desktop && notice !== undefined) showNotice({ ...notice, title: notice.title || t('contact.unnamed') });
      if (sound) await inOneWindow(() => playTone(), toneEveryMs);
    }
    /** Whoever only listens need not come for every word of the customer. */
    function isListening(id: string): boolean {
      const heard = queryClient.getQueryData(participationsQuery.queryKey)?.find((each) => each.id === id);
      return partOf(heard, ownId)?.kind === 'listening';
    }
    const ends = [
      client.on('message', ({ message }) => {
        const { direction, conversationId: about, sender } = message;
        if (direction !== 'in' || isListening(about)) return;
        void call({ title: sender.name, body: previewOf(message) || t('content.file'), about, onOpen: open(about) });
      }),
      client.on('event', (frame) => {
        if (frame.event === 'conversation.assigned' && frame.data.conversation.assigneeId === ownId) {
          const { id, contact } = frame.data.conversation;
          void call({ title: contact.name, body: t('attention.assigned'), about: id, onOpen: open(id) });
        } else if (frame.event === 'offer.made') {
          const { conversationId: id } = frame.data.offer;
          void call({ title: t('attention.offered'), body: '', about: id, onOpen: open(id) });
        } else if ((frame.event === 'sla.warned' || frame.event === 'sla.breached') && frame.data.alert.toAct) {
          const { conversationId: id, contactName } = frame.data.alert;
          const body = t(frame.event === 'sla.warned' ? 'sla.warnedTitle' : 'sla.breachedTitle');
          void call({ title: contactName, body, about: id, onOpen: open(id) });
        } else if (frame.event === 'conversation.created' || frame.event === 'invitation.made') void call();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, ownId, queryClient, navigate, t]);
}

const iconPx = 32;

/** Puts the number on the page's icon. */
function setIcon(unread: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link === null) return;
  if (unread === 0) {
    if (!link.href.endsWith('favicon.svg')) link.href = '/console/favicon.svg';
    return;
  }
  const image = new Image();
  image.onload = () => {
    link.href = badge(image, unread > 99 ? '99' : String(unread)) ?? link.href;
  };
  image.src = '/console/favicon.svg';
}

function badge(image: HTMLImageElement, text: string): string | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = iconPx;
  canvas.height = iconPx;
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  context.drawImage(image, 0, 0, iconPx, iconPx);
  context.fillStyle = '#d23c3c';
  context.beginPath();
  context.arc(22, 10, 10, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = '#fff';
  context.font = `bold ${text.length > 1 ? 12 : 15}px sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, 22, 11);
  return canvas.toDataURL('image/png');
}
