/** How well a text's language fits the one that is asked for: 2 the same, 1 the same but for region or script, 0 not. */
export function languageFit(has: string | null, wanted: string | undefined): 0 | 1 | 2 {
  if (has === null || wanted === undefined) return 0;
  const [a, b] = [has.toLowerCase(), wanted.toLowerCase()];
  if (a === b) return 2;
  return a.split('-')[0] === b.split('-')[0] ? 1 : 0;
}

/** The one that fits best; the first where none does. */
export function bestVersion<T extends { readonly language: string }>(
  versions: readonly T[],
  wanted: string | undefined,
): T | undefined {
  let best = versions[0];
  for (const version of versions) {
    if (languageFit(version.language, wanted) > languageFit(best?.language ?? null, wanted)) best = version;
  }
  return best;
}
