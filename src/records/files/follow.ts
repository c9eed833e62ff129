import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError, type StoreRecord } from '../../contracts/index.ts';
import { onDisk } from './fault.ts';
import { maxLineBytes, readLine } from './line.ts';

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Whole lines that were appended since `offset`. A last line without its newline is still being written and waits. */
const linesFrom = async (
  handle: FileHandle,
  path: string,
  offset: number,
): Promise<{ readonly lines: readonly string[]; readonly offset: number }> => {
  const chunks: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(1 << 20);
  for (let at = offset; ;) {
    const { bytesRead } = await onDisk('reading records', path, () => handle.read(chunk, 0, chunk.length, at));
    if (bytesRead === 0) break;
    at += bytesRead;
    chunks.push(Buffer.from(chunk.subarray(0, bytesRead)));
    if (chunk.subarray(0, bytesRead).includes(10) && at - offset > 4 * maxLineBytes) break;
  }
  const bytes = Buffer.concat(chunks);
  const end = bytes.lastIndexOf(10) + 1;
  const text = bytes.toString('utf8', 0, end);
  return { lines: text === '' ? [] : text.slice(0, -1).split('\n'), offset: offset + end };
};

/** A run's records as they are appended, without locking or changing anything: first those that are there, then null whenever there is nothing
 *  new, after `pauseMs`. It goes on until its reader stops or `signal` aborts; a folder without records is waited for.
 *  Errors: `store/corrupt` naming file and byte for a line that is not as it was written. */
export async function* followRecords(
  folder: string,
  settings: { readonly pauseMs: number; readonly signal?: AbortSignal },
): AsyncGenerator<StoreRecord | null> {
  const path = join(folder, 'records.jsonl');
  let handle: FileHandle | null = null;
  let offset = 0;
  try {
    while (settings.signal?.aborted !== true) {
      handle ??= await open(path, 'r').catch((error: unknown) => {
        if (isGone(error)) return null;
        throw error;
      });
      if (handle !== null) {
        for (;;) {
          const from = offset;
          const found = await linesFrom(handle, path, from);
          for (const line of found.lines) {
            const parsed = readLine(line);
            if (!parsed.ok)
              throw new SteelyardError(
                'store/corrupt',
                `${path}, after byte ${from}: ${parsed.why}`,
                'the file was changed or damaged after it was written',
              );
            yield parsed.record;
          }
          offset = found.offset;
          if (offset === from) break;
        }
      }
      yield null;
      await new Promise<void>((done) => {
        const timer = setTimeout(finish, settings.pauseMs);
        function finish(): void {
          clearTimeout(timer);
          settings.signal?.removeEventListener('abort', finish);
          done();
        }
        settings.signal?.addEventListener('abort', finish);
      });
    }
  } finally {
    await handle?.close();
  }
}
