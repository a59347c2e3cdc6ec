import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeColor, textOn } from './colors.ts';
import { chooseLocale } from './locale.ts';

/** As WCAG 2.2 defines it, written apart from the code that is tested. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [...Buffer.from(hex.slice(1), 'hex')].map((byte) =>
      byte / 255 <= 0.040_45 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return light / dark;
}

test('text is white on dark colours and black on light ones', () => {
  assert.deepEqual(['#1f6feb', '#000000', '#ffd400', '#ffffff'].map(textOn), [
    '#ffffff',
    '#ffffff',
    '#000000',
    '#000000',
  ]);
});

test('text has a contrast of at least 4.5:1 on whatever colour a channel or a page chooses', () => {
  const channel = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'));
  const gray = channel.map((value) => `#${value.repeat(3)}`);
  const colors = fc.oneof(
    gray,
    fc.tuple(channel, channel, channel).map((parts) => `#${parts.join('')}`),
  );
  fc.assert(
    fc.property(colors, (color) => contrast(color, textOn(color)) >= 4.5),
    { numRuns: 2_000 },
  );
});

test('only six hexadecimal digits get into the style sheet', () => {
  for (const bad of ['red', '#fff', '#1f6feb;}*{display:none', undefined])
    assert.equal(safeColor(bad, '#000000'), '#000000');
  assert.equal(safeColor('#Ab12cD', '#000000'), '#Ab12cD');
});

test('the first wish that can be met decides the language; without one it is English', () => {
  assert.equal(chooseLocale([undefined, 'fr-FR', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(chooseLocale(['en-GB', 'zh']), 'en');
  assert.equal(chooseLocale(['zha', 'de']), 'en');
});
