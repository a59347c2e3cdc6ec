import { createCipheriv, createDecipheriv, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Signatures and encryption of WeChat callbacks, as 消息加解密说明 (developers.weixin.qq.com) describes them: SHA-1 over the
 * sorted parts, AES-256-CBC with PKCS#7 padding to blocks of 32, and the receiver's id behind the message.
 */

const block = 32;

/** `EncodingAESKey` as a key: 43 characters of Base64, the last of which may carry spare bits, so decoded leniently. */
export function readAesKey(encodingAesKey: string): Buffer {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  if (encodingAesKey.length !== 43 || key.length !== 32)
    throw new TypeError('EncodingAESKey: expected 43 characters of Base64.');
  return key;
}

/** Lower-case hex of SHA-1 over the parts, sorted byte-wise and joined without a separator. */
export function signatureOf(...parts: readonly string[]): string {
  return hash('sha1', [...parts].sort(byteWise).join(''), 'hex');
}

function byteWise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compared in constant time; texts of another length are wrong at once, which tells nothing. */
export function isSameSignature(given: string | null, expected: string): boolean {
  if (given === null || given.length !== expected.length) return false;
  const givenBytes = Buffer.from(given);
  return givenBytes.length === expected.length && timingSafeEqual(givenBytes, Buffer.from(expected));
}

/**
 * Opens one encrypted message.
 *
 * @param encrypted Base64 of `<Encrypt>`
 * @param receiver the app id that must stand behind the message
 * @returns the message's bytes; undefined when it was not encrypted with this key for this receiver
 */
export function decryptMessage(key: Buffer, encrypted: string, receiver: string): Buffer | undefined {
  const sealed = Buffer.from(encrypted, 'base64');
  if (sealed.length === 0 || sealed.length % block !== 0) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(sealed), decipher.final()]);
  const padding = plain[plain.length - 1] ?? 0;
  // The official code takes any other value for "not padded"; nobody sends that, so it is refused.
  if (padding < 1 || padding > block || padding > plain.length - 20) return undefined;
  const end = plain.length - padding;
  const length = plain.readUInt32BE(16);
  if (20 + length > end) return undefined;
  if (plain.toString('utf8', 20 + length, end) !== receiver) return undefined;
  return plain.subarray(20, 20 + length);
}

/** Seals a message as the platform does. `random`: 16 bytes, made up when absent. */
export function encryptMessage(
  key: Buffer,
  message: string,
  receiver: string,
  random: Uint8Array = randomBytes(16),
): string {
  const body = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const plain = Buffer.concat([random, length, body, Buffer.from(receiver)]);
  const padding = block - (plain.length % block);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(padding, padding)), cipher.final()]).toString(
    'base64',
  );
}
