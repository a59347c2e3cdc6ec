import type { ConversationView } from '@parley/sdk/client-api.ts';
import { useLayoutEffect, useReducer, useState } from 'react';
import { useClient } from '../realtime/realtime.tsx';

/** The live view of one conversation; renders again whenever it changes. Undefined for the very first render only. */
export function useConversationView(id: string): ConversationView | undefined {
  const client = useClient();
  const [view, setView] = useState<ConversationView>();
  const [, changed] = useReducer((count: number) => count + 1, 0);
  // Before the paint: a conversation that is cached is there at once, without an empty moment in between.
  useLayoutEffect(() => {
    const next = client.conversation(id);
    setView(next);
    return next.subscribe(changed);
  }, [client, id]);
  return view;
}
