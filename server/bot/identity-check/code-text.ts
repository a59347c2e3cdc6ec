/** How many digits a code has. */
export const codeDigits = 6;

const between = String.raw`[\s\-‐-–·.,]*`;
/** Six digits, however they are set apart, and no more of them around. */
const wholeCode = new RegExp(`(?<!\\d${between})\\d(?:${between}\\d){${codeDigits - 1}}(?!${between}\\d)`, 'gu');
/** Whatever may be a code, or one with a slip of the pen. */
const maybeCode = new RegExp(`\\d(?:${between}\\d){3,}`, 'gu');

/** What is kept and shown in place of a code. */
export const maskedCode = '••••••';

/**
 * Takes a one-time code out of what a customer typed, in digits of any width, with or without blanks between.
 *
 * @returns the text as it may be kept: without any number that may be a code; and the code, where there is just one
 */
export function takeCode(text: string): { readonly text: string; readonly code?: string } {
  const plain = text.normalize('NFKC');
  const masked = plain.replace(maybeCode, maskedCode);
  if (masked === plain) return { text };
  const found = [...plain.matchAll(wholeCode)].map(([each]) => each.replace(/\D/gu, ''));
  const [code] = found;
  return { text: masked, ...(found.length === 1 && code !== undefined ? { code } : {}) };
}

const again =
  /\b(?:re-?send|send (?:it |me )?(?:again|another|a new)|(?:a )?new code|another code|(?:did not|didn't|not|never) (?:get|got|receive|arrive|received|arrived))\b|重新?发|再发|没有?收到|收不到|换一个/u;

/** Whether the customer wants another code. */
export function asksForAnotherCode(text: string): boolean {
  return again.test(text.normalize('NFKC').toLowerCase().replaceAll('’', "'"));
}
