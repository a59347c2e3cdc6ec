import type { FoundEntity } from '../../ports.ts';
import { isoDay } from '../civil-days.ts';
import { nowIn } from '../find-dates.ts';
import { foldTerm } from '../read-text.ts';
import { createTermMatcher } from '../term-matcher.ts';
import { parseValuePattern } from '../value-pattern.ts';
import type { Slot, SlotValue } from './slot-form.ts';
import { yesOrNo } from './slot-words.ts';

/** What was said, and when. */
export interface Said {
  readonly text: string;
  readonly entities: readonly FoundEntity[];
  readonly now: number;
  readonly timeZone: string;
}

/** A value that fits a slot's type, with its place in the text. */
export interface Candidate extends SlotValue {
  readonly start: number;
  readonly end: number;
}

/** Values in what was said that a slot may take, in the order in which they stand there. `text` and `yes-no` only answer a question. */
export function candidatesFor(slot: Slot, said: Said, isAsked: boolean): Candidate[] {
  const whole = { text: said.text, start: 0, end: said.text.length };
  if (slot.type === 'text') {
    const value = said.text.trim();
    return isAsked && value !== '' ? [{ ...whole, value }] : [];
  }
  if (slot.type === 'yes-no') {
    const value = isAsked ? yesOrNo(said.text) : undefined;
    return value === undefined ? [] : [{ ...whole, value }];
  }
  if (slot.type === 'choice') return chosen(slot, said, isAsked);
  return said.entities
    .filter(({ type }) => type === slot.type)
    .map(({ value, unit, text, start, end }) => ({ value, text, start, end, ...(unit === undefined ? {} : { unit }) }));
}

function chosen({ choices = [] }: Slot, said: Said, isAsked: boolean): Candidate[] {
  const folded = foldTerm(said.text);
  const terms = choices.flatMap(({ value, synonyms = [] }) =>
    [value, ...synonyms].map((text) => ({ text, of: value })),
  );
  const named = createTermMatcher(terms)
    .find(folded)
    .toSorted((a, b) => b.end - b.start - (a.end - a.start))
    .map(({ start, end, of }) => ({ value: of, text: folded.slice(start, end), start, end }));
  if (named.length > 0 || !isAsked) return named;
  // The second, 第二个, or just the number that stands before it in the list: a number in a longer text counts something.
  if (folded.length > 20) return [];
  const bare = said.entities.find(({ type, text }) => type === 'number' && said.text.trim().length <= text.length + 2);
  const place = bare?.value ?? ordinalIn(folded);
  const choice = choices[Number(place) - 1];
  return choice === undefined ? [] : [{ value: choice.value, text: said.text, start: 0, end: said.text.length }];
}

const ordinals: readonly RegExp[] = [
  /first|1st|第[一1]/u,
  /second|2nd|第[二2]/u,
  /third|3rd|第[三3]/u,
  /fourth|4th|第[四4]/u,
  /fifth|5th|第[五5]/u,
];
const ordinalIn = (folded: string): number => ordinals.findIndex((ordinal) => ordinal.test(folded)) + 1;

/** Whether a value is one that the slot takes. */
export function isValid(slot: Slot, { value, unit }: SlotValue, { now, timeZone }: Said): boolean {
  if (slot.choices !== undefined && !slot.choices.some((choice) => choice.value === value)) return false;
  if (slot.pattern !== undefined) {
    const folded = foldTerm(value);
    if (parseValuePattern(slot.pattern).matchAt(folded, 0) !== folded.length) return false;
  }
  if (slot.type === 'date' || slot.type === 'time') return isBetweenDates(slot, value, unit, { now, timeZone });
  const size = slot.type === 'text' ? value.length : Number(value);
  const [min, max] = [Number(slot.min ?? Number.NEGATIVE_INFINITY), Number(slot.max ?? Number.POSITIVE_INFINITY)];
  return slot.min === undefined && slot.max === undefined ? true : size >= min && size <= max;
}

/** ISO forms are in the order of time; a whole day is compared as a day, be the bound an instant. */
function isBetweenDates(
  slot: Slot,
  value: string,
  unit: string | undefined,
  at: { now: number; timeZone: string },
): boolean {
  const [from = '', to = from] = value.split('/');
  const bound = (limit: number | string, said: string) => {
    const text = typeof limit === 'number' ? String(limit) : limit;
    const instant = text === 'now' || text === 'today' ? wallTime(at, text) : text;
    return unit === 'day' || !said.includes('T') ? instant.slice(0, said.length) : instant;
  };
  if (slot.min !== undefined && from < bound(slot.min, from)) return false;
  return slot.max === undefined || to.slice(0, bound(slot.max, to).length) <= bound(slot.max, to);
}

function wallTime({ now, timeZone }: { now: number; timeZone: string }, word: 'now' | 'today'): string {
  const { today, minute } = nowIn(now, timeZone);
  const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return word === 'today' ? isoDay(today) : `${isoDay(today)}T${clock}`;
}
