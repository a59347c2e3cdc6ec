/** Letters and digits that nobody mistakes for one another when reading them out. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const groups = 4;
const groupLength = 4;

/** A password of 16 random signs (79 bits), in groups that can be read out: `k7mp-…`. */
export function makePassword(): string {
  return Array.from({ length: groups }, () => Array.from({ length: groupLength }, randomSign).join('')).join('-');
}

/** Every sign is as likely as any other: bytes beyond the last whole run of the alphabet are drawn again. */
function randomSign(): string {
  const limit = 256 - (256 % alphabet.length);
  for (;;) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < limit) return alphabet.charAt(byte % alphabet.length);
  }
}
