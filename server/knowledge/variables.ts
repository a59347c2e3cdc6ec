/**
 * Variables in canned replies: `{{contact.name}}`, or with words for where there is no value, `{{contact.name|there}}`.
 * Nothing else of a template language: what an agent sends is what the author wrote.
 */

/** Every variable that there is; a name that ends in `.` takes any word behind it. */
export const knownVariables = [
  'contact.name',
  'contact.email',
  'contact.phone',
  'contact.attributes.',
  'agent.name',
  'agent.email',
  'conversation.id',
  'conversation.subject',
  'channel.name',
  'order.id',
  'order.title',
  'order.description',
  'order.price',
  'order.url',
  'date.today',
] as const;

/** Values by name; one that is absent or empty is missing. */
export type VariableValues = Readonly<Record<string, string | undefined>>;

/** What is wrong in a text, and where. Lines and columns count from 1. */
export interface TemplateProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Rendered {
  /** With what is missing left in it as it was written. */
  readonly text: string;
  /** Names of variables that have neither a value nor a fallback, each once. */
  readonly missing: readonly string[];
}

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly fallback: string | undefined;
}

/** Finds unknown variables and braces that do not close. */
export function checkTemplate(text: string): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  for (const { start, name } of marksIn(text)) {
    if (isKnown(name)) continue;
    const near = nearestTo(name);
    const hint =
      near === undefined ? `Known are ${knownVariables.map(shown).join(', ')}` : `Did you mean ${shown(near)}`;
    const what = name === '' ? 'A variable needs a name' : `There is no variable {{${name.slice(0, 60)}}}`;
    problems.push({ ...placeOf(text, start), message: `${what}. ${hint}${near === undefined ? '.' : '?'}` });
  }
  const open = text.replace(markPattern, (mark) => ' '.repeat(mark.length)).indexOf('{{');
  if (open >= 0) problems.push({ ...placeOf(text, open), message: 'This {{ has no }} behind it in the same line.' });
  return problems;
}

/** Puts in the values. */
export function renderTemplate(text: string, values: VariableValues): Rendered {
  const missing = new Set<string>();
  let rendered = '';
  let from = 0;
  for (const { start, end, name, fallback } of marksIn(text)) {
    const value = Object.hasOwn(values, name) ? values[name]?.trim() : undefined;
    const shownText = value === undefined || value === '' ? fallback : value;
    if (shownText === undefined) missing.add(name);
    rendered += text.slice(from, start) + (shownText ?? text.slice(start, end));
    from = end;
  }
  return { text: rendered + text.slice(from), missing: [...missing] };
}

/** Whether a text has variables: who sends it must know the values. */
export const hasVariables = (text: string): boolean => marksIn(text).length > 0;

const markPattern = /\{\{([^{}\n]*)\}\}/g;

function marksIn(text: string): Mark[] {
  return [...text.matchAll(markPattern)].map((match) => {
    const [whole, inner = ''] = match;
    const bar = inner.indexOf('|');
    return {
      start: match.index,
      end: match.index + whole.length,
      name: (bar < 0 ? inner : inner.slice(0, bar)).trim(),
      fallback: bar < 0 ? undefined : inner.slice(bar + 1).trim(),
    };
  });
}

function isKnown(name: string): boolean {
  return knownVariables.some((known) =>
    known.endsWith('.')
      ? name.startsWith(known) && /^[^\s.|{}][^|{}]{0,99}$/.test(name.slice(known.length))
      : known === name,
  );
}

const shown = (name: string): string => (name.endsWith('.') ? `{{${name}…}}` : `{{${name}}}`);

/** One that is written nearly so, or ends alike. */
function nearestTo(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[^a-z]/g, '');
  const distances = knownVariables
    .filter((known) => !known.endsWith('.'))
    .map((known) => ({ known, far: distanceOf(plain, known.replace('.', '')) }))
    .sort((a, b) => a.far - b.far);
  const [best] = distances;
  return best !== undefined && best.far <= 3 && plain !== '' ? best.known : undefined;
}

/** Edits between two short words (Levenshtein), cut at 40 letters. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a.slice(0, 40)].entries()) {
    const next = [i + 1];
    for (let at = 1; at <= b.length; at++) {
      const swap = (row[at - 1] ?? 0) + (letter === b[at - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: at - lineStart + 1 };
}
