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
