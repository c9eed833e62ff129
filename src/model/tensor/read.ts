import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { SteelyardError } from '../../contracts/index.ts';
import type { Tensor } from '../../contracts/index.ts';
import { byteLengthOf } from './dtype.ts';

/** One read call moves at most this much: above 2 GiB the system refuses. */
const pieceBytes = 256 * 1024 * 1024;

/** Reading so little takes less time than waiting for another thread to do it. */
const atOnceBytes = 1 << 20;

/** Gives memory for so many bytes, 8-byte aligned. */
type Take = (length: number) => Uint8Array;

type FileReference = Extract<Tensor['data'], { kind: 'file' }>;

const gone = (reference: FileReference, cause: unknown): SteelyardError =>
  new SteelyardError(
    'model/data',
    `${reference.path}: ${reference.length} bytes at offset ${reference.offset} cannot be read` +
      (cause instanceof Error ? ` (${cause.message})` : ''),
    'the model files were moved, changed or cut while in use: restore them and start again',
    { cause },
  );

const short = (reference: FileReference, read: number): SteelyardError =>
  gone(reference, new Error(`the file ends after ${read} of them`));

/** The reference or bytes behind a tensor, after checking that their length fits dtype and dims. */
const checked = (tensor: Tensor): Exclude<Tensor['data'], { kind: 'strings' }> => {
  const { data } = tensor;
  if (data.kind === 'strings')
    throw new SteelyardError('model/dtype', 'a tensor of strings has no byte form', 'read its values instead');
  const expected = byteLengthOf(tensor.dtype, tensor.dims);
  const length = data.kind === 'inline' ? data.bytes.byteLength : data.length;
  if (length !== expected)
    throw new SteelyardError(
      'model/data',
      `a ${tensor.dtype} tensor of shape [${tensor.dims.join(', ')}] has ${length} bytes of data, expected ${expected}`,
      'the model file is damaged: get it again from its source',
    );
  return data;
};

const aligned = (bytes: Uint8Array): Uint8Array =>
  // A view of a plain ArrayBuffer at a multiple of 8 can be seen as any typed array; anything else is copied.
  bytes.byteOffset % 8 === 0 && !(bytes.buffer instanceof SharedArrayBuffer) ? bytes : new Uint8Array(bytes);

const fresh: Take = (length) => new Uint8Array(length);

const allocate = (reference: FileReference, take: Take): Uint8Array => {
  try {
    return take(reference.length);
  } catch (cause) {
    throw new SteelyardError(
      'model/absurd',
      `${reference.path}: a tensor of ${reference.length} bytes does not fit into memory`,
      'use a machine with more memory or a model split into smaller tensors',
      { cause },
    );
  }
};

/** The tensor's bytes, 8-byte aligned, safe to view as any typed array. Reads only this tensor. Inline bytes that are aligned
 *  already are returned as they are: do not write to the result. `take` gives the memory that a file is read into; without it, it is new.
 *  Errors: `model/data` when the file is gone, shorter than the reference says, or the length does not fit dtype and dims;
 *  `model/dtype` for strings; `model/absurd` when it cannot fit into memory. */
export const readTensor = async (tensor: Tensor, take: Take = fresh): Promise<Uint8Array> => {
  const data = checked(tensor);
  if (data.kind === 'inline') return aligned(data.bytes);
  if (data.length <= atOnceBytes) return readTensorSync(tensor, take);
  const bytes = allocate(data, take);
  let file;
  try {
    file = await open(data.path, 'r');
  } catch (cause) {
    throw gone(data, cause);
  }
  try {
    for (let done = 0; done < data.length;) {
      const { bytesRead } = await file
        .read(bytes, done, Math.min(pieceBytes, data.length - done), data.offset + done)
        .catch((cause: unknown) => {
          throw gone(data, cause);
        });
      if (bytesRead === 0) throw short(data, done);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
};

/** `readTensor` for places that cannot wait. The same promises and errors. */
export const readTensorSync = (tensor: Tensor, take: Take = fresh): Uint8Array => {
  const data = checked(tensor);
  if (data.kind === 'inline') return aligned(data.bytes);
  const bytes = allocate(data, take);
  if (data.length === 0) return bytes;
  let file;
  try {
    file = openSync(data.path, 'r');
  } catch (cause) {
    throw gone(data, cause);
  }
  try {
    for (let done = 0; done < data.length;) {
      let read;
      try {
        read = readSync(file, bytes, done, Math.min(pieceBytes, data.length - done), data.offset + done);
      } catch (cause) {
        throw gone(data, cause);
      }
      if (read === 0) throw short(data, done);
      done += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
};

/** The bytes of a tensor of strings as text. Errors: `model/dtype` when it does not hold strings. */
export const readStrings = (tensor: Tensor): string[] => {
  if (tensor.data.kind !== 'strings')
    throw new SteelyardError('model/dtype', `a ${tensor.dtype} tensor holds no strings`);
  const decoder = new TextDecoder();
  return tensor.data.values.map((value) => decoder.decode(value));
};
