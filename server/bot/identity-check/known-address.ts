import { createHmac } from 'node:crypto';

const dots = '•••';

/** An address by which two spellings of the same are the same; null: it is none. */
export function plainAddress(text: string): string | null {
  const plain = text.normalize('NFKC').trim().toLowerCase();
  if (isEmail(plain)) return plain;
  const digits = plain.replace(/[\s().\-/]/gu, '');
  return /^\+?\d{5,20}$/.test(digits) ? digits.replace(/^00/, '+') : null;
}

/** One mailbox and nothing else: no list, no name, no control characters. */
export function isEmail(text: string): boolean {
  return (
    text.length <= 254 && /^[^\s@<>(),;:"\\[\]\p{Cc}]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(text)
  );
}

/** So much of an address as tells its owner which one it is: `a•••@e•••.com`, `•••12`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return `${dots}${address.slice(-2)}`;
  const domain = address.slice(at + 1);
  const end = domain.lastIndexOf('.');
  const first = (text: string) => [...text][0] ?? '';
  return `${first(address)}${dots}@${first(domain)}${dots}${end < 0 ? '' : domain.slice(end)}`;
}

const domains = ['q•••.com', 'g•••.com', '1•••.com', 'o•••.com', 'h•••.com', 'y•••.com', 's•••.com', 'i•••.com'];
const letters = 'abcdefghjklmnprstwxyz';

/**
 * What is shown where no address is known, always the same for the same question: who tries others' order numbers must not
 * see which of them have an address.
 */
export function standInFor(question: string, kind: 'email' | 'phone', key: Buffer): string {
  const hash = createHmac('sha256', key).update(`stand-in:${question}`).digest();
  if (kind === 'phone') return `${dots}${String(hash.readUInt16BE(0) % 100).padStart(2, '0')}`;
  const letter = letters[hash.readUInt16BE(0) % letters.length];
  return `${letter}${dots}@${domains[hash.readUInt16BE(2) % domains.length]}`;
}
