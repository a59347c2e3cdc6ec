import type { ClientEvents } from './client-api.ts';
import type { FollowedConversation } from './conversation-view.ts';

/** Collects what listeners must hear, and tells them when a step is complete: nobody sees half of a change. */
export interface Notifier {
  on<K extends keyof ClientEvents>(event: K, listener: (data: ClientEvents[K]) => void): () => void;
  emit<K extends keyof ClientEvents>(event: K, data: ClientEvents[K]): void;
  changed(view: FollowedConversation): void;
  flush(): void;
}

/** @param fail gets what a listener threw: one bad listener must not keep the others from hearing. */
export function createNotifier(fail: (error: unknown) => void): Notifier {
  const listeners = new Map<string, Set<(data: never) => void>>();
  const views = new Set<FollowedConversation>();
  let calls: (() => void)[] = [];

  function attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      fail(error);
    }
  }

  return {
    on(event, listener) {
      const entry: typeof listener = (data) => listener(data);
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(entry));
      return () => set.delete(entry);
    },
    emit(event, data) {
      for (const listener of listeners.get(event) ?? []) calls.push(() => listener(data as never));
    },
    changed: (view) => views.add(view),
    flush() {
      // A listener may act on the client, which begins a step of its own: take the work away before it is done.
      const changed = [...views];
      views.clear();
      const due = calls;
      calls = [];
      for (const view of changed) for (const listener of view.listeners) attempt(listener);
      for (const call of due) attempt(call);
    },
  };
}
