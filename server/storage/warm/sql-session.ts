import type { TableName, Tables } from './schema.ts';

export type SqlValue = string | number | null;
export type Row<T extends TableName> = Tables[T];
type Column<T extends TableName> = keyof Tables[T] & string;

/** Rows of one table found by (whole) keys. `lock`: held until the transaction ends, where the engine locks rows. */
export interface Find<T extends TableName = TableName> {
  readonly table: T;
  readonly key: readonly Column<T>[];
  readonly columns: readonly Column<T>[];
  readonly lock?: boolean;
}
export interface Insert<T extends TableName = TableName> {
  readonly table: T;
  readonly columns: readonly Column<T>[];
  /** A row whose key is taken is left as it is. */
  readonly ignoreTaken?: boolean;
}
/** Values come in the order `set`, then `key`. */
export interface Update<T extends TableName = TableName> {
  readonly table: T;
  readonly set: readonly Column<T>[];
  readonly key: readonly Column<T>[];
}

export interface Sums<T extends TableName = TableName> {
  readonly table: T;
  readonly of: Column<T>;
  readonly by: Column<T>;
  readonly where: Readonly<Record<string, SqlValue>>;
}

/**
 * What the hot path needs of an engine inside one transaction: four operations on sets of rows. Each engine does them
 * its own fast way (SQLite: one prepared statement, run for each row, no round trip to save; MySQL: one statement for
 * all), so that the logic above them is written once.
 */
export interface WriteSession {
  /** One answer for each key, in order; undefined where there is no row. Keys come sorted when `lock` is set. */
  find<T extends TableName>(find: Find<T>, keys: readonly (readonly SqlValue[])[]): Promise<(Row<T> | undefined)[]>;
  insert<T extends TableName>(insert: Insert<T>, rows: readonly (readonly SqlValue[])[]): Promise<void>;
  update<T extends TableName>(update: Update<T>, rows: readonly (readonly SqlValue[])[]): Promise<void>;
  remove(table: TableName, key: readonly string[], keys: readonly (readonly SqlValue[])[]): Promise<void>;
  /** For each value of `by`, in order, the sum of a column over the rows that have it and match; 0 where there is none. */
  sums<T extends TableName>(sums: Sums<T>, values: readonly SqlValue[]): Promise<number[]>;
}
