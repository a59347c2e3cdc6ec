import { Refusal } from '../../gateway/refusal.ts';

/**
 * A pattern of order numbers and the like, in the part of regular expressions that can be matched in time that is linear
 * in the text, whatever the pattern: signs, classes, groups, alternatives, repeats with an upper bound. It is matched by
 * following all ways at once (Thompson, "Regular Expression Search Algorithm", 1968) and never by going back.
 */
export interface ValuePattern {
  /** The longest match that begins here; its end, or undefined. */
  matchAt(folded: string, start: number): number | undefined;
}

/** Bounds of what a pattern may be: signs of a match, and signs of the pattern with its repeats written out. */
export const longestMatch = 64;
export const mostStates = 200;
export const longestPattern = 200;

type Test = (sign: string) => boolean;
type Node =
  | { readonly kind: 'sign'; readonly test: Test }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number };

/** @throws Refusal `settings-invalid` with the place and what to write instead */
export function parseValuePattern(source: string, field = 'pattern'): ValuePattern {
  if (source.length === 0 || source.length > longestPattern) {
    throw refuse(field, 0, `a pattern has 1 to ${longestPattern} signs`);
  }
  const node = createParser(source, field).parse();
  const { min, max } = lengthOf(node);
  if (min < 2) throw refuse(field, 0, 'it matches a single sign or nothing: say at least two signs');
  if (max > longestMatch) throw refuse(field, 0, `it matches up to ${max} signs: ${longestMatch} are the most`);
  if (sizeOf(node) > mostStates)
    throw refuse(field, 0, `with its repeats it is ${sizeOf(node)} signs long: ${mostStates} are the most`);
  return createMatcher(node);
}

function refuse(field: string, at: number, why: string): Refusal {
  return new Refusal('settings-invalid', `${field}: at sign ${at + 1}: ${why}.`, { field });
}

const isDigit: Test = (sign) => sign >= '0' && sign <= '9';
const isWordSign: Test = (sign) => isDigit(sign) || (sign >= 'a' && sign <= 'z') || sign === '_';
const isBlank: Test = (sign) => /\s/u.test(sign);
const classes: Readonly<Record<string, Test>> = { d: isDigit, w: isWordSign, s: isBlank };

/** Reads `source` from left to right. Texts are folded when they are searched, so signs are read in small letters. */
function createParser(source: string, field: string): { parse(): Node } {
  let at = 0;
  const fail = (why: string, place = at) => refuse(field, place, why);
  const peek = () => source.charAt(at);

  function parse(): Node {
    const node = alternatives(0);
    if (at < source.length) throw fail('this bracket closes nothing: write \\) for the sign');
    return node;
  }

  function alternatives(depth: number): Node {
    if (depth > 8) throw fail('brackets stand in brackets more than 8 deep');
    const ways = [sequence(depth)];
    while (peek() === '|') {
      at += 1;
      ways.push(sequence(depth));
    }
    return ways.length === 1 ? (ways[0] as Node) : { kind: 'any', of: ways };
  }

  function sequence(depth: number): Node {
    const nodes: Node[] = [];
    while (at < source.length && peek() !== '|' && peek() !== ')') nodes.push(repeated(single(depth)));
    return { kind: 'all', of: nodes };
  }

  function single(depth: number): Node {
    const sign = peek();
    at += 1;
    if (sign === '(') return group(depth);
    if (sign === '[') return { kind: 'sign', test: signClass() };
    if (sign === '\\') return { kind: 'sign', test: escaped(false) };
    if (sign === '.') return { kind: 'sign', test: (found) => !isBlank(found) };
    if (/[*+?{}\]^$]/.test(sign)) throw fail(`"${sign}" is not possible here: write \\${sign} for the sign`, at - 1);
    return { kind: 'sign', test: equals(sign) };
  }

  function group(depth: number): Node {
    const opened = at - 1;
    if (source.startsWith('?:', at)) at += 2;
    else if (peek() === '?') throw fail('looking ahead, behind and named groups are not possible: use a plain group');
    const node = alternatives(depth + 1);
    if (peek() !== ')') throw fail('this bracket is never closed', opened);
    at += 1;
    return node;
  }

  function escaped(isInClass: boolean): Test {
    const sign = peek();
    at += 1;
    if (sign === '') throw fail('a backslash stands at the end', at - 2);
    const named = classes[sign];
    if (named !== undefined) return named;
    if (/[1-9]/.test(sign) || (/[a-z]/i.test(sign) && !isInClass)) throw fail(`\\${sign} is not possible here`, at - 2);
    return equals(sign);
  }

  function signClass(): Test {
    const opened = at - 1;
    const isNot = peek() === '^';
    if (isNot) at += 1;
    const tests: Test[] = [];
    while (peek() !== ']') {
      if (at >= source.length) throw fail('this class is never closed', opened);
      tests.push(classPart());
    }
    at += 1;
    if (tests.length === 0) throw fail('this class is empty', opened);
    return isNot
      ? (sign) => !isBlank(sign) && !tests.some((test) => test(sign))
      : (sign) => tests.some((test) => test(sign));
  }

  function classPart(): Test {
    const from = peek();
    at += 1;
    if (from === '\\') return escaped(true);
    if (peek() !== '-' || source.charAt(at + 1) === ']' || source.charAt(at + 1) === '') return equals(from);
    const to = source.charAt(at + 1);
    if (to < from) throw fail(`${from}-${to} runs backwards`, at - 1);
    at += 2;
    return (sign) => isBetween(sign, from, to) || isBetween(sign.toUpperCase(), from, to);
  }

  function repeated(node: Node): Node {
    const sign = peek();
    if (sign === '?') {
      at += 1;
      return onlyOnce({ kind: 'repeat', of: node, min: 0, max: 1 });
    }
    if (sign === '*' || sign === '+') {
      throw fail(`"${sign}" has no upper bound: write how many at most, as {${sign === '*' ? 0 : 1},20}`);
    }
    if (sign !== '{') return node;
    const bounds = /^\{(\d{1,3})(?:(,)(\d{0,3}))?\}/.exec(source.slice(at));
    if (bounds === null) throw fail('write {4} or {4,12}: at least and at most so many');
    const min = Number(bounds[1]);
    if (bounds[2] !== undefined && bounds[3] === '') throw fail(`say how many at most, as {${min},${min + 10}}`);
    const max = bounds[3] === undefined ? min : Number(bounds[3]);
    if (max < min || max === 0) throw fail(`{${min},${max}}: the second number is the larger one`);
    if (max > longestMatch) throw fail(`${max} times is more than ${longestMatch}, the most signs of a match`);
    at += bounds[0].length;
    return onlyOnce({ kind: 'repeat', of: node, min, max });
  }

  function onlyOnce(node: Node): Node {
    if (/[?*+{]/.test(peek()) && peek() !== '') throw fail('a repeat follows a repeat: use a group');
    return node;
  }

  return { parse };
}

