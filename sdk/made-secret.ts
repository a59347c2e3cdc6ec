import type { SettingsField } from './protocol.ts';

export type SecretForm = NonNullable<SettingsField['invented']>;

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A new random secret of the form that a setting expects. Its bytes come from the system's own source, which browsers
 * offer to pages without HTTPS, too.
 */
export function makeSecret({ prefix = '', of, length }: SecretForm): string {
  return prefix + (of === 'base64' ? randomBase64(length) : randomLetters(length));
}

function randomBase64(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))));
}

function randomLetters(length: number): string {
  // A byte past the last whole round of the alphabet is thrown again, else some letters would come more often.
  const fair = 256 - (256 % lettersAndDigits.length);
  let made = '';
  while (made.length < length) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) made += lettersAndDigits[byte % lettersAndDigits.length];
  }
  return made;
}
