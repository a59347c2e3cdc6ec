import { randomFillSync } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const pool = new Uint8Array(8 * 256);
let poolAt = pool.length;
let lastMs = 0;
let tail = 0n;
const tailBits = 35n;

function encode(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = (alphabet[Number(rest & 31n)] as string) + text;
    rest >>= 5n;
  }
  return text;
}

function decode(text: string): bigint {
  let value = 0n;
  for (const letter of text) value = (value << 5n) | BigInt(alphabet.indexOf(letter));
  return value;
}

function randomTail(): bigint {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const word = new DataView(pool.buffer).getBigUint64(poolAt);
  poolAt += 8;
  // The top bit stays free, so that counting up within a millisecond does not overflow.
  return word & ((1n << (tailBits - 1n)) - 1n);
}

/** Where the identifiers of this time begin: every one that was made before is less. */
export function firstIdAt(ms: number): string {
  return encode(BigInt(Math.max(0, Math.floor(ms))), 9) + encode(0n, 7);
}

/**
 * From here on new identifiers are greater than this one: it stands in a log that is read in their order, and the clock
 * may have been set back since it was made. A text that is no identifier changes nothing.
 */
export function continueIdsAfter(id: string): void {
  if (!/^[0-9a-hjkmnp-tv-z]{16}$/.test(id)) return;
  const ms = Number(decode(id.slice(0, 9)));
  if (ms < lastMs) return;
  const last = decode(id.slice(9));
  tail = ms === lastMs && tail > last ? tail : last;
  lastMs = ms;
}

/**
 * A new identifier: 16 characters of Crockford's base 32 in lower case, 45 bits of milliseconds and 35 random bits.
 * Identifiers of one process are strictly increasing, those of many nearly so: new rows land at the end of an index.
 */
export function newId(now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now;
    tail = randomTail();
  } else {
    tail += 1n;
  }
  return encode(BigInt(lastMs), 9) + encode(tail, 7);
}
