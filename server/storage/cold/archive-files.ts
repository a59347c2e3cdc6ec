/** A file of the embedded archive that counts. */
export interface ArchiveFile {
  /** `2026-11/<id>.parquet`, below the archive's folder. */
  readonly name: string;
  readonly batchId: string;
  /** `2026-11`: its messages are of this month (UTC). */
  readonly month: string;
  readonly fromConversation: number;
  readonly toConversation: number;
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Which files of the archive count. Kept beside the conversations and not in the folder, so that files are exchanged in
 * one transaction, and a file that a kill left half written never counts.
 */
export interface ArchiveFiles {
  /** Those that may hold conversations from the first to the last number. */
  covering(first: number, last: number): Promise<ArchiveFile[]>;
  ofBatch(batchId: string): Promise<ArchiveFile[]>;
  all(): Promise<ArchiveFile[]>;
  size(): Promise<{ messages: number; bytes: number }>;
  /** In one transaction. */
  exchange(removed: readonly string[], added: readonly ArchiveFile[]): Promise<void>;
}
