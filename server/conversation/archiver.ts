import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Leases } from '../base/leases.ts';
import type { ArchiveBatch, ArchiveEntry, ArchiveSlice, ArchiveStore, Erasure } from './archive-store.ts';
import {
  type ArchiveChunk,
  addFingerprints,
  type ColdStore,
  fingerprintedTogether,
  type Place,
  type Tally,
} from './cold-store.ts';
import { fileIdsIn } from './stored-message.ts';

/** Moves what was closed long ago into the archive, and takes out of all tiers what must not be kept. */
export interface Archiver {
  /** Works until the signal aborts: one process at a time, again and again. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks now: a contact was erased. */
  wake(): void;
  readonly stats: ArchiverStats;
}

export interface ArchiverStats {
  /** Messages that this process has moved. */
  readonly moved: number;
  /** Conversations that changed while they were being archived, and come again. */
  readonly left: number;
  /** Passes that ended with an error. */
  readonly failures: number;
  readonly lastFailure: string | undefined;
}

export interface ArchiverDeps {
  readonly store: ArchiveStore;
  readonly cold: ColdStore;
  readonly clock: Clock;
  readonly leases: Leases;
  /** Closed for this long, a conversation is archived; undefined: never. */
  readonly afterMs: number | undefined;
  /** Older than this, it is removed from every tier; undefined: never. */
  readonly keepMs: number | undefined;
  readonly deleteFile: (fileId: string) => Promise<void>;
  /** Told after an erasure has reached every tier. */
  readonly onErased?: (contactId: string) => void;
  readonly onError: (error: unknown) => void;
  readonly batchMessages?: number;
  /** Read and deleted in one go: how long anybody else's request may have to wait for it. */
  readonly sliceMessages?: number;
  /** Rests for as long as it worked times this, so that it takes its share and no more. */
  readonly restRatio?: number;
  /** Told of each step, so that a test can end the process there. */
  readonly onStep?: (step: ArchiveStep) => void;
}

export type ArchiveStep = 'recorded' | 'written' | 'verified' | 'settling' | 'settled' | 'done';

/** How long until it looks again where there was nothing to do. */
const idleMs = 60_000;
/** What lies in small pieces is put together this often, and ids that nobody needs any more are looked for. */
const compactEveryMs = 24 * 60 * 60_000;
/** Platforms repeat callbacks for days; an id by which a repeat is known outlives what it belonged to by this time. */
const repeatsMs = 30 * 24 * 60 * 60_000;

/**
 * The archiver. A batch is recorded, written, read back and compared by count and checksum, and only then taken out of
 * the warm store: killed at any point, it is either forgotten or gone on with, and an entry is always in one tier at least;
 * reading answers one that is in both once.
 */
