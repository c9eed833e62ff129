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
const magic = 'STLYCKP1';

/** Write durably beside the old one and swap: a kill leaves one of the two whole. */
export const saveCheckpoint = async (folder: string, key: string, checkpoint: Checkpoint): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const tensors = [
    ...[...checkpoint.state].map(([name, values]) => ({ part: 'state', name, values })),
    ...[...checkpoint.best].map(([name, values]) => ({ part: 'best', name, values })),
  ];
  const { state: _state, best: _best, ...rest } = checkpoint;
  const header = Buffer.from(
    JSON.stringify({
      key,
      ...rest,
      tensors: tensors.map(({ part, name, values }) => ({ part, name, length: values.length })),
    }),
  );
  const prefix = Buffer.alloc(16);
  prefix.write(magic, 0, 'latin1');
  prefix.writeBigUInt64LE(BigInt(header.length), 8);
  const draft = `${fileOf(folder)}.part`;
  const file = await open(draft, 'w');
  try {
    await file.write(prefix);
    await file.write(header);
    for (const { values } of tensors)
      await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
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
  const broken = (what: string): never => {
    throw new SteelyardError('training/checkpoint', `${path}: ${what}`, 'delete the file to start the training again');
  };
  if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== magic) broken('this is not a checkpoint');
  const length = Number(bytes.readBigUInt64LE(8));
  if (length > bytes.length - 16) broken('the header is cut off');
  const {
    tensors,
    key: theirs,
    ...rest
  } = JSON.parse(bytes.toString('utf8', 16, 16 + length)) as Omit<Checkpoint, 'state' | 'best'> & {
    key: string;
    tensors: readonly { part: 'state' | 'best'; name: string; length: number }[];
  };
  if (theirs !== key) return null;
  const parts = { state: new Map<string, Float32Array>(), best: new Map<string, Float32Array>() };
  let at = 16 + length;
  for (const { part, name, length: count } of tensors) {
    if (at + count * 4 > bytes.length) broken(`the values of ${name} are cut off`);
    const values = new Float32Array(count);
    new Uint8Array(values.buffer).set(bytes.subarray(at, at + count * 4));
    parts[part].set(name, values);
    at += count * 4;
  }
  return { ...rest, ...parts };
};
