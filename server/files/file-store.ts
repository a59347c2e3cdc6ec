/** What is known of an uploaded or fetched file. */
export interface FileRecord {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Who brought it: `agent:<id>`, `contact:<id>` or `channel:<id>`. */
  readonly owner: string;
  readonly createdAt: number;
}

export interface FileStore {
  insert(file: FileRecord): Promise<void>;
  get(id: string): Promise<FileRecord | undefined>;
}
