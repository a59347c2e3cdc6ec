import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a browser keeps that has signed in to an account: a name of its own and the proof of it. It opens nothing. It is good
 * until the password changes: whoever once had the old one does not go on with a count of their own.
 */
export function rememberBrowser(passwordHash: string): string {
  const name = randomBytes(16).toString('base64url');
  return `${name}.${proofOf(name, passwordHash).toString('base64url')}`;
}

/** @returns the browser's name; undefined for what was not made for this account and password */
export function recogniseBrowser(kept: string, passwordHash: string): string | undefined {
  const [name = '', proof = ''] = kept.split('.');
  const given = Buffer.from(proof, 'base64url');
  const expected = proofOf(name, passwordHash);
  return given.length === expected.length && timingSafeEqual(given, expected) ? name : undefined;
}

function proofOf(name: string, passwordHash: string): Buffer {
  return createHmac('sha256', passwordHash).update(`known browser ${name}`).digest();
}
