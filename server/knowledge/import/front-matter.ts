import { ImportFailure } from './import-problem.ts';

/** A Markdown file: what stands before its text, by name, and the text. */
export interface FrontMatter {
  readonly values: Readonly<Record<string, string>>;
  /** The line on which a value stands, from 1 on. */
  readonly lines: Readonly<Record<string, number>>;
  readonly body: string;
}

/**
 * Front matter between two lines of `---`: `name: value` on each line, quotes round a value where it needs them. Nothing else
 * of YAML, so that a file means what it looks like.
 *
 * @throws ImportFailure with the line
 */
export function readFrontMatter(text: string, known: readonly string[]): FrontMatter {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  if (lines[0]?.trim() !== '---') return { values: {}, lines: {}, body: lines.join('\n') };
  const end = lines.findIndex((line, at) => at > 0 && line.trim() === '---');
  if (end < 0) throw new ImportFailure(1, 'The front matter has no end: a line of --- behind it is missing.');
  const values: Record<string, string> = {};
  const places: Record<string, number> = {};
  for (const [at, line] of lines.slice(1, end).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const [, name = '', value = ''] = /^([A-Za-z][\w -]*?)\s*:\s*(.*)$/.exec(line) ?? [];
    const folded = name.toLowerCase().replace(/[\s-]+/g, '_');
    if (folded === '') throw new ImportFailure(at + 2, `Expected "name: value", got "${line.slice(0, 60)}".`);
    if (!known.includes(folded))
      throw new ImportFailure(at + 2, `"${name}" is not known. Known are ${known.join(', ')}.`);
    values[folded] = unquoted(value.trim(), at + 2);
    places[folded] = at + 2;
  }
  return {
    values,
    lines: places,
    body: lines
      .slice(end + 1)
      .join('\n')
      .replace(/^\n+/, ''),
  };
}

/** The line that says a value, readable by `readFrontMatter`. */
export function frontMatterLine(name: string, value: string): string {
  return `${name}: ${/^["'\s]|\s$|^$/.test(value) ? JSON.stringify(value) : value}`;
}

function unquoted(value: string, line: number): string {
  if (/^'.*'$/.test(value) && value.length >= 2) return value.slice(1, -1).replaceAll("''", "'");
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch (error) {
    throw new ImportFailure(line, `The quotes of ${value.slice(0, 60)} do not close.`, { cause: error });
  }
}
