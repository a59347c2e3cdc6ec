import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { Refusal } from '../../gateway/refusal.ts';

/** One key of Standard Webhooks: `v1` is HMAC-SHA256 with a shared secret, `v1a` is Ed25519. */
export interface WebhookKey {
  readonly version: 'v1' | 'v1a';
  readonly key: KeyObject;
}

/** What is signed: `{id}.{timestamp}.{body}`, the timestamp in seconds. */
export interface Signed {
  readonly id: string;
  readonly timestampS: number | string;
  readonly body: string | Uint8Array;
}

/** How far a request's time may be off, either way: the tolerance of the reference libraries. */
const toleranceS = 5 * 60;

/** A sender that rotates its secret lists two signatures; this is room for all that and no more work than that. */
const maxSignatures = 16;

/**
 * Reads a key as Standard Webhooks writes it: `whsec_` and base64 of the shared secret, `whpk_` and base64 of an
 * Ed25519 public key, `whsk_` and base64 of its private key (seed and public key).
 *
 * @returns undefined where the text is none of these
 */
export function readKey(text: string): WebhookKey | undefined {
  const [, kind, base64 = ''] = /^(whsec|whpk|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (kind === 'whsec') return { version: 'v1', key: createSecretKey(bytes) };
  const jwk = { kty: 'OKP', crv: 'Ed25519' };
  try {
    if (kind === 'whpk' && bytes.length === 32) {
      return {
        version: 'v1a',
        key: createPublicKey({ format: 'jwk', key: { ...jwk, x: bytes.toString('base64url') } }),
      };
    }
    if (kind === 'whsk' && bytes.length === 64) {
      const d = bytes.subarray(0, 32).toString('base64url');
      const x = bytes.subarray(32).toString('base64url');
      return { version: 'v1a', key: createPrivateKey({ format: 'jwk', key: { ...jwk, d, x } }) };
    }
  } catch {
    // Not a point of the curve, or halves that do not belong together: no key.
  }
  return undefined;
}

/**
 * The `webhook-signature` header: one entry a key, so that a receiver accepts the former and the new key alike.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signWebhook(signed: Signed, keys: readonly WebhookKey[]): string {
  return keys.map((key) => signatureOf(signed, key)).join(' ');
}

function signatureOf(signed: Signed, { version, key }: WebhookKey): string {
  if (version === 'v1a') return `v1a,${sign(null, signedBytes(signed), key).toString('base64')}`;
  const hmac = createHmac('sha256', key).update(`${signed.id}.${signed.timestampS}.`).update(signed.body);
  return `v1,${hmac.digest('base64')}`;
}

function signedBytes({ id, timestampS, body }: Signed): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestampS}.`), Buffer.from(body)]);
}

/**
 * Verifies a Standard Webhooks signature over the raw bytes, before anything is parsed.
 *
 * Requests more than five minutes off are refused, either way. No repeat is lost by that: a sender signs
 * every attempt anew, with the time of that attempt.
 *
 * @param keys current and former; one match is enough
 * @param now epoch milliseconds; the `webhook-timestamp` header is in seconds
 * @returns the `webhook-id`: the idempotency key, the same on every attempt
 * @throws Refusal `signature-missing`, `signature-stale` or `signature-wrong`
 */
export function verifyWebhook(
  request: { headers: Readonly<Record<string, string | undefined>>; body: Uint8Array },
  keys: readonly WebhookKey[],
  now: number,
): string {
  const id = requiredHeader(request.headers, 'webhook-id');
  const timestampS = requiredHeader(request.headers, 'webhook-timestamp');
  const signatures = requiredHeader(request.headers, 'webhook-signature');
  if (!/^\d{1,12}$/.test(timestampS)) {
    throw new Refusal('signature-wrong', 'webhook-timestamp: expected seconds since 1970, digits only.');
  }
  if (Math.abs(Math.floor(now / 1000) - Number(timestampS)) > toleranceS) {
    throw new Refusal(
      'signature-stale',
      'webhook-timestamp: more than 5 minutes off. Sign every attempt anew, and set the clock.',
    );
  }
  if (!isSignedByAny({ id, timestampS, body: request.body }, signatures, keys)) {
    throw new Refusal(
      'signature-wrong',
      'webhook-signature: no entry matches. Sign the raw body with the secret of this channel.',
    );
  }
  return id;
}

function requiredHeader(headers: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = headers[name];
  if (value === undefined || value === '') {
    throw new Refusal(
      'signature-missing',
      `${name}: this header is missing. Requests are signed as Standard Webhooks.`,
    );
  }
  return value;
}

function isSignedByAny(signed: Signed, header: string, keys: readonly WebhookKey[]): boolean {
  const entries = header.includes(' ') ? header.split(' ', maxSignatures) : [header];
  return keys.some((key) => (key.version === 'v1' ? hasShared(signed, key, entries) : hasPublic(signed, key, entries)));
}

function hasShared(signed: Signed, key: WebhookKey, entries: readonly string[]): boolean {
  const expected = Buffer.from(signatureOf(signed, key), 'latin1');
  return entries.some(
    (entry) => entry.length === expected.length && timingSafeEqual(Buffer.from(entry, 'latin1'), expected),
  );
}

function hasPublic(signed: Signed, { key }: WebhookKey, entries: readonly string[]): boolean {
  const candidates = entries.filter((entry) => entry.startsWith('v1a,'));
  const content = signedBytes(signed);
  return candidates.some((entry) => verify(null, content, key, Buffer.from(entry.slice('v1a,'.length), 'base64')));
}
