import type { FollowedConversation } from './conversation-view.ts';

/** The conversations that are followed; the least recently used go when there are too many. */
export interface ConversationCache {
  all(): Iterable<FollowedConversation>;
  get(id: string): FollowedConversation | undefined;
  /** The one that holds this place in the send queue. */
  byKey(key: string): FollowedConversation | undefined;
  /** Puts it in, or moves it to the front; lets go of what is over the limit. */
  keep(view: FollowedConversation): void;
  drop(view: FollowedConversation): void;
}

/**
 * @param max how many to keep; more only while all of them are listened to or have something to send
 * @param onDropped gets those that had to go
 */
export function createConversationCache(
  max: number,
  onDropped: (view: FollowedConversation) => void,
): ConversationCache {
  const byKey = new Map<string, FollowedConversation>();

  function makeRoom(newest: FollowedConversation): void {
    for (const view of byKey.values()) {
      if (byKey.size <= max) return;
      if (view === newest || view.key === '' || view.listeners.length > 0 || view.pending.length > 0) continue;
      byKey.delete(view.key);
      onDropped(view);
    }
  }

  return {
    all: () => byKey.values(),
    byKey: (key) => byKey.get(key),
    get(id) {
      const own = byKey.get('');
      return own?.id === id ? own : byKey.get(id);
    },
    keep(view) {
      const current = byKey.get(view.key);
      if (current !== undefined && current !== view) return;
      byKey.delete(view.key);
      byKey.set(view.key, view);
      makeRoom(view);
    },
    drop(view) {
      if (byKey.get(view.key) === view) byKey.delete(view.key);
    },
  };
}
