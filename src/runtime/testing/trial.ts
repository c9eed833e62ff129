import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSessionOptions } from '../../contracts/index.ts';
import type { Context, Example, SessionOptions, Subject, Task, Trial, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { openClient } from '../client/index.ts';
import { openSession } from '../onnxruntime/index.ts';

/** A model whose work grows with `layers`: x [N, width] → scores [N, 2]. */
export const stackText = (layers: number, width = 64): string => {
  const lines = [`x: float32[N, ${width}]`, `w = float32[${width}, ${width}] {${filled(width * width)}}`];
  for (let layer = 0; layer < layers; layer++)
    lines.push(`h${layer} = MatMul(${layer === 0 ? 'x' : `r${layer - 1}`}, w); r${layer} = Tanh(h${layer})`);
  lines.push(`v = float32[${width}, 2] {${filled(width * 2)}}; y = MatMul(r${layers - 1}, v)`, '-> y: float32[N, 2]');
  return lines.join('\n');
};

const filled = (count: number): string => Array.from({ length: count }, (_, i) => Math.sin(i).toFixed(3)).join(', ');

export interface Workbench {
  readonly folder: string;
  /** A version from the text of a model, or from a file that exists. */
  subject(id: string, model: string, options?: Partial<SessionOptions>): Promise<Subject>;
  trial(baseline: Subject, candidates: readonly Subject[], more?: Partial<Trial>): Trial;
  context(more?: Partial<Context>): Context;
  remove(): Promise<void>;
}

const width = 64;

/** A plain task: rows of 64 numbers in, two scores out. */
const rowsTask: Task = {
  id: 'tensor-classification',
  labels: ['no', 'yes'],
  fingerprint: 'rows',
  encode: (examples) => {
    const data = new Float32Array(examples.length * width);
    for (const [row, example] of examples.entries()) data.set(example.tensors!['x']!.data as Float32Array, row * width);
    return { feeds: { x: { dtype: 'float32', dims: [examples.length, width], data } }, truncated: 0, tokens: width };
  },
  decode: (result) => result.outputs['y']!.data as Float32Array,
};

const row = (seed: number): Value => {
  const random = seeded(seed, 'row');
  return { dtype: 'float32', dims: [width], data: Float32Array.from({ length: width }, () => random.normal()) };
};

/** Real sessions on small models, for tests and benches of whatever measures them. Remove it at the end. */
export const workbench = async (): Promise<Workbench> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
  const examples: Example[] = Array.from({ length: 24 }, (_, i) => ({
    id: String(i),
    tensors: { x: row(i) },
    label: null,
    groups: {},
  }));
  let files = 0;
  return {
    folder,
    subject: async (id, model, options = {}) => {
      let path = model;
      if (!model.endsWith('.onnx')) {
        path = join(folder, `${files++}.onnx`);
        await writeFile(path, await encode(parseText(model)));
      }
      const sizeBytes = (await stat(path)).size;
      const sessionOptions = { ...defaultSessionOptions, ...options };
      return {
        id,
        digest: path,
        sessionOptions,
        files: [{ path, sizeBytes }],
        open: () => openSession(path, sessionOptions),
        connect: (calls) => openClient({ kind: 'model', path, options: sessionOptions }, calls),
      };
    },
    trial: (baseline, candidates, more = {}) => ({
      task: rowsTask,
      baseline,
      candidates,
      examples,
      groups: [],
      confidence: 0.95,
      price: null,
      batchSize: 1,
      predictions: () => Promise.reject(new Error('speed needs no predictions')),
      ask: () => Promise.reject(new Error('speed needs no predictions')),
      reference: [],
      outOfScope: [],
      ...more,
    }),
    context: (more = {}) => ({
      signal: new AbortController().signal,
      seed: 1,
      now: () => performance.now(),
      random: (label) => seeded(1, label),
      log: () => undefined,
      progress: () => undefined,
      bytes: () => Promise.reject(new Error('speed needs no weights')),
      keep: (tensor) => Promise.resolve(tensor),
      aside: () => {
        throw new Error('speed sets nothing aside');
      },
      open: (model, options) => openSession(model as string, options),
      openTraining: () => Promise.reject(new Error('nothing learns here')),
      calibration: null,
      learning: null,
      originalLearning: null,
      original: null,
      companion: () => Promise.resolve(null),
      checkpoints: () => null,
      ...more,
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
