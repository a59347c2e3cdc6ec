import { parse } from 'csv-parse/sync';
import { Refusal } from '../../gateway/refusal.ts';
import type { DictionaryValue } from './find-entities.ts';

/**
 * Reads a dictionary from CSV: the column `value`, and `synonyms` parted by |; a file without these names has the values in
 * its first column and synonyms in all others.
 *
 * @throws Refusal `content-invalid` with the line
 */
export function readDictionary(csv: string): DictionaryValue[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(csv, {
      info: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as never;
  } catch (error) {
    throw new Refusal('content-invalid', `csv: ${(error as Error).message}`, { field: 'csv' });
  }
  const isNamed = records[0]?.record[0]?.toLowerCase() === 'value';
  return records.slice(isNamed ? 1 : 0).map(({ record: [value = '', ...rest], info }) => {
    if (value === '')
      throw new Refusal('content-invalid', `csv: line ${info.lines}: the value is empty.`, { field: 'csv' });
    const synonyms = rest.flatMap((cell) => cell.split('|')).map((word) => word.trim());
    return { value, synonyms: synonyms.filter((word) => word !== '') };
  });
}
