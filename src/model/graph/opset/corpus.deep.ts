import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isSteelyardError } from '../../../contracts/index.ts';
import type { Feeds, Model, RunResult, Value, ValueInfo } from '../../../contracts/index.ts';
import { compareOutputs } from '../../../optimize/testing/compare.ts';
import { startRunner } from '../../../runtime/testing/conformance.ts';
import type { Runner } from '../../../runtime/testing/conformance.ts';
import { seeded } from '../../../statistics/index.ts';
import { sharedOrSkip } from '../../../testing/shared.ts';
import { checkModel, decodeFile, decodeTensor, encode } from '../../onnx/index.ts';
import { readTensorSync, viewOf } from '../../tensor/index.ts';
import { inferFacts } from '../index.ts';
import { convertOpset, newestOpset } from './index.ts';

const targets = [13, 18, 21, 23, newestOpset];

interface Entry {
  readonly name: string;
  readonly path: string;
}

const modelsIn = (...parts: string[]): Entry[] => {
  const root = sharedOrSkip('operator set conversion', ...parts);
  if (root === null) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .toSorted()
    .map((name) => ({ name: join(parts.at(-1) ?? '', name), path: join(root, name) }));
};

const toValue = (bytes: Uint8Array): Value => {
  const one = decodeTensor(bytes);
  if (one.data.kind === 'strings')
    return { ...one, data: one.data.values.map((text) => new TextDecoder().decode(text)) };
  return { dtype: one.dtype, dims: one.dims, data: viewOf(one.dtype, readTensorSync(one)) };
};

const free = (model: Model): readonly ValueInfo[] =>
  model.graph.inputs.filter((input) => !model.graph.initializers.has(input.name));

/** The model's own test inputs, when it has any that are plain tensors. */
const ownFeeds = (model: Model, path: string): Feeds | null => {
  try {
    const folder = join(dirname(path), 'test_data_set_0');
    const files = readdirSync(folder).filter((name) => /^input_\d+\.pb$/.test(name));
    const feeds = free(model).map((input, i) => {
      if (!files.includes(`input_${i}.pb`)) throw new Error('an input is missing');
      return [input.name, toValue(readFileSync(join(folder, `input_${i}.pb`)))] as const;
    });
    return Object.fromEntries(feeds);
  } catch {
    return null;
  }
};

const made = ({ name, type }: ValueInfo, open: number): Value | null => {
  if (type?.kind !== 'tensor') return null;
  const dims = (type.dims ?? [open]).map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : open));
  const count = dims.reduce((product, dim) => product * dim, 1);
  const random = seeded(5, name);
  const list = <T>(from: () => T): T[] => Array.from({ length: count }, from);
  const bit = (): number => random.integer(2);
  if (count > 1 << 22) return null;
  switch (type.dtype) {
    case 'float32':
      return { dtype: type.dtype, dims, data: Float32Array.from(list(() => random.normal())) };
    case 'float64':
      return { dtype: type.dtype, dims, data: Float64Array.from(list(() => random.normal())) };
    case 'float16':
      return { dtype: type.dtype, dims, data: Uint16Array.from(list(() => 0x3800 + random.integer(0x400))) };
    case 'int64':
      return { dtype: type.dtype, dims, data: BigInt64Array.from(list(() => BigInt(bit()))) };
    case 'int32':
      return { dtype: type.dtype, dims, data: Int32Array.from(list(bit)) };
    case 'int8':
      return { dtype: type.dtype, dims, data: Int8Array.from(list(bit)) };
    case 'uint8':
    case 'bool':
      return { dtype: type.dtype, dims, data: Uint8Array.from(list(bit)) };
    default:
      return null;
  }
};

const madeFeeds = (model: Model, open: number): Feeds | null => {
  const entries = free(model).map((input) => [input.name, made(input, open)] as const);
  return entries.every(([, value]) => value) ? (Object.fromEntries(entries) as Feeds) : null;
};

type Answer = Readonly<Record<string, Value>>;

/** Inputs that the original accepts and what it answers; `loads` alone when no inputs are found. */
const truthOf = async (model: Model, path: string, runner: Runner) => {
  const bytes = await encode(model);
  const own = ownFeeds(model, path);
  // A folder may hold several models but the inputs of one.
  const tries = [...(own ? [own] : []), ...[2, 1, 4, 8, 16, 256].map((open) => madeFeeds(model, open))];
  let message = '';
  for (const feeds of tries) {
    const reply = await runner.run(bytes, feeds ?? {});
    if ('outputs' in reply) return { loads: true, feeds, outputs: reply.outputs as Answer, message };
    ({ message } = reply);
    if (reply.step !== 'run') return { loads: false, feeds: null, outputs: null, message };
    if (feeds === null) break;
  }
  return { loads: true, feeds: null, outputs: null, message };
};

