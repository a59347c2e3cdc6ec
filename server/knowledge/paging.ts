import type { Page } from '@parley/sdk/protocol.ts';
import { Refusal } from '../gateway/refusal.ts';

type Key = readonly (string | number)[];

/**
 * A page of what lies in memory, in the order of its keys. The cursor is the key of the last one shown, so that what comes
 * and goes meanwhile neither hides nor repeats anything else.
 *
 * @throws Refusal `cursor-invalid`
 */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => Key,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Page<T> {
  const behind = cursor === undefined ? undefined : parseCursor(cursor);
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  const left = behind === undefined ? keyed : keyed.filter(({ key }) => compareKeys(key, behind) > 0);
  const shown = left.sort((a, b) => compareKeys(a.key, b.key)).slice(0, limit);
  const last = shown.at(-1);
  const hasMore = left.length > shown.length && last !== undefined;
  return { items: shown.map(({ item }) => item), nextCursor: hasMore ? encodeCursor(last.key) : null };
}

function compareKeys(a: Key, b: Key): number {
  for (const [at, mine] of a.entries()) {
    const other = b[at] ?? '';
    if (mine === other) continue;
    if (typeof mine === 'number' && typeof other === 'number') return mine - other;
    return String(mine) < String(other) ? -1 : 1;
  }
  return 0;
}

const encodeCursor = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

function parseCursor(cursor: string): Key {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.every((part) => typeof part === 'string' || typeof part === 'number')) return key;
  } catch {
    // Said below.
  }
  throw new Refusal('cursor-invalid', 'cursor: this is not one that this list gave; begin again without it.', {
    field: 'cursor',
  });
}
