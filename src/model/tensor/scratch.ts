import { appendFile } from 'node:fs/promises';
import { SteelyardError } from '../../contracts/index.ts';
import type { Tensor } from '../../contracts/index.ts';

/** Tensors below this size stay in memory: a file access would cost more than it frees. */
const smallBytes = 1 << 20;

/** A failed write of bytes that were to wait on disk. */
export const asideFault = (path: string, length: number, cause: unknown): SteelyardError => {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new SteelyardError(
    full ? 'model/no-space' : 'model/write',
    `${path}: ${length} bytes cannot be set aside: ${full ? 'no space left on the disk' : message}`,
    full ? 'free some disk space, or set TMPDIR to a folder on a larger disk' : undefined,
    { cause },
  );
};

/** Moves large tensors out of memory, one after another into one file: answers the same tensor by reference. The file is made at the first
 *  large tensor; who owns its folder removes it.
 *  Errors: `model/no-space` when the disk is full, `model/write` when the file cannot be written. */
export const scratch = (path: string): ((tensor: Tensor) => Promise<Tensor>) => {
  let end = 0;
  // One write at a time: offsets are places in the order of the calls.
  let last: Promise<void> = Promise.resolve();
  return async (tensor) => {
    const { data } = tensor;
    if (data.kind !== 'inline' || data.bytes.byteLength < smallBytes) return tensor;
    const { bytes } = data;
    const length = bytes.byteLength;
    const offset = end;
    // The next tensor starts at a multiple of 64.
    const padding = (64 - (length % 64)) % 64;
    end += length + padding;
    const turn = last.then(async () => {
      await appendFile(path, bytes, { flush: false });
      if (padding > 0) await appendFile(path, new Uint8Array(padding));
    });
    // After a failure the offsets no longer hold: every later tensor fails with the same cause.
    last = turn;
    try {
      await turn;
    } catch (cause) {
      throw asideFault(path, length, cause);
    }
    return { ...tensor, data: { kind: 'file', path, offset, length } };
  };
};
