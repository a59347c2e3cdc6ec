/** The relative luminance of a colour such as `#1f6feb`, from 0 to 1 (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The colour if it is six hexadecimal digits, else the fallback: nothing else may get into a style sheet. */
export function safeColor(color: string | undefined, fallback: string): string {
  return color !== undefined && /^#[\da-f]{6}$/i.test(color) ? color : fallback;
}

/** White where it can be read on this colour (3:1 is enough for large and bold text and for pictures), else near black. */
export function textOn(hex: string): string {
  return 1.05 / (luminance(hex) + 0.05) >= 4.5 ? '#ffffff' : '#111318';
}
