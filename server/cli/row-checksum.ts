import { createHash, hash } from 'node:crypto';

/** A value as both engines keep it. */
export type Value = string | number | null;
/** The values of one row, in the order of its table's columns. */
export type Row = readonly Value[];

/**
 * A checksum of a set of rows that is the same in whatever order they are read: engines order text differently, and a
 * copy may have been made in parts. The hashes of the rows are added up, in eight lanes of 32 bits.
 */
export class RowChecksum {
  readonly #lanes = new Uint32Array(8);
  #rows = 0;

  /** @param line the row as one JSON array, without a line feed */
  add(line: string): void {
    const bytes = hash('sha256', line, 'buffer');
    for (let lane = 0; lane < 8; lane++) {
      this.#lanes[lane] = ((this.#lanes[lane] ?? 0) + bytes.readUInt32LE(lane * 4)) >>> 0;
    }
    this.#rows += 1;
  }

  get rows(): number {
    return this.#rows;
  }

  /** 64 hexadecimal digits over all that was added. */
  get value(): string {
    return createHash('sha256')
      .update(`${this.#rows}:${this.#lanes.join(':')}`)
      .digest('hex');
  }
}
