import { Refusal } from '../../gateway/refusal.ts';

/** Where a page of a list ended: the sort key and the id that breaks ties. Opaque to clients. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at}:${cursor.id}`).toString('base64url');
}

/** @throws Refusal `cursor-invalid` */
export function decodeCursor(text: string): Cursor {
  const [, at, id] = /^(\d{1,16}):(\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (at === undefined || id === undefined) {
    throw new Refusal('cursor-invalid', 'cursor: this is not one that a list of ours gave; begin again without it.', {
      field: 'cursor',
    });
  }
  return { at: Number(at), id };
}
