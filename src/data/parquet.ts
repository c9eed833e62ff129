import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type Compressors } from 'hyparquet';
import { compressors as known } from 'hyparquet-compressors';
import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import { limits } from './limits.ts';
import { tooManyColumns, type Row } from './rows.ts';

// An empty page is one zero byte in LZ4, which the library takes for a damaged block.
const compressors: Compressors = {
  ...known,
  LZ4: (input, length) => (length === 0 ? new Uint8Array() : known.LZ4!(input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? new Uint8Array() : known.LZ4_RAW!(input, length)),
};

const sliceBytes = 1024 ** 3;

/** Rows of a Parquet file, one row group in memory at a time; only these columns when given.
 *  Errors: `data/parquet` (damaged, or a codec that is not known), `data/columns`, `data/too-large`. */
export async function* readParquet(path: string, columns?: readonly string[]): AsyncGenerator<Row> {
  const handle = await open(path, 'r');
  try {
    const byteLength = (await handle.stat()).size;
    const file: AsyncBuffer = {
      byteLength,
      async slice(start, end = byteLength) {
        const length = Math.max(0, Math.min(end, byteLength) - start);
        if (length > sliceBytes) throw new Error(`a block of ${length} bytes`);
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, start);
        return bytes.buffer.slice(0, bytesRead);
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map((child) => child.element.name);
    if (names.length > limits.columns) tooManyColumns(path);
    const rows = Number(metadata.num_rows);
    if (!(rows <= limits.rows * 20))
      throw new SteelyardError('data/too-large', `${path}: states ${metadata.num_rows} rows`, 'split the file');
    const wanted = columns?.filter((name) => names.includes(name));
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = Math.min(rows, rowStart + Number(group.num_rows));
      if (!(rowEnd >= rowStart)) throw new Error(`a row group of ${group.num_rows} rows`);
      if (rowEnd === rowStart) continue;
      const batch = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd, columns: wanted });
      for (const row of batch) yield row as Row;
      rowStart = rowEnd;
    }
  } catch (cause) {
    if (isSteelyardError(cause)) throw cause;
    throw new SteelyardError(
      'data/parquet',
      `${path}: the Parquet file cannot be read: ${(cause as Error).message}`,
      'the file may be truncated; write it again, or export JSONL',
      { cause },
    );
  } finally {
    await handle.close();
  }
}
