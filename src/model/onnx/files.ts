import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { rename, rm, stat, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import type { Model } from '../../contracts/index.ts';
import { modelOf, parse } from './decode.ts';
import { encodeModel } from './encode.ts';
import type { Placement } from './encode.ts';
import { externalResolver } from './external.ts';
import { damaged } from './faults.ts';
import { ModelProtoSchema } from './generated/onnx_pb.ts';
import type { Encoded, Part } from './parts.ts';
import { fileSource, skeletonOf } from './skeleton.ts';
import { sniff } from './sniff.ts';

/** Payloads above this size stay in the file. */
const cutAboveBytes = 4096;
/** Protobuf cannot hold 2 GiB. */
const protobufLimitBytes = 2147483647;
const externalAboveBytes = 1_800_000_000;
/** Smaller initializers stay inside of the model: shape inference reads them. Source: onnx.external_data_helper. */
const externalFromBytes = 1024;
/** So that the file can be mapped into memory. Source: ONNX, docs/ExternalData.md. */
const alignmentBytes = 4096;
const chunkBytes = 2 * 1024 * 1024;

/** Refuses what cannot be an ONNX model by its first bytes. Errors: `model/format`. */
export const refuseOtherFormats = (head: Uint8Array, sizeBytes: number, where: string): void => {
  const other = sniff(head, sizeBytes);
  if (other === null) return;
  throw new SteelyardError(
    'model/format',
    `${where}: this is not an ONNX model: it looks like ${other}`,
    'give the path of an .onnx file or of a folder with one',
  );
};

const openModel = (path: string): { descriptor: number; sizeBytes: number } => {
  try {
    // Checked before opening: opening a pipe would wait for ever.
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    return { descriptor: openSync(path, 'r'), sizeBytes: stats.size };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SteelyardError(
      missing ? 'model/not-found' : 'model/unreadable',
      `${path}: ${missing ? 'there is no such file' : (cause as Error).message}`,
      'give the path of an .onnx file or of a folder with one',
      { cause },
    );
  }
};

/** Reads a model's structure. Weights above 4 KiB become references into the file or its external data.
 *  Errors: `model/not-found`, `model/unreadable`, `model/format` (something else than ONNX), `model/damaged`, `model/invalid`,
 *  `model/data` (data and shape disagree), `model/absurd`, `model/too-deep`, `model/too-large`, `model/path-escape`, `model/external-data`. */
export const decodeFile = async (path: string): Promise<Model> => {
  const absolute = resolve(path);
  const { descriptor, sizeBytes } = openModel(absolute);
  try {
    const head = new Uint8Array(Math.min(64, sizeBytes));
    if (head.length > 0) readSync(descriptor, head, 0, head.length, 0);
    refuseOtherFormats(head, sizeBytes, path);
    if (sizeBytes > protobufLimitBytes)
      throw new SteelyardError(
        'model/too-large',
        `${path}: ${sizeBytes} bytes, but an ONNX file cannot be larger than 2 GiB`,
        'export the model with external data (weights in a second file)',
      );
    const skeleton = skeletonOf(fileSource(descriptor, sizeBytes, path), ModelProtoSchema, path, cutAboveBytes);
    return modelOf(parse(ModelProtoSchema, skeleton.bytes, path), {
      where: path,
      path: absolute,
      cutOf: skeleton.cutOf,
      external: externalResolver(dirname(absolute), absolute),
    });
  } catch (cause) {
    if (isReadFault(cause)) throw damaged(path, `reading failed (${cause.message})`, cause);
    throw cause;
  } finally {
    closeSync(descriptor);
  }
};

const isReadFault = (cause: unknown): cause is NodeJS.ErrnoException =>
  cause instanceof Error && (cause as NodeJS.ErrnoException).syscall === 'read';

/** Calls `write` with every stretch of output, in order, at most 2 MiB at a time, and one after the other. File ranges are read as they are needed,
 *  the next one while one is written. */
const stream = async (parts: readonly Part[], write: (bytes: Uint8Array) => Promise<void>, signal?: AbortSignal) => {
  let chunk = new Uint8Array(chunkBytes);
  let other: Uint8Array<ArrayBuffer> | null = null;
  let filled = 0;
  let writing = Promise.resolve();
  const source: { path: string | null; handle: FileHandle | null } = { path: null, handle: null };
  const flush = async (): Promise<void> => {
    await writing;
    if (filled === 0) return;
    writing = write(chunk.subarray(0, filled));
    // A failed write is met at the next one.
    writing.catch(() => undefined);
    [chunk, other] = [other ?? new Uint8Array(chunkBytes), chunk];
    filled = 0;
  };
  try {
    for (const part of parts) {
      signal?.throwIfAborted();
      if (part instanceof Uint8Array) {
        if (part.length > chunkBytes - filled) await flush();
        if (part.length > chunkBytes) {
          await writing;
          await write(part);
        } else {
          chunk.set(part, filled);
          filled += part.length;
        }
        continue;
      }
      if (source.handle === null || source.path !== part.path) {
        await source.handle?.close();
        source.handle = null;
        source.handle = await open(part.path, 'r').catch((cause: unknown) => gone(part, cause));
        source.path = part.path;
      }
      for (let done = 0; done < part.length;) {
        if (filled === chunkBytes) {
          signal?.throwIfAborted();
          await flush();
        }
        const want = Math.min(chunkBytes - filled, part.length - done);
        const { bytesRead } = await source.handle
          .read(chunk, filled, want, part.offset + done)
          .catch((cause: unknown) => gone(part, cause));
        if (bytesRead === 0) gone(part, new Error('the file ends before'));
        filled += bytesRead;
        done += bytesRead;
      }
    }
    await flush();
    await writing;
  } finally {
    await writing.catch(() => undefined);
    await source.handle?.close();
  }
};

const gone = (part: Exclude<Part, Uint8Array>, cause: unknown): never => {
  throw new SteelyardError(
    'model/data',
    `${part.path}: ${part.length} bytes at offset ${part.offset} cannot be read (${(cause as Error).message})`,
    'the model files were moved, changed or cut while in use: restore them and start again',
    { cause },
  );
};

/** All parts as one array. Errors: `model/too-large` above 2 GiB. */
export const collect = async (encoded: Encoded, where: string): Promise<Uint8Array> => {
  if (encoded.length > protobufLimitBytes) throw tooLarge(where, encoded.length);
  const out = new Uint8Array(encoded.length);
  let at = 0;
  await stream(encoded.parts, async (bytes) => {
    out.set(bytes, at);
    at += bytes.length;
  });
  return out;
};

const tooLarge = (where: string, length: number): SteelyardError =>
  new SteelyardError(
    'model/too-large',
    `${where}: the model takes ${length} bytes, but a protobuf file cannot be larger than 2 GiB`,
    'write it with external data',
  );

/** A failed write as a fault that says what to do. */
export const writeFault = (path: string, cause: unknown): unknown => {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new SteelyardError(
      'model/no-space',
      `${path}: there is not enough space to write the model`,
      'free some disk space, or write to another disk',
      { cause },
    );
  if (syscall === undefined) return cause;
  return new SteelyardError(
    'model/write',
    `${path}: the model cannot be written (${(cause as Error).message})`,
    'check that the folder exists and may be written to',
    { cause },
  );
};

/** Writes parts to a file. Removes it again when that fails. Errors: `model/no-space`, `model/write`, `model/data`. */
const writeParts = async (path: string, parts: readonly Part[], signal?: AbortSignal): Promise<void> => {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, 'w');
    const target = handle;
    await stream(
      parts,
      async (bytes) => {
        for (let done = 0; done < bytes.length;)
          done += (await target.write(bytes, done, bytes.length - done)).bytesWritten;
      },
      signal,
    );
    await handle.close();
  } catch (cause) {
    await handle?.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw writeFault(path, cause);
  }
};

