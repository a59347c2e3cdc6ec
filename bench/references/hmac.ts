import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The secret of the benchmark's webhook channel, and of the bare servers beside it. */
export const secret = 'whsec_cGFybGV5LWJlbmNobWFyay1vbmx5LXNlY3JldA==';

const key = createSecretKey(secret.slice('whsec_'.length), 'base64');

/** The one check that every webhook receiver must make: HMAC-SHA256 over id, time and raw body. */
export function checkSignature(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).update(body).digest('base64')}`);
  const given = Buffer.from(String(headers['webhook-signature']));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
