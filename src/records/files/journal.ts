import { open, type FileHandle } from 'node:fs/promises';
import { SteelyardError, type StoreRecord } from '../../contracts/index.ts';
import { diskFault, onDisk } from './fault.ts';
import { maxLineBytes, readLine, writeLine } from './line.ts';

interface Place {
  readonly offset: number;
  readonly length: number;
}
interface Waiting {
  readonly bytes: Buffer;
  readonly key: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const corrupt = (path: string, line: number, why: string): SteelyardError =>
  new SteelyardError(
    'store/corrupt',
    `${path}, line ${line}: ${why}`,
    'the file was changed or damaged after it was written; restore it from a copy, or start a new run with --out',
  );

/** Walk the complete lines of [0, end). Memory: one chunk plus the longest line. Returns where the last complete line ends. */
async function* lines(
  handle: FileHandle,
  path: string,
  end: number,
): AsyncGenerator<{ readonly text: string; readonly place: Place; readonly number: number }, number> {
  const chunk = Buffer.allocUnsafe(1 << 20);
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lineStart = 0;
  let number = 1;
  for (let position = 0; position < end;) {
    const { bytesRead } = await onDisk('reading records', path, () =>
      handle.read(chunk, 0, Math.min(chunk.length, end - position), position),
    );
    if (bytesRead === 0) break;
    let from = 0;
    for (let newline = chunk.indexOf(10); newline !== -1 && newline < bytesRead; newline = chunk.indexOf(10, from)) {
      const bytes = Buffer.concat([...held, chunk.subarray(from, newline)]);
      held = [];
      heldBytes = 0;
      yield { text: bytes.toString('utf8'), place: { offset: lineStart, length: bytes.length }, number };
      number += 1;
      from = newline + 1;
      lineStart = position + from;
    }
    if (from < bytesRead) held.push(Buffer.from(chunk.subarray(from, bytesRead)));
    heldBytes += bytesRead - from;
    if (heldBytes > maxLineBytes) throw corrupt(path, number, `longer than ${maxLineBytes} bytes`);
    position += bytesRead;
  }
  return lineStart;
}

/** The append-only file of records. */
export interface Journal {
  append(record: StoreRecord): Promise<void>;
  find(key: string): Promise<StoreRecord | null>;
  records(): AsyncIterable<StoreRecord>;
  close(): Promise<void>;
}

/** Open or create a journal. In memory: one offset a key, never a record's body.
 *  A last line without its newline is what a killed process left: nobody was told it was written, so it is dropped, with a note.
 *  Errors: `store/corrupt` naming file and line for any other line that is not as it was written; `store/no-space`, `store/read-only`. */
export const openJournal = async (
  path: string,
  readOnly: boolean,
  note: (message: string) => void,
): Promise<Journal> => {
  const handle = await onDisk('opening the records', path, () => open(path, readOnly ? 'r' : 'a+', 0o644));
  const index = new Map<string, Place>();
  let size = 0;
  /** A whole last line without newline, in a journal that may not be mended. */
  let unended: Place | null = null;
  try {
    const stated = (await handle.stat()).size;
    const walk = lines(handle, path, stated);
    for (let step = await walk.next(); ; step = await walk.next()) {
      if (step.done === true) {
        size = step.value;
        break;
      }
      const parsed = readLine(step.value.text);
      if (!parsed.ok) throw corrupt(path, step.value.number, parsed.why);
      index.set(parsed.record.key, step.value.place);
    }
    if (size < stated) await mendTail(stated);
  } catch (error) {
    await handle.close();
    throw diskFault(error, 'reading records', path);
  }

  async function mendTail(stated: number): Promise<void> {
    const tail = Buffer.alloc(stated - size);
    await handle.read(tail, 0, tail.length, size);
    const parsed = readLine(tail.toString('utf8'));
    if (parsed.ok) {
      // Whole, only its newline is missing: an editor may have cut it.
      const place = { offset: size, length: tail.length };
      index.set(parsed.record.key, place);
      if (readOnly) {
        unended = place;
      } else {
        await handle.appendFile('\n');
        size = stated + 1;
      }
      return;
    }
    if (readOnly) {
      note(`${path}: left out ${tail.length} bytes of an unfinished last line`);
      return;
    }
    await handle.truncate(size);
    await handle.datasync();
    note(`${path}: dropped ${tail.length} bytes of an unfinished last line; the step that wrote it runs again`);
  }

  let waiting: Waiting[] = [];
  let flushing: Promise<void> | null = null;
  let broken: Error | null = null;

  const writeAll = async (bytes: Buffer): Promise<void> => {
    for (let done = 0; done < bytes.length;)
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
    await handle.datasync();
  };

  /** One write and one sync for everything that waits: concurrent appends share the disk's latency. */
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken !== null) throw broken;
        await writeAll(Buffer.concat(batch.map(({ bytes }) => bytes)));
      } catch (error) {
        // What was half written must not stay in front of the next line.
        await handle.truncate(size).catch(() => {
          broken ??= diskFault(error, 'writing a record', path);
        });
        for (const one of batch) one.failed(diskFault(error, 'writing a record', path));
        continue;
      }
      for (const { bytes, key, done } of batch) {
        index.set(key, { offset: size, length: bytes.length - 1 });
        size += bytes.length;
        done();
      }
    }
    flushing = null;
  };

  const readPlace = async ({ offset, length }: Place): Promise<StoreRecord> => {
    const bytes = Buffer.alloc(length);
    await onDisk('reading a record', path, () => handle.read(bytes, 0, length, offset));
    const parsed = readLine(bytes.toString('utf8'));
    if (!parsed.ok) throw new SteelyardError('store/corrupt', `${path}, byte ${offset}: ${parsed.why}`);
    return parsed.record;
  };

  return {
    append(record) {
      let bytes: Buffer;
      try {
        bytes = Buffer.from(writeLine(record));
      } catch (error) {
        return Promise.reject(error as Error);
      }
      return new Promise((done, failed) => {
        waiting.push({ bytes, key: record.key, done, failed });
        flushing ??= flush();
      });
    },
    async find(key) {
      const place = index.get(key);
      return place === undefined ? null : readPlace(place);
    },
    async *records() {
      for await (const { text, number } of lines(handle, path, size)) {
        const parsed = readLine(text);
        if (!parsed.ok) throw corrupt(path, number, parsed.why);
        yield parsed.record;
      }
      if (unended !== null) yield await readPlace(unended);
    },
    async close() {
      await flushing;
      await handle.close();
    },
  };
};
