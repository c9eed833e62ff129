import { open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parquetMetadataAsync, parquetScan, parquetSchema, type AsyncBuffer, type Compressors } from 'hyparquet';
import { compressors as known } from 'hyparquet-compressors';
import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import { limits } from './limits.ts';
import { tooManyColumns, type Row } from './rows.ts';

// Node's own inflate and brotli are bounded by the stated size; those of the library can loop on damaged input.
// An empty page is one zero byte in LZ4, which the library takes for a damaged block.
const compressors: Compressors = {
  ...known,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length + 1 }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length + 1 }),
  LZ4: (input, length) => (length === 0 ? new Uint8Array() : known.LZ4!(input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? new Uint8Array() : known.LZ4_RAW!(input, length)),
};

const sliceBytes = 1024 ** 3;

/** Rows of a Parquet file, one row group in memory at a time.
 *  Errors: `data/parquet` (damaged, or a codec that is not known), `data/columns`, `data/too-large`. */
export async function* readParquet(path: string): AsyncGenerator<Row> {
  const handle = await open(path, 'r');
  try {
    let fault: Error | null = null;
    const byteLength = (await handle.stat()).size;
    const file: AsyncBuffer = {
      byteLength,
      // The library starts reads that it may never await: one that failed would end the process. So a failure is kept and thrown below.
      async slice(start, end = byteLength) {
        const length = Math.max(0, Math.min(end, byteLength) - start);
        if (length === 0) return new ArrayBuffer(0);
        if (length > sliceBytes) {
          fault ??= new Error(`a block of ${length} bytes`);
          return new ArrayBuffer(0);
        }
        try {
          const bytes = new Uint8Array(length);
          const { bytesRead } = await handle.read(bytes, 0, length, start);
          return bytes.buffer.slice(0, bytesRead);
        } catch (error) {
          fault ??= error as Error;
          return new ArrayBuffer(0);
        }
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map((child) => child.element.name);
    if (names.length > limits.columns) tooManyColumns(path);
    const scan = await parquetScan({ file, metadata, compressors, useOffsetIndex: false });
    let rows = 0;
    for (const { rowStart, rowEnd } of scan.ranges) {
      const count = rowEnd - rowStart;
      rows += count;
      if (!(count >= 0 && rows <= limits.rows * 20))
        throw new SteelyardError('data/too-large', `${path}: states ${metadata.num_rows} rows`, 'split the file');
      // One column after the other: of columns that are read together, the library may leave a failed one unheard.
      const columns: (readonly [string, ArrayLike<unknown>])[] = [];
      for (const column of names) columns.push([column, await scan.readColumn({ column, rowStart, rowEnd })]);
      if (fault !== null) throw fault;
      for (let at = 0; at < count; at++) yield Object.fromEntries(columns.map(([name, values]) => [name, values[at]]));
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
