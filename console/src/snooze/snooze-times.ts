/** Times to choose from, as the agent's own clock and calendar have them. */
export type SnoozeChoice = { readonly id: 'hour' | 'evening' | 'tomorrow' | 'monday'; readonly at: number };

const hourMs = 3_600_000;
const morning = 9;
const evening = 18;
/** The evening is offered while it is at least so far away. */
const beforeEveningMs = hourMs;
/** What the server takes at most; a little less, for clocks that differ. */
const longestMs = 365 * 24 * hourMs;
const monday = 1;

/** What can be chosen now; what would be the same as another is left out. */
export function snoozeChoices(now: number): SnoozeChoice[] {
  const tonight = dayAt(now, 0, evening);
  const tomorrow = dayAt(now, 1, morning);
  const daysToMonday = (monday - new Date(now).getDay() + 7) % 7 || 7;
  const nextMonday = dayAt(now, daysToMonday, morning);
  return [
    { id: 'hour', at: now + hourMs },
    ...(tonight - now >= beforeEveningMs ? [{ id: 'evening' as const, at: tonight }] : []),
    { id: 'tomorrow', at: tomorrow },
    ...(nextMonday === tomorrow ? [] : [{ id: 'monday' as const, at: nextMonday }]),
  ];
}

/** What a field for date and time holds, as a moment; or why it is none. */
export function chosenTime(value: string, now: number): { at: number } | { wrong: 'past' | 'far' } {
  const at = new Date(value).getTime();
  if (!(at > now)) return { wrong: 'past' };
  return at - now > longestMs ? { wrong: 'far' } : { at };
}

/** A moment as a field for date and time takes it. */
export function fieldValue(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** So many days later at that hour of the agent's clock, however long the days are. */
function dayAt(now: number, days: number, hour: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, hour).getTime();
}
