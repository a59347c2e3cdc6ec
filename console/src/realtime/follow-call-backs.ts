import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { QueryClient } from '@tanstack/react-query';
import { callBacksKey, showCallBack } from '../call-backs/call-back-queries.ts';

/** Keeps true who is to be called back. Answers what ends it. */
export function followCallBacks(client: ParleyClient, queryClient: QueryClient): () => void {
  const ends = [
    client.on('event', (frame) => {
      if (frame.event === 'call-back.changed') showCallBack(queryClient, frame.data.callBack);
    }),
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: callBacksKey });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
