/**
 * The relative luminance of a colour such as `#1f6feb`, from 0 to 1 (WCAG 2.2), without the straight piece that its curve
 * begins with: too high by less than 0.001 for near black, where white has contrast enough and to spare.
 */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => ((Number.parseInt(hex.slice(at, at + 2), 16) / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The colour if it is six hexadecimal digits, else the fallback: nothing else may get into a style sheet. */
export function safeColor(color: string | undefined, fallback: string): string {
  return color !== undefined && /^#[\da-f]{6}$/i.test(color) ? color : fallback;
}

/** White where it has a contrast of 4.5:1 on this colour, else black, which then has it (WCAG 2.2, 1.4.3). */
export function textOn(hex: string): string {
  return 1.05 / (luminance(hex) + 0.05) >= 4.5 ? '#ffffff' : '#000000';
}
