import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  defaultSessionOptions,
  type Feeds,
  type Model,
  type Receipt,
  type SessionOptions,
  type Tensor,
  type Value,
} from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { encodeFile } from '../../../model/onnx/index.ts';
import { rawTensor, tensor } from '../../../model/tensor/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { readMachine } from '../../../runtime/index.ts';
import { createContext } from '../../run/context.ts';
import { makeReceipt } from '../make.ts';

/** A model from text; weights written as {...} are random: normal floats, codes over the whole range. */
export const trap = (text: string): Model => {
  const tensors: Record<string, Tensor> = {};
  for (const [, name = '', dtype = '', dims = ''] of text.matchAll(/(\w+) = (\w+)\[([\d, ]*)\] \{\.\.\.\}/g)) {
    const shape = dims === '' ? [] : dims.split(',').map(Number);
    const count = shape.reduce((product, dim) => product * dim, 1);
    const random = seeded(1, name);
    const fill = (make: () => number): number[] => Array.from({ length: count }, make);
    const code = (): number => random.integer(255) - 127;
    tensors[name] =
      dtype === 'float32'
        ? tensor('float32', shape, Float32Array.from(fill(() => random.normal())))
        : dtype === 'int32'
          ? tensor('int32', shape, Int32Array.from(fill(code)))
          : dtype === 'uint16'
            ? tensor('uint16', shape, Uint16Array.from(fill(() => random.integer(65536))))
            : rawTensor(dtype as 'int8', shape, Uint8Array.from(fill(() => random.integer(256))));
  }
  return parseText(text, { tensors });
};

const valueFor = (name: string, { type }: Model['graph']['inputs'][number], size: number): Value => {
  if (type?.kind !== 'tensor' || type.dims === null) throw new Error(`input ${name} has no shape`);
  const dims = type.dims.map((dim) => (typeof dim === 'number' ? dim : size));
  const count = dims.reduce((product, dim) => product * dim, 1);
  const random = seeded(2, name);
  const fill = (make: () => number): number[] => Array.from({ length: count }, make);
  if (type.dtype === 'int64')
    return {
      dtype: 'int64',
      dims,
      data: BigInt64Array.from(
        fill(() => random.integer(8)),
        BigInt,
      ),
    };
  if (type.dtype === 'bool') return { dtype: 'bool', dims, data: Uint8Array.from(fill(() => 1)) };
  if (type.dtype === 'uint8') return { dtype: 'uint8', dims, data: Uint8Array.from(fill(() => random.integer(256))) };
  if (type.dtype === 'int8')
    return { dtype: 'int8', dims, data: Int8Array.from(fill(() => random.integer(255) - 127)) };
  return {
    dtype: 'float32',
    dims,
    data: Float32Array.from(fill(() => (dims.length === 0 ? 0.02 : random.normal()))),
  };
};

/** Inputs for a model: `size` for every open dimension. */
export const feedsFor = ({ graph }: Model, size = 4): Feeds =>
  Object.fromEntries(
    graph.inputs
      .filter(({ name }) => !graph.initializers.has(name))
      .map((info) => [info.name, valueFor(info.name, info, size)]),
  );

/** The receipt of a model on the real runtime, on this machine unless other instruction sets are given. */
export const receiptOf = async (
  model: Model,
  more: {
    readonly session?: Partial<SessionOptions>;
    readonly instructionSets?: readonly string[];
    readonly feeds?: readonly Feeds[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<Receipt> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-receipt-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modelPath = join(folder, 'model.onnx');
  await encodeFile(model, modelPath);
  const instructionSets = more.instructionSets ?? (await readMachine()).instructionSets;
  return makeReceipt({
    modelPath,
    model,
    session: { ...defaultSessionOptions, ...more.session },
    feeds: more.feeds ?? [feedsFor(model)],
    ranOn: 'random inputs',
    machine: { instructionSets },
    folder,
    seconds: 0.05,
    context: createContext({
      seed: 1,
      workFolder: folder,
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    }),
  });
};
