import { Refusal } from '../gateway/refusal.ts';

/**
 * A page of a list that is held in memory. The cursor is the id of the last one that was shown.
 *
 * @throws Refusal `cursor-invalid` when that one is gone
 */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  { cursor, limit = 50 }: { readonly cursor?: string; readonly limit?: number },
): { items: T[]; nextCursor: string | null } {
  const last = cursor === undefined ? -1 : all.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && last < 0) {
    throw new Refusal('cursor-invalid', 'cursor: what it stands for is gone: load the list again.', {
      field: 'cursor',
    });
  }
  const items = all.slice(last + 1, last + 1 + limit);
  return { items, nextCursor: last + 1 + limit < all.length ? (items.at(-1)?.id ?? null) : null };
}
