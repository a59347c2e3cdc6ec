/** What the main thread and the SQLite threads say to each other. */
export interface SqliteWorkerData {
  readonly path: string;
  readonly role: 'writer' | 'reader';
}
export interface SqliteRequest {
  readonly id: number;
  /** `part.method` of the warm store. */
  readonly method: string;
  readonly args: readonly unknown[];
}
export interface SqliteReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly code?: string;
    readonly field?: string;
    readonly errcode?: number;
  };
}