const result = (outputs: Answer): readonly RunResult[] => [{ outputs, durationMs: 0, cpuMs: 0 }];

const errorsOf = (model: Model): readonly string[] =>
  checkModel(model)
    .filter(({ severity }) => severity === 'error')
    .map(({ where, what }) => `${where}: ${what}`);

/** A value whose type or sizes inference knew before and does not know, or knows otherwise, after the conversion. */
const forgotten = (before: Model, after: Model): string | null => {
  const now = inferFacts(after, { useStated: false });
  for (const [name, was] of inferFacts(before, { useStated: false })) {
    const is = now.get(name);
    if (!was || !now.has(name)) continue;
    if (was.dtype !== null && is?.dtype !== was.dtype) return `${name} was ${was.dtype}, is ${is?.dtype}`;
    if (was.dims && JSON.stringify(is?.dims) !== JSON.stringify(was.dims))
      return `${name} was [${was.dims.join()}], is [${is?.dims?.join()}]`;
  }
  return null;
};

const attempt = async (
  model: Model,
  target: number,
  truth: Awaited<ReturnType<typeof truthOf>>,
  runner: Runner,
): Promise<string> => {
  const from = model.opsets.get('');
  if (from !== undefined && from >= target) return 'there already';
  const { model: raised, refusal } = convertOpset(model, target);
  if (refusal) return `refused: ${refusal.reason}`;
  const known = errorsOf(model);
  const wrong = errorsOf(raised).find((one) => !known.includes(one));
  if (wrong !== undefined) return `FAULT: ${wrong}`;
  const lost = forgotten(model, raised);
  if (lost !== null) return `FAULT: ${lost}`;
  if (!truth.loads) return 'converted; the original does not load';
  const reply = await runner.run(await encode(raised), truth.feeds ?? {});
  if (!('outputs' in reply))
    return reply.step === 'run' && truth.outputs === null ? 'loads' : `FAULT: ${reply.step}: ${reply.message}`;
  if (truth.outputs === null) return 'loads';
  try {
    const { relativeError } = compareOutputs(result(truth.outputs), result(reply.outputs));
    if (relativeError === 0) return 'identical';
    return relativeError < 1e-5 ? 'equal' : `FAULT: ${relativeError.toPrecision(3)} away`;
  } catch (error) {
    return `FAULT: ${String(error)}`;
  }
};

const corpora = ['conformance/onnx-backend-node-v1.22.0', 'conformance/onnxruntime-testdata-2020', 'models'];

test.each(corpora)('%s: raised models load and answer the same', async (corpus) => {
  const entries = modelsIn(...corpus.split('/'));
  const outcomes: { readonly name: string; readonly target: number; readonly outcome: string }[] = [];
  const queue = [...entries];
  const work = async (): Promise<void> => {
    const runner = startRunner();
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const { name, path } = entry;
      let model: Model;
      try {
        model = await decodeFile(path);
      } catch (error) {
        if (!isSteelyardError(error)) throw error;
        continue;
      }
      if ((model.opsets.get('') ?? 0) >= newestOpset) continue;
      const truth = await truthOf(model, path, runner);
      for (const target of targets)
        outcomes.push({ name, target, outcome: await attempt(model, target, truth, runner) });
    }
    runner.close();
  };
  await Promise.all([work(), work()]);
  const kinds = ['identical', 'equal', 'loads', 'converted', 'there already', 'refused', 'FAULT'];
  for (const target of targets) {
    const mine = outcomes.filter((one) => one.target === target);
    const counts = kinds.map((kind) => `${kind} ${mine.filter(({ outcome }) => outcome.startsWith(kind)).length}`);
    process.stderr.write(`${corpus} to opset ${target}: ${counts.join(', ')}\n`);
  }
  const reasons = new Map<string, number>();
  for (const { outcome } of outcomes)
    if (outcome.startsWith('refused')) reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1);
  for (const [reason, count] of reasons) process.stderr.write(`${count} × ${reason}\n`);
  const faults = outcomes.filter(({ outcome }) => outcome.startsWith('FAULT'));
  for (const { name, target, outcome } of faults) process.stderr.write(`${target} ${name}: ${outcome}\n`);
  expect(faults).toEqual([]);
  expect(outcomes.length > 0 || entries.length === 0).toBe(true);
});
