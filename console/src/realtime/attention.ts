import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { countsQuery } from '../conversations/conversation-queries.ts';
import { preferences } from '../session/preferences.ts';
import { useMe } from '../session/session.ts';
import { participationsQuery, partOf } from '../team/team-queries.ts';
import { useClient } from './realtime.tsx';
import { playTone } from './tone.ts';

/** More messages at once make one tone. */
const toneEveryMs = 1_500;

/** Calls for the agent: a number in the title and on the icon, and a tone while the window is not in front. */
export function useAttention(): void {
  const { t } = useTranslation();
  const client = useClient();
  const { id: ownId } = useMe();
  const queryClient = useQueryClient();
  const { data: counts } = useQuery(countsQuery);
  const unread = counts?.unreadMine ?? 0;

  useEffect(() => {
    const name = t('app.name');
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
    setIcon(unread);
  }, [unread, t]);

  useEffect(() => {
    let lastAt = 0;
    function call(): void {
      if (document.hasFocus() || !preferences().sound || Date.now() - lastAt < toneEveryMs) return;
      lastAt = Date.now();
      playTone();
    }
    /** Whoever only listens need not come for every word of the customer. */
    function isListening(id: string): boolean {
      const heard = queryClient.getQueryData(participationsQuery.queryKey)?.find((each) => each.id === id);
      return partOf(heard, ownId)?.kind === 'listening';
    }
    const ends = [
      client.on('message', ({ message }) => {
        if (message.direction === 'in' && !isListening(message.conversationId)) call();
      }),
      client.on('event', (frame) => {
        const mine = frame.event === 'conversation.assigned' && frame.data.conversation.assigneeId === ownId;
        const isAlert = (frame.event === 'sla.warned' || frame.event === 'sla.breached') && frame.data.alert.toAct;
        if (mine || isAlert || frame.event === 'conversation.created' || frame.event === 'offer.made') call();
        if (frame.event === 'invitation.made') call();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, ownId, queryClient]);
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
