import type { Conversation } from '@parley/sdk/protocol.ts';
import { activityAt } from './list-cache.ts';

/** A row of the list. `gone`: it does not belong here any more, and stays only until the list may move again. */
export type Row = { conversation: Conversation; gone: boolean };
/** How the rows stood when somebody began to look at them closely. */
export type Held = { rows: readonly Conversation[] };

/** Newest activity first. */
export function sortRows(conversations: readonly Conversation[]): Conversation[] {
  return conversations.toSorted((a, b) => activityAt(b) - activityAt(a) || (a.id < b.id ? 1 : -1));
}

/**
 * The rows to show. While the list is held no row moves: rows change in place, what came new is counted in `fresh`
 * instead of pushing the others down, and what left is still there. Older pages go below all the same.
 */
export function arrangeRows(
  conversations: readonly Conversation[],
  held: Held | undefined,
): { rows: Row[]; fresh: number } {
  const sorted = sortRows(conversations);
  if (held === undefined || held.rows.length === 0) {
    return { rows: sorted.map((conversation) => ({ conversation, gone: false })), fresh: 0 };
  }
  const present = new Map(sorted.map((conversation) => [conversation.id, conversation]));
  const rows = held.rows.map((before) => {
    const now = present.get(before.id);
    present.delete(before.id);
    return { conversation: now ?? before, gone: now === undefined };
  });
  const floor = Math.min(...held.rows.map(activityAt));
  const older = [...present.values()].filter((conversation) => activityAt(conversation) <= floor);
  rows.push(...older.map((conversation) => ({ conversation, gone: false })));
  return { rows, fresh: present.size - older.length };
}
