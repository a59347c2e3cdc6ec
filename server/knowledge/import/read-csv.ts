import { CsvError, type Info, parse } from 'csv-parse/sync';
import { ImportFailure } from './import-problem.ts';

const longestExample = 100;

/** A row by the names of its columns, and the line on which it begins. */
export interface CsvRow {
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * A CSV file with a header. Names of columns are folded (`Short Code` is `short_code`); commas, semicolons and tabs
 * separate, whichever the header has most of.
 *
 * @param known columns that mean something; others are refused, so that a misspelt one is not lost in silence
 * @param aliases other names of columns, by the folded name; '' for a column that is left out
 * @throws ImportFailure with the line
 */
export function readCsv(
  text: string,
  options: {
    readonly known: readonly string[];
    readonly required: readonly string[];
    readonly aliases: Readonly<Record<string, string>>;
  },
): CsvRow[] {
  const rows = parseRows(text.replace(/^\uFEFF/, ''));
  const [header] = rows;
  if (header === undefined) throw new ImportFailure(1, 'The file is empty: it needs a header and a row for each text.');
  const names = header.values.map((name) => meantBy(name, options.aliases));
  const unknown = names.findIndex((name) => name !== '' && !options.known.includes(name));
  if (unknown >= 0)
    throw new ImportFailure(
      header.line,
      `The column "${header.values[unknown]}" is not known. Known are ${options.known.join(', ')}.`,
    );
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (twice !== undefined) throw new ImportFailure(header.line, `The column ${twice} is there twice.`);
  const missing = options.required.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new ImportFailure(
      header.line,
      `The column ${missing} is missing. The header has ${names.filter((name) => name !== '').join(', ')}.`,
    );
  return rows.slice(1).map(({ line, values }) => {
    if (values.length !== names.length)
      throw new ImportFailure(line, `This row has ${values.length} values, and the header ${names.length} columns.`);
    const read = names.flatMap((name, at) => (name === '' ? [] : [[name, withoutMark(values[at] ?? '')]]));
    return { line, values: Object.fromEntries(read) };
  });
}

/** A column of a file: its name there, what it is taken for (null: not known; '': left out), and its first value. */
export interface CsvColumn {
  readonly name: string;
  readonly as: string | null;
  readonly example: string;
}

/** The columns of a file, whether or not it can be read otherwise. */
export function columnsOfCsv(
  text: string,
  options: { readonly known: readonly string[]; readonly aliases: Readonly<Record<string, string>> },
): CsvColumn[] {
  const [header, first] = parseRows(text.replace(/^\uFEFF/, ''));
  return (header?.values ?? []).map((name, at) => {
    const as = meantBy(name, options.aliases);
    return {
      name,
      as: as === '' || options.known.includes(as) ? as : null,
      example: (first?.values[at] ?? '').slice(0, longestExample),
    };
  });
}

export const foldColumn = (name: string): string =>
  name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

function meantBy(name: string, aliases: Readonly<Record<string, string>>): string {
  const folded = foldColumn(name);
  return Object.hasOwn(aliases, folded) ? (aliases[folded] ?? folded) : folded;
}

function parseRows(text: string): { line: number; values: string[] }[] {
  try {
    const rows = parse(text, {
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { record: string[]; info: Info }[];
    let end = 0;
    return rows.map(({ record, info }) => {
      // It counts lines to the end of a row; a row begins behind the former one, or behind the empty lines there.
      const line = Math.max(end + 1, info.lines - record.join('').split('\n').length + 1);
      end = info.lines;
      return { line, values: record };
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : 1;
    throw new ImportFailure(line, `This is no CSV: ${error.message}`, { cause: error });
  }
}

function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [',', ';', '\t'].map((sign) => ({ sign, count: header.split(sign).length }));
  return counts.sort((a, b) => b.count - a.count)[0]?.sign ?? ',';
}

/** What `csvCell` put before text that looks like a formula. */
const withoutMark = (value: string): string => value.replace(/^'(?=[=+\-@\t\r])/, '');

/** A cell that a spreadsheet takes for text: one that begins like a formula would be computed. */
export function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