/** A model must not be written over a file that its own weights are read from: the model in memory would point to wrong bytes. */
const refuseOverwriting = async (targets: readonly string[], parts: readonly Part[]): Promise<void> => {
  const identity = async (path: string): Promise<string | null> => {
    const stats = await stat(path).catch(() => null);
    return stats && `${stats.dev}:${stats.ino}`;
  };
  const sources = new Map<string, string>();
  for (const part of parts)
    if (!(part instanceof Uint8Array) && !sources.has(part.path)) sources.set(part.path, part.path);
  const read = new Set(await Promise.all([...sources.keys()].map(identity)));
  for (const target of targets) {
    const found = await identity(target);
    if (found !== null && read.has(found))
      throw new SteelyardError(
        'model/in-place',
        `${target}: the model's weights are read from this very file`,
        'write to another name or folder',
      );
  }
};

export interface EncodeFileOptions {
  /** Where large weights go: 'auto' puts them beside the model when it would come near the 2 GiB limit. */
  readonly externalData?: 'auto' | 'always' | 'never';
  readonly signal?: AbortSignal;
}

/** Writes a model, streaming its weights: memory stays at a few MiB whatever the model's size. The file appears whole or not at all.
 *  External data goes to `<name>_data` beside it, each tensor aligned to 4096 bytes.
 *  Errors: `model/too-large` ('never' above 2 GiB), `model/no-space`, `model/write`, `model/in-place`, `model/data` (a source is gone). */
export const encodeFile = async (
  model: Model,
  path: string,
  options: EncodeFileOptions = {},
): Promise<{ files: { name: string; sizeBytes: number }[] }> => {
  const where = options.externalData ?? 'auto';
  const absolute = resolve(path);
  const name = basename(absolute);
  const location = `${name}_data`;
  const outside: Part[] = [];
  let outsideBytes = 0;
  const place: Placement = (data) => {
    if (data.length < externalFromBytes) return null;
    const padding = (alignmentBytes - (outsideBytes % alignmentBytes)) % alignmentBytes;
    if (padding > 0) outside.push(new Uint8Array(padding));
    const offset = outsideBytes + padding;
    outside.push(data);
    outsideBytes = offset + data.length;
    return { location, offset };
  };
  let encoded = encodeModel(model, where === 'always' ? place : undefined);
  if (where === 'auto' && encoded.length > externalAboveBytes) encoded = encodeModel(model, place);
  if (encoded.length > protobufLimitBytes) throw tooLarge(path, encoded.length);

  const outsidePath = join(dirname(absolute), location);
  await refuseOverwriting([absolute, outsidePath], [...encoded.parts, ...outside]);
  const files = [{ name, sizeBytes: encoded.length }];
  try {
    if (outsideBytes > 0) {
      await writeParts(`${outsidePath}.part`, outside, options.signal);
      files.push({ name: location, sizeBytes: outsideBytes });
    }
    await writeParts(`${absolute}.part`, encoded.parts, options.signal);
    if (outsideBytes > 0) await rename(`${outsidePath}.part`, outsidePath);
    await rename(`${absolute}.part`, absolute);
  } catch (cause) {
    await rm(`${outsidePath}.part`, { force: true }).catch(() => undefined);
    await rm(`${absolute}.part`, { force: true }).catch(() => undefined);
    throw writeFault(path, cause);
  }
  return { files };
};
