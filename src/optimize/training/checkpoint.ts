import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';

/** Where a training run stands after a whole epoch. */
export interface Checkpoint {
  readonly epoch: number;
  readonly steps: number;
  readonly bestEpoch: number;
  readonly bestAccuracy: number;
  readonly history: readonly EpochResult[];
  /** Weights and moments by name. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Weights of the best epoch. */
  readonly best: ReadonlyMap<string, Float32Array>;
}

export interface EpochResult {
  readonly epoch: number;
  /** Mean over the epoch, in nats, with dropout and smoothing. */
  readonly loss: number;
  /** Over the epoch, with dropout. */
  readonly trainAccuracy: number;
  readonly validationAccuracy: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
}

const fileOf = (folder: string): string => join(folder, 'checkpoint.bin');
const magic = Buffer.from('STLYCKP2', 'latin1');
const digestBytes = 32;
const largestHeader = 16 * 1024 * 1024;

type Header = Omit<Checkpoint, 'state' | 'best'> & {
  readonly key: string;
  readonly tensors: readonly { readonly part: 'state' | 'best'; readonly name: string; readonly length: number }[];
};

/** Write durably beside the old one and swap: a kill leaves one of the two whole.
 *  Form: magic, sha256 over the rest, header length (uint32), header (JSON), all values as little-endian float32. */
export const saveCheckpoint = async (folder: string, key: string, checkpoint: Checkpoint): Promise<void> => {
  await mkdir(folder, { recursive: true });
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
  const parts = [
    size,
    text,
    ...tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const draft = `${fileOf(folder)}.part`;
  const file = await open(draft, 'w');
  try {
    for (const part of [magic, hash.digest(), ...parts]) await file.write(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, fileOf(folder));
};

/** The checkpoint of this folder, or null when there is none or it belongs to other data or settings.
 *  Errors: `training/checkpoint` when the file is damaged. */
export const loadCheckpoint = async (folder: string, key: string): Promise<Checkpoint | null> => {
  const path = fileOf(folder);
  if (!existsSync(path)) return null;
  const bytes = await readFile(path);
  const start = magic.length + digestBytes;
  const damaged = (): SteelyardError =>
    new SteelyardError(
      'training/checkpoint',
      `${path} is damaged or no checkpoint`,
      'delete the file to start the training again',
    );
  if (bytes.length < start + 4 || !bytes.subarray(0, magic.length).equals(magic)) throw damaged();
  const digest = createHash('sha256').update(bytes.subarray(start)).digest();
  if (!digest.equals(bytes.subarray(magic.length, start))) throw damaged();
  const length = bytes.readUInt32LE(start);
  if (length > largestHeader || start + 4 + length > bytes.length) throw damaged();
  const header = JSON.parse(bytes.toString('utf8', start + 4, start + 4 + length)) as Header;
  const { tensors, key: theirs, ...rest } = header;
  if (theirs !== key) return null;
  const parts = { state: new Map<string, Float32Array>(), best: new Map<string, Float32Array>() };
  let at = start + 4 + length;
  for (const { part, name, length: count } of tensors) {
    const values = new Float32Array(count);
    new Uint8Array(values.buffer).set(bytes.subarray(at, at + count * 4));
    parts[part].set(name, values);
    at += count * 4;
  }
  return { ...rest, ...parts };
};
