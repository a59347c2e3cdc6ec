/** Four letters of a word, or one character of a script without blanks, are about one token in every common tokenizer. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Extended_Pictographic}]/gu;

/** How many tokens a text is, about and rather too many: for what must be reckoned before, or is not told by the server. */
export function estimateTokens(text: string): number {
  const wideCount = text.match(wide)?.length ?? 0;
  return Math.ceil(wideCount * 1.2 + (text.length - wideCount) / 3.5) + 4;
}
