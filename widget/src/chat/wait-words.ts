import type { WaitNotice } from '@parley/sdk/protocol.ts';
import type { Words } from './words.ts';

const minuteMs = 60_000;
/** From here on nobody counts minutes. */
const hoursFromMinutes = 180;

/** What a visitor who waits is told, in sentences. A number that nobody knows is not made up. */
export function waitSentences(
  { position, atLeast, estimate, movedOn }: WaitNotice,
  words: Words,
): { place: string | undefined; wait: string; moved: string | undefined } {
  const place = position === null ? undefined : atLeast ? words.placeAtLeast(position) : words.place(position);
  return { place, wait: waitWords(estimate, words), moved: movedOn ? words.movedOn : undefined };
}

function waitWords(estimate: WaitNotice['estimate'], words: Words): string {
  if (estimate === null) return words.waitUnknown;
  const [low, high] = [Math.floor(estimate.lowMs / minuteMs), Math.max(1, Math.ceil(estimate.highMs / minuteMs))];
  if (high > hoursFromMinutes) return words.waitHours(Math.floor(low / 60), Math.ceil(high / 60));
  return low === 0 || low === high ? words.waitUpTo(high) : words.waitRange(low, high);
}
