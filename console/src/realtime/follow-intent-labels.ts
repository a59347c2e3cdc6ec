import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { QueryClient } from '@tanstack/react-query';

/** Keeps true what other agents say a message was about, where the conversation is open. Answers what ends it. */
export function followIntentLabels(client: ParleyClient, queryClient: QueryClient): () => void {
  const ends = [
    client.on('event', (frame) => {
      if (frame.event === 'intent-label.changed')
        void queryClient.invalidateQueries({ queryKey: ['context', frame.data.conversationId] });
    }),
    // It is no entry of the timeline: what was said while the line was away is asked for.
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: ['context'] });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
