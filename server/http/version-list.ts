import { Refusal } from '../gateway/refusal.ts';
import type { VersionEntry } from '../publishing/published-document.ts';

/** As it is told. Of the default, which nobody has published, all but the number is null. */
export function showEntry({
  version,
  author,
  note,
  publishedAt,
  despite,
}: Partial<VersionEntry> & { version: number }) {
  return {
    ...{ version, publishedBy: author ?? null, note: note ?? null, publishedAt: publishedAt ?? null },
    ...(despite === undefined ? {} : { despite: despite === null ? null : (JSON.parse(despite) as object) }),
  };
}

/** A note of blanks is none. */
export const noted = (note: string | undefined) =>
  note === undefined || note.trim() === '' ? {} : { note: note.trim() };

/**
 * A page of the versions of a document, newest first. The cursor is the number of the last one that was shown.
 *
 * @throws Refusal `cursor-invalid`
 */
export async function pageOfVersions(
  list: (of: { readonly limit: number; readonly before?: number }) => Promise<readonly VersionEntry[]>,
  { cursor, limit = 50 }: { readonly cursor?: string; readonly limit?: number },
) {
  const items = await list({ limit, ...(cursor === undefined ? {} : { before: placeOf(cursor) }) });
  const last = items.length < limit ? undefined : items.at(-1);
  return { items: items.map(showEntry), nextCursor: last === undefined ? null : String(last.version) };
}

/** The number that a cursor of ours stands for. @throws Refusal `cursor-invalid` */
export function placeOf(cursor: string): number {
  if (/^\d{1,10}$/.test(cursor)) return Number(cursor);
  throw new Refusal('cursor-invalid', 'cursor: this is not one that a list of ours gave; begin again without it.', {
    field: 'cursor',
  });
}
