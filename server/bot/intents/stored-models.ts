import { createHash } from 'node:crypto';
import type { ModelStore, StoredModel } from './model-store.ts';
import { UnusableModel } from './recognizer-thread.ts';

/**
 * Bytes of one piece. In base64 500 of them, which a command takes at once when a store is moved, are half of what MariaDB
 * takes in one packet.
 */
const pieceBytes = 12_288;
/** Written at once: each statement is over soon, and a message's commit comes between them. */
const piecesAtOnce = 8;
const piecesRead = 64;

/** Stores a model's bytes, and then that it is there. */
export async function storeModel(
  store: ModelStore,
  model: StoredModel,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, n) =>
    bytes.slice(n * pieceBytes, (n + 1) * pieceBytes),
  );
  for (let from = 0; from < pieces.length; from += piecesAtOnce) {
    signal.throwIfAborted();
    await store.addPieces(model.version, from, pieces.slice(from, from + piecesAtOnce));
  }
  await store.add(model);
}

/** @throws UnusableModel that names the version, for bytes that are not as they were written */
export async function readModel(store: ModelStore, version: number): Promise<Uint8Array<ArrayBuffer>> {
  const model = await store.get(version);
  if (model === undefined) throw new UnusableModel(`Version ${version} is not there any more.`);
  const bytes = new Uint8Array(model.sizeBytes);
  const sum = createHash('sha256');
  let at = 0;
  for (let from = 0; ; from += piecesRead) {
    const pieces = await store.pieces(version, { from, limit: piecesRead });
    for (const piece of pieces) {
      if (at + piece.length <= bytes.length) bytes.set(piece, at);
      at += piece.length;
      sum.update(piece);
    }
    if (pieces.length < piecesRead) break;
  }
  if (at !== bytes.length || sum.digest('hex') !== model.sha256)
    throw new UnusableModel(`Version ${version} is damaged in the database (its checksum is another): train again.`);
  return bytes;
}