export function createArchiver(deps: ArchiverDeps): Archiver {
  const { store, cold, clock, onError, onStep = () => undefined } = deps;
  const batchMessages = deps.batchMessages ?? 100_000;
  const sliceMessages = deps.sliceMessages ?? 4_000;
  const restRatio = deps.restRatio ?? 1;
  const stats = { moved: 0, left: 0, failures: 0, lastFailure: undefined as string | undefined };
  let waking = new AbortController();
  let isWoken = false;
  let compactedAt: number | undefined;

  async function passes(held: AbortSignal): Promise<void> {
    let isRecovered = false;
    while (!held.aborted) {
      let isBusy = false;
      try {
        if (!isRecovered) await recover(held);
        isRecovered = true;
        isWoken = false;
        for (const erasure of await store.unfinishedErasures()) await finishErasure(erasure);
        isBusy = await archiveDue(held);
        if (!isBusy) await tidy(held);
      } catch (error) {
        isBusy = false;
        // Whatever was begun is looked at again from its record.
        isRecovered = false;
        stats.failures += 1;
        stats.lastFailure = (error as Error).message;
        onError(error);
      }
      if (!isBusy) await rest(idleMs, held);
    }
  }

  async function rest(ms: number, held: AbortSignal): Promise<void> {
    waking = new AbortController();
    await clock.sleep(ms, AbortSignal.any([held, waking.signal])).catch(() => undefined);
  }

  /** What somebody before us began: what was verified is taken out of the warm store, all else is as if it never was. */
  async function recover(held: AbortSignal): Promise<void> {
    for (const batch of await store.unfinished()) {
      if (batch.state === 'verified') {
        await settle(batch, held);
      } else {
        await cold.discard(batch.id);
        await store.forget(batch.id);
      }
    }
    await cold.sweep();
  }

  /**
   * Archives what is due, batch by batch: while one is taken out of the warm store, the next is written. Answers whether
   * there was anything.
   */
  async function archiveDue(held: AbortSignal): Promise<boolean> {
    if (deps.afterMs === undefined) return false;
    const now = clock.now();
    const due = { dueBefore: now - deps.afterMs, maxMessages: batchMessages, at: now };
    let isAny = false;
    let settling = Promise.resolve();
    try {
      let batch = await store.begin({ id: newId(now), ...due });
      while (batch !== undefined) {
        isAny = true;
        onStep('recorded');
        const written = await writeBatch(batch, held);
        await settling;
        settling = settle(batch, held).then(() => {
          stats.moved += written.count;
        });
        // Looked at below; when the next batch fails first, that is what is told.
        settling.catch(() => undefined);
        // A contact that was erased does not wait for all of it.
        batch = isWoken ? undefined : await store.begin({ id: newId(now), ...due, after: batch.last });
      }
    } finally {
      await settling;
    }
    return isAny;
  }

  async function writeBatch(batch: ArchiveBatch, held: AbortSignal): Promise<Tally> {
    const tally: { count: number; checksum: bigint } = { count: 0, checksum: 0n };
    await cold.write(batch.id, chunksOf(batch.entries, tally, held));
    onStep('written');
    const written: Tally = { count: tally.count, checksum: String(tally.checksum) };
    const found = await cold.verify(batch.id);
    if (found.count !== written.count || found.checksum !== written.checksum) {
      await cold.discard(batch.id);
      await store.forget(batch.id);
      throw new Error(
        `Archive: batch ${batch.id} was read back as ${found.count} messages with checksum ${found.checksum}, written were ${written.count} with ${written.checksum}; nothing was deleted. Check the archive's disk.`,
      );
    }
    await store.markVerified(batch.id, written);
    onStep('verified');
    return written;
  }

  async function* chunksOf(
    entries: readonly ArchiveEntry[],
    tally: { count: number; checksum: bigint },
    held: AbortSignal,
  ): AsyncGenerator<ArchiveChunk> {
    for (const slices of slicesOf(entries, sliceMessages)) {
      held.throwIfAborted();
      const begun = clock.elapsed();
      const chunk = await store.read(slices);
      tally.count += chunk.count;
      tally.checksum = addFingerprints(tally.checksum, BigInt(chunk.checksum));
      if (chunk.count > 0) yield chunk;
      await takeBreath(begun, held);
    }
  }

  async function settle(batch: Pick<ArchiveBatch, 'id' | 'entries'>, held: AbortSignal): Promise<void> {
    for (const slices of slicesOf(batch.entries, sliceMessages)) {
      // Whoever has the lease next goes on with it.
      held.throwIfAborted();
      const begun = clock.elapsed();
      onStep('settling');
      stats.left += (await store.settle(slices)).left;
      onStep('settled');
      await takeBreath(begun, held);
    }
    await store.markDone(batch.id);
    onStep('done');
  }

  async function takeBreath(begun: number, held: AbortSignal): Promise<void> {
    const ms = Math.min(1_000, (clock.elapsed() - begun) * restRatio);
    if (ms >= 1) await clock.sleep(ms, held).catch(() => undefined);
  }

  async function finishErasure(erasure: Erasure): Promise<void> {
    const fileIds = new Set(erasure.fileIds);
    for (const id of await filesArchived(erasure.conversationIds)) fileIds.add(id);
    // While the archive still names them: killed from here on, they are found again.
    await deleteFiles([...fileIds]);
    await cold.erase(erasure.conversationIds);
    await store.markErased(erasure.contactId, clock.now());
    deps.onErased?.(erasure.contactId);
  }

  /** Files that archived messages name, page by page: a contact may have said more than memory takes. */
  async function filesArchived(conversationIds: readonly number[]): Promise<Set<string>> {
    const fileIds = new Set<string>();
    let before: Place | undefined;
    for (;;) {
      const query = {
        conversationIds,
        text: '/files/',
        limit: sliceMessages,
        ...(before === undefined ? {} : { before }),
      };
      const rows = await cold.search(query);
      for (const { content } of rows) for (const id of fileIdsIn(content)) fileIds.add(id);
      const last = rows.at(-1);
      if (last === undefined || rows.length < sliceMessages) return fileIds;
      before = { at: last.created_at, conversationId: last.conversation_id, seq: last.seq };
    }
  }

  async function deleteFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids) await deps.deleteFile(id);
    await store.forgetFiles(ids);
  }

  async function tidy(held: AbortSignal): Promise<void> {
    const begun = clock.elapsed();
    const now = clock.now();
    if (deps.keepMs !== undefined) {
      const before = now - deps.keepMs;
      while (!held.aborted && (await store.dropClosed(before, droppedAtOnce)) === droppedAtOnce) {
        await takeBreath(begun, held);
      }
      await cold.dropBefore(before);
      await dropFiles(before, held);
    }
    if (compactedAt !== undefined && begun - compactedAt < compactEveryMs) return;
    await cold.compact();
    if (deps.keepMs !== undefined || (await store.hasErased())) await dropIds(now - repeatsMs, held);
    compactedAt = begun;
  }

  /** Ids of conversations that were erased or removed after their time. */
  async function dropIds(receivedBefore: number, held: AbortSignal): Promise<void> {
    for (const channelId of await store.channelIds()) {
      for (const table of ['received_ids', 'sent_ids'] as const) {
        for (let after: string | undefined = ''; after !== undefined && !held.aborted; ) {
          const begun = clock.elapsed();
          after = await store.dropIds({ table, channelId, after, receivedBefore, limit: idsAtOnce });
          await takeBreath(begun, held);
        }
      }
    }
  }

  async function dropFiles(before: number, held: AbortSignal): Promise<void> {
    while (!held.aborted) {
      const ids = await store.filesBefore(before, 500);
      if (ids.length === 0) return;
      await deleteFiles(ids);
    }
  }

  return {
    run: (signal) => deps.leases.whileHeld('archiver', passes, signal),
    wake: () => {
      isWoken = true;
      waking.abort();
    },
    stats,
  };
}

