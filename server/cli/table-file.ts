import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline as pipe, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { BackupTable } from './manifest.ts';
import { type Row, RowChecksum } from './row-checksum.ts';
import type { SqlConnection } from './sql-connection.ts';
import type { TableShape } from './table-shapes.ts';
import { pages } from './tables.ts';

/**
 * Writes the rows of a table as compressed JSON lines, synced.
 * @param path where to, below `folder`
 */
export async function writeTable(
  connection: SqlConnection,
  shape: TableShape,
  { folder, path, onRows }: { folder: string; path: string; onRows: (rows: number) => void },
): Promise<BackupTable> {
  const rows = new RowChecksum();
  async function* lines() {
    for await (const page of pages(connection, shape)) {
      const texts = page.map((row) => JSON.stringify(row));
      for (const text of texts) rows.add(text);
      yield `${texts.join('\n')}\n`;
      onRows(page.length);
    }
  }
  const written = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform: (chunk: Buffer, _, done) => {
      written.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const file = createWriteStream(`${folder}/${path}`, { mode: 0o600, flush: true });
  await pipeline(Readable.from(lines()), createZstdCompress(), meter, file);
  const { name, columns } = shape;
  return { name, columns, rows: rows.rows, checksum: rows.value, path, bytes, sha256: written.digest('hex') };
}

/** The rows of a table as they were written, `size` at a time. */
export async function* readTable(file: string, size: number): AsyncGenerator<Row[]> {
  let part: Row[] = [];
  for await (const line of linesOf(pipe(createReadStream(file), createZstdDecompress(), () => undefined))) {
    part.push(JSON.parse(line) as Row);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** Only a line feed ends a line: `node:readline` takes U+2028 for one too, which people write and JSON leaves as it is. */
async function* linesOf(text: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
