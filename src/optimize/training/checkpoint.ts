import { createHash } from 'node:crypto';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';

/** One pass over the training data. */
export interface EpochResult {
  readonly epoch: number;
  /** Mean over its examples, as trained: with dropout and smoothing. */
  readonly loss: number;
  /** Means of the objective's further outputs, by name. */
  readonly reported: Readonly<Record<string, number>>;
  /** Of the weights at its end, on validation: higher is better. */
  readonly score: number;
  /** Of its last step. */
  readonly learningRate: number;
  readonly seconds: number;
  readonly examplesPerSecond: number;
  readonly tokensPerSecond: number;
}

/** Sums over the part of an epoch that is done. */
export interface EpochSums {
  readonly lessons: number;
  readonly examples: number;
  readonly tokens: number;
  readonly loss: number;
  readonly reported: readonly number[];
  readonly seconds: number;
}

/** Where a training run stands after a whole step. */
export interface Checkpoint {
  /** Whole epochs done. */
  readonly epoch: number;
  /** Of the epoch after them. */
  readonly sums: EpochSums;
  readonly steps: number;
  /** Steps of the whole run; fewer than asked for where the time allows no more. */
  readonly plannedSteps: number;
  /** The number of steps has been held against the time. */
  readonly paced: boolean;
  /** Worked so far, all runs together. */
  readonly seconds: number;
  /** The time was over. */
  readonly cut: boolean;
  /** 0: the weights that training began with, or none yet. */
  readonly bestEpoch: number;
  /** null: none yet. */
  readonly bestScore: number | null;
  readonly history: readonly EpochResult[];
  /** What stays between steps, by the input that it feeds. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Weights of the best epoch. */
  readonly best: ReadonlyMap<string, Float32Array>;
}

const fileOf = (folder: string): string => join(folder, 'checkpoint.bin');
const magic = Buffer.from('STLYCKP3', 'latin1');
const digestBytes = 32;
const largestHeader = 16 * 1024 * 1024;

type Part = 'state' | 'best';
type Header = Omit<Checkpoint, Part> & {
  readonly key: string;
  readonly tensors: readonly { readonly part: Part; readonly name: string; readonly length: number }[];
};

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Write durably beside the old one and swap: a kill leaves one of the two whole.
 *  Form: magic, sha256 over the rest, header length (uint32), header (JSON), all values as little-endian float32.
 *  Errors: `training/checkpoint` when it cannot be written (a full disk); the old one is still there. */
export const saveCheckpoint = async (folder: string, key: string, checkpoint: Checkpoint): Promise<void> => {
  const { state, best, ...rest } = checkpoint;
  const tensors = [
    ...[...state].map(([name, values]) => ({ part: 'state' as const, name, values })),
    ...[...best].map(([name, values]) => ({ part: 'best' as const, name, values })),
  ];
  const header: Header = {
    key,
    ...rest,
    tensors: tensors.map(({ part, name, values }) => ({ part, name, length: values.length })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const parts = [size, text, ...tensors.map(({ values }) => bytesOf(values))];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const draft = `${fileOf(folder)}.part`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(draft, 'w');
    try {
      for (const part of [magic, hash.digest(), ...parts]) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, fileOf(folder));
  } catch (cause) {
    throw new SteelyardError(
      'training/checkpoint',
      `cannot write the checkpoint ${fileOf(folder)}: ${(cause as Error).message}`,
      'make room on the disk and run the same command again; it goes on from the last whole checkpoint',
      { cause },
    );
  }
};

/** Exactly so many bytes from a place; false when the file ends before. */
const take = async (file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> => {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) return false;
    at += bytesRead;
  }
  return true;
};

const chunkBytes = 4 * 1024 * 1024;

/** sha256 over the file from a place to its end. */
const digestFrom = async (file: FileHandle, start: number, end: number): Promise<Buffer> => {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = start; at < end; at += chunkBytes) {
    const part = chunk.subarray(0, Math.min(chunkBytes, end - at));
    if (!(await take(file, part, at))) break;
    hash.update(part);
  }
  return hash.digest();
};

/** The checkpoint of this folder, or null when there is none or it belongs to other data or settings.
 *  Errors: `training/checkpoint` when the file is damaged. */
export const loadCheckpoint = async (folder: string, key: string): Promise<Checkpoint | null> => {
  const path = fileOf(folder);
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw new SteelyardError('training/checkpoint', `cannot read ${path}: ${error.message}`);
  });
  if (file === null) return null;
  const damaged = (): SteelyardError =>
    new SteelyardError(
      'training/checkpoint',
      `${path} is damaged or no checkpoint`,
      'delete the file to start the training again',
    );
  try {
    const { size: fileBytes } = await file.stat();
    const start = magic.length + digestBytes;
    const lead = Buffer.alloc(start + 4);
    if (!(await take(file, lead, 0)) || !lead.subarray(0, magic.length).equals(magic)) throw damaged();
    const digest = await digestFrom(file, start, fileBytes);
    if (!digest.equals(lead.subarray(magic.length, start))) throw damaged();
    // From here on the bytes are those that were written.
    const length = lead.readUInt32LE(start);
    if (length > largestHeader) throw damaged();
    const text = Buffer.alloc(length);
    if (!(await take(file, text, start + 4))) throw damaged();
    const { tensors, key: theirs, ...rest } = JSON.parse(text.toString('utf8')) as Header;
    if (theirs !== key) return null;
    const parts = { state: new Map<string, Float32Array>(), best: new Map<string, Float32Array>() };
    let at = start + 4 + length;
    for (const { part, name, length: count } of tensors) {
      const values = new Float32Array(count);
      if (!(await take(file, bytesOf(values), at))) throw damaged();
      parts[part].set(name, values);
      at += count * 4;
    }
    return { ...rest, ...parts };
  } finally {
    await file.close();
  }
};