const droppedAtOnce = 50;
const idsAtOnce = 2_000;

/** Parts of a batch, each of some conversations or of a piece of a long one. */
export function* slicesOf(entries: readonly ArchiveEntry[], maxMessages: number): Generator<ArchiveSlice[]> {
  let group: ArchiveSlice[] = [];
  let size = 0;
  for (const entry of entries) {
    const messages = entry.lastSeq - entry.archivedSeq;
    if (group.length > 0 && (size + messages > maxMessages || group.length >= maxInGroup)) {
      yield group;
      group = [];
      size = 0;
    }
    if (messages <= maxMessages) {
      // From its beginning: what came back from the archive lies before what it has.
      group.push({ ...entry, afterSeq: 0, toSeq: entry.lastSeq });
      size += messages;
      continue;
    }
    // What is fingerprinted together stays together.
    const cut = (seq: number) => Math.ceil(seq / fingerprintedTogether) * fingerprintedTogether;
    let afterSeq = 0;
    for (let toSeq = cut(entry.archivedSeq + maxMessages); afterSeq < entry.lastSeq; toSeq += cut(maxMessages)) {
      yield [{ ...entry, afterSeq, toSeq: Math.min(toSeq, entry.lastSeq) }];
      afterSeq = toSeq;
    }
  }
  if (group.length > 0) yield group;
}

/** Conversations whose rows one statement names. */
const maxInGroup = 400;
