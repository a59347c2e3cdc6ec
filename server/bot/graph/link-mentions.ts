import { readText } from '../entities/read-text.ts';
import { createTermMatcher } from '../entities/term-matcher.ts';
import type { FoundEntity } from '../ports.ts';
import { attributeType, type GraphContent } from './graph-content.ts';

/** A stretch of a text that names nodes; several where the name is that of several. */
export interface Mention {
  /** In the folded text. */
  readonly start: number;
  readonly end: number;
  readonly nodes: readonly string[];
  /** It is written as the graph has it, and not with a slip of the pen. */
  readonly isExact: boolean;
}

export interface Mentions {
  readonly folded: string;
  /** What is talked of. */
  readonly things: readonly Mention[];
  /** What is asked about it. */
  readonly attributes: readonly Mention[];
}

/** More names in one text are a list, and no question. */
const mostMentions = 6;

/** Finds the names and synonyms of a graph's nodes in texts: folded, the longest first. */
export interface Linker {
  /** Of what somebody asks: with one slip in longer words. */
  link(text: string, entities: readonly FoundEntity[]): Mentions;
  /** Things that a text names somewhere, as the graph writes them. */
  thingsIn(text: string): readonly string[];
}

export function createLinker({ nodes }: GraphContent): Linker {
  const terms = nodes.flatMap(({ id, type, names, synonyms }) =>
    [...new Set([...Object.values(names), ...synonyms])].map((text) => ({
      text,
      of: { id, isAttribute: type === attributeType },
    })),
  );
  const matcher = createTermMatcher(terms);

  function link(text: string, entities: readonly FoundEntity[]): Mentions {
    const { folded } = readText(text);
    const hits = matcher.find(folded);
    // What the bot's own dictionaries found under another word names the node that has the value's name.
    const named = entities.flatMap(({ value, text: said, start }) =>
      matcher
        .find(readText(value).folded)
        .filter((hit) => hit.start === 0 && hit.end === readText(value).folded.length && value !== said)
        .map((hit) => ({ ...hit, start: foldedPlace(text, start), end: foldedPlace(text, start + said.length) })),
    );
    const chosen = longest([...hits, ...named]);
    const mentions = (isAttribute: boolean) => together(chosen.filter(({ of }) => of.isAttribute === isAttribute));
    return {
      folded,
      things: mentions(false).slice(0, mostMentions),
      attributes: mentions(true).slice(0, mostMentions),
    };
  }

  return {
    link,
    thingsIn: (text) => {
      const hits = longest(matcher.findExact(readText(text).folded));
      return [...new Set(hits.flatMap(({ of }) => (of.isAttribute ? [] : [of.id])))];
    },
  };
}

const foldedPlace = (text: string, place: number): number => readText(text.slice(0, place)).folded.length;

interface Hit {
  readonly start: number;
  readonly end: number;
  readonly isExact: boolean;
  readonly of: { readonly id: string; readonly isAttribute: boolean };
}

/** Of what overlaps, what is written exactly, then the longest: 手机壳 names no 手机. Names of one stretch stay beside each other. */
function longest(hits: readonly Hit[]): Hit[] {
  const chosen: Hit[] = [];
  const taken = new Map<number, string>();
  const sorted = hits.toSorted(
    (a, b) => Number(b.isExact) - Number(a.isExact) || b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  for (const hit of sorted) {
    const span = `${hit.start}-${hit.end}`;
    let isFree = true;
    for (let at = hit.start; at < hit.end && isFree; at += 1) isFree = (taken.get(at) ?? span) === span;
    if (!isFree) continue;
    for (let at = hit.start; at < hit.end; at += 1) taken.set(at, span);
    chosen.push(hit);
  }
  return chosen.toSorted((a, b) => a.start - b.start);
}

/** Hits of one stretch are one mention; so are several stretches that name the same ("iPhone … the iPhone"). */
function together(hits: readonly Hit[]): Mention[] {
  const mentions: { start: number; end: number; nodes: string[]; isExact: boolean }[] = [];
  for (const { start, end, isExact, of } of hits) {
    const last = mentions.at(-1);
    if (last !== undefined && last.start === start && last.end === end) {
      if (!last.nodes.includes(of.id)) last.nodes.push(of.id);
    } else mentions.push({ start, end, nodes: [of.id], isExact });
  }
  const seen = new Set<string>();
  return mentions.filter(({ nodes }) => {
    const key = nodes.toSorted().join('\n');
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
