import { useEffect, useState } from 'react';
import { useClient } from '../realtime/realtime.tsx';

const shownMs = 6_000;

/** Whether the customer of this conversation is typing, for the list. Ends by itself when no more is heard. */
export function useTypist(conversationId: string): boolean {
  const client = useClient();
  const [typing, setTyping] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = client.on('event', (frame) => {
      const isOurs =
        (frame.event === 'typing' && frame.data.conversationId === conversationId && frame.data.by === 'contact') ||
        (frame.event === 'message.created' && frame.data.message.conversationId === conversationId);
      if (!isOurs) return;
      clearTimeout(timer);
      const on = frame.event === 'typing' && frame.data.on;
      setTyping(on);
      if (on) timer = setTimeout(() => setTyping(false), shownMs);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [client, conversationId]);
  return typing;
}
