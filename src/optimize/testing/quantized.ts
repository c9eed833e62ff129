import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context, Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';

/** Normal weights of this shape, by label. */
export const normal = (dims: readonly number[], label: string, scale = 1): Tensor => {
  const stream = seeded(1, label);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return tensor(
    'float32',
    dims,
    Float32Array.from({ length: count }, () => stream.normal() * scale),
  );
};

/** Normal inputs. */
export const input = (dims: readonly number[], label: string): Value => {
  const stream = seeded(2, label);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length: count }, () => stream.normal()) };
};

/** A model from text; weights written as {...} are normal numbers. */
export const model = (text: string, tensors: Readonly<Record<string, Tensor>> = {}): Model => {
  const made: Record<string, Tensor> = { ...tensors };
  for (const [, name, dims] of text.matchAll(/(\w+) = float32\[([\d, ]+)\] ?\{\.\.\.\}/g))
    made[name!] ??= normal(dims!.split(',').map(Number), name!, 1 / Math.sqrt(Number(dims!.split(',')[0])));
  return parseText(text, { tensors: made });
};

/** A real context with a folder of its own, removed after the test. */
export const context = async (calibration: Context['calibration'] = null, signal?: AbortSignal): Promise<Context> => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-test-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  return createContext({ seed: 1, workFolder, calibration, ...(signal === undefined ? {} : { signal }) });
};

/** All outputs of a model on these inputs. */
export const run = async (world: Context, subject: Model, feeds: Feeds): Promise<Readonly<Record<string, Value>>> => {
  const session = await world.open(subject);
  try {
    return (await session.run(feeds)).outputs;
  } finally {
    await session.close();
  }
};

/** ‖a − b‖ / ‖a‖. */
export const relativeError = (a: Value, b: Value): number => {
  const x = a.data as Float32Array;
  const y = b.data as Float32Array;
  let error = 0;
  let size = 0;
  for (let i = 0; i < x.length; i++) {
    error += (x[i]! - y[i]!) ** 2;
    size += x[i]! ** 2;
  }
  return Math.sqrt(error / size);
};

/** The operators of a model, counted. */
export const operators = (subject: Model): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { op } of subject.graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};
