import type { Entities, FoundEntity } from '../ports.ts';
import { findAddresses } from './find-addresses.ts';
import { type Finding, findMoney, findQuantities } from './find-amounts.ts';
import { findDates, nowIn } from './find-dates.ts';
import { findNumbers } from './find-numbers.ts';
import { findReferences } from './find-references.ts';
import { apart } from './find-times.ts';
import { type ReadText, readText } from './read-text.ts';
import { createTermMatcher } from './term-matcher.ts';
import { isEdge, parseValuePattern } from './value-pattern.ts';

/** What an administrator has defined beside the kinds of values that are always found. */
export type EntityDefinition =
  | { readonly name: string; readonly kind: 'dictionary'; readonly values: readonly DictionaryValue[] }
  | { readonly name: string; readonly kind: 'pattern'; readonly pattern: string };

export interface DictionaryValue {
  readonly value: string;
  readonly synonyms: readonly string[];
}

/** Kinds of values that are always found. */
export const builtInTypes = [
  'number',
  'money',
  'quantity',
  'date',
  'time',
  'phone',
  'email',
  'url',
  'order-number',
  'tracking-number',
] as const;

/**
 * Finds values in texts: those that are always found, and those of the definitions, whose names are their types. It keeps no
 * state and answers any string in time linear in its length; spans of one type never overlap.
 *
 * @throws Refusal `settings-invalid` for a pattern that is none
 */
export function createEntities(definitions: readonly EntityDefinition[]): Entities {
  const dictionaries = definitions.filter((definition) => definition.kind === 'dictionary');
  const terms = createTermMatcher(
    dictionaries.flatMap(({ name, values }) =>
      values.flatMap(({ value, synonyms }) => [value, ...synonyms].map((text) => ({ text, of: { name, value } }))),
    ),
  );
  const patterns = definitions
    .filter((definition) => definition.kind === 'pattern')
    .map(({ name, pattern }) => ({ name, pattern: parseValuePattern(pattern) }));

  function* ofDictionaries(folded: string): Generator<Finding> {
    const hits = terms.find(folded);
    for (const { name } of dictionaries) {
      const own = hits.filter(({ of }) => of.name === name);
      const exact = longestFirst(own.filter(({ isExact }) => isExact));
      const taken = createTaken(exact);
      const others = own.filter((hit) => !hit.isExact && !taken.has(hit.start, hit.end));
      for (const { start, end, of } of [...exact, ...longestFirst(others)])
        yield { type: name, start, end, value: of.value };
    }
  }

  function* ofPatterns(folded: string): Generator<Finding> {
    for (const { name, pattern } of patterns) {
      for (let at = 0; at < folded.length; at += 1) {
        const end = isEdge(folded, at) ? pattern.matchAt(folded, at) : undefined;
        if (end === undefined) continue;
        yield { type: name, start: at, end, value: folded.slice(at, end).trim().toUpperCase() };
        at = end - 1;
      }
    }
  }

  return {
    find: (text, { now, timeZone }) => {
      const read = readText(text);
      const own = [...ofPatterns(read.folded), ...ofDictionaries(read.folded)];
      return [...own, ...builtIn(read.folded, own, { now, timeZone })]
        .map((finding) => shown(read, finding))
        .toSorted((a, b) => a.start - b.start || b.end - a.end || (a.type < b.type ? -1 : 1));
    },
  };
}

/** The values that are always found. What is part of an address, a number of an order or a date is nothing else beside. */
function builtIn(folded: string, own: readonly Finding[], at: { now: number; timeZone: string }): Finding[] {
  const taken = createTaken(own);
  const chosen: Finding[] = [];
  const take = (found: readonly Finding[], isShared = false) => {
    const free = apart(found.filter(({ start, end }) => !taken.has(start, end)));
    chosen.push(...free);
    if (!isShared) for (const { start, end } of free) taken.add(start, end);
  };
  const addresses = findAddresses(folded);
  take(addresses.filter(({ type }) => type !== 'phone'));
  take(findReferences(folded));
  take(addresses.filter(({ type }) => type === 'phone'));
  const numbers = findNumbers(folded);
  take(findMoney(folded, numbers));
  take(findDates(folded, nowIn(at.now, at.timeZone)));
  const quantities = findQuantities(folded, numbers);
  take(quantities, true);
  const counted = new Set(quantities.map(({ start }) => start));
  const plain = numbers.filter((number) => number.isSure || counted.has(number.start));
  take(
    plain.map(({ start, end, value }) => ({ type: 'number', start, end, value: String(value) })),
    true,
  );
  return chosen;
}

/** Which places of the text are spoken for: one bit for each. */
function createTaken(found: readonly { readonly start: number; readonly end: number }[]): {
  has(start: number, end: number): boolean;
  add(start: number, end: number): void;
} {
  const places = new Set<number>();
  const add = (start: number, end: number) => {
    for (let at = start; at < end; at += 1) places.add(at);
  };
  for (const { start, end } of found) add(start, end);
  return {
    has: (start, end) => {
      for (let at = start; at < end; at += 1) if (places.has(at)) return true;
      return false;
    },
    add,
  };
}

/** From left to right, of those that begin at one place the longest; none overlap. */
function longestFirst<T extends { readonly start: number; readonly end: number }>(hits: readonly T[]): T[] {
  const chosen: T[] = [];
  let end = 0;
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (hit.start < end) continue;
    chosen.push(hit);
    end = hit.end;
  }
  return chosen;
}

function shown(read: ReadText, { type, start, end, value, unit }: Finding): FoundEntity {
  const place = read.placeOf(start, end);
  const text = read.original.slice(place.start, place.end);
  return { type, text, ...place, value, ...(unit === undefined ? {} : { unit }) };
}
