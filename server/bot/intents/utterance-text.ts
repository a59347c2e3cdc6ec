import { createHash } from 'node:crypto';
import { outOfScopeId } from './intent-store.ts';
import { limits } from './limits.ts';

/** As it is stored: without blanks around it, and on one line. */
export const tidyUtterance = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What is wrong with an utterance (tidied), in words that follow its place; undefined: nothing. */
export function utteranceProblem(text: string): string | undefined {
  if (text.length > limits.utteranceLength)
    return `the utterance has ${text.length} characters, at most ${limits.utteranceLength} are kept.`;
  return readable(text) === '' ? 'there is no letter and no digit in the utterance.' : undefined;
}

/** What is wrong with an intent's name; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'an intent needs a name.';
  if (name.length > limits.nameLength)
    return `the name has ${name.length} characters, at most ${limits.nameLength} are kept.`;
  if (/[\t\r\n]/.test(name)) return 'a name stands on one line, without tabs.';
  return name === outOfScopeId ? `“${outOfScopeId}” is kept for what belongs to no intent.` : undefined;
}

const readable = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** The same for utterances that differ in case, width and punctuation alone; 22 characters. It is stored: never change it. */
export const keyOfUtterance = (text: string): string =>
  createHash('sha256').update(readable(text)).digest('base64url').slice(0, 22);