const equals = (sign: string): Test => {
  const folded = sign.normalize('NFKC').toLowerCase();
  return (found) => found === folded;
};
const isBetween = (sign: string, from: string, to: string): boolean => sign.length === 1 && sign >= from && sign <= to;

function lengthOf(node: Node): { min: number; max: number } {
  if (node.kind === 'sign') return { min: 1, max: 1 };
  if (node.kind === 'repeat') {
    const { min, max } = lengthOf(node.of);
    return { min: min * node.min, max: max * node.max };
  }
  const lengths = node.of.map(lengthOf);
  const sum = (of: 'min' | 'max') => lengths.reduce((total, length) => total + length[of], 0);
  if (node.kind === 'all') return { min: sum('min'), max: sum('max') };
  return { min: Math.min(...lengths.map(({ min }) => min)), max: Math.max(...lengths.map(({ max }) => max)) };
}

/** Signs with repeats written out; counted before they are written, so that it may be any number. */
function sizeOf(node: Node): number {
  if (node.kind === 'sign') return 1;
  if (node.kind === 'repeat') return node.max * sizeOf(node.of);
  return node.of.reduce((total, part) => total + sizeOf(part), 0);
}

/** A place in the pattern: the sign that leads on from it. */
interface State {
  readonly test: Test;
  next: readonly number[];
}
const isEnd = -1;

function createMatcher(node: Node): ValuePattern {
  const states: State[] = [];
  /** Places at which `of` may begin, when what follows it begins at one of `next`. */
  function write(of: Node, next: readonly number[]): readonly number[] {
    if (of.kind === 'sign') return [states.push({ test: of.test, next }) - 1];
    if (of.kind === 'repeat') {
      let following = next;
      for (let time = of.max; time > 0; time -= 1) {
        const begun = write(of.of, following);
        following = time > of.min ? [...new Set([...begun, ...next])] : begun;
      }
      return following;
    }
    if (of.kind === 'any') return [...new Set(of.of.flatMap((way) => write(way, next)))];
    return of.of.reduceRight<readonly number[]>((following, part) => write(part, following), next);
  }
  const begin = write(node, [isEnd]);
  return {
    matchAt: (folded, start) => {
      let alive = new Set(begin);
      let end: number | undefined;
      for (let at = start; alive.size > 0; at += 1) {
        if (alive.has(isEnd) && isEdge(folded, at)) end = at;
        const sign = folded.charAt(at);
        if (sign === '') break;
        const following = new Set<number>();
        for (const place of alive) {
          const state = states[place];
          if (state?.test(sign)) for (const next of state.next) following.add(next);
        }
        alive = following;
      }
      return end;
    },
  };
}

/** A value neither begins nor ends within a Latin word or a number. */
export function isEdge(folded: string, at: number): boolean {
  return !(isWordSign(folded.charAt(at - 1)) && isWordSign(folded.charAt(at)) && at > 0 && at < folded.length);
}
