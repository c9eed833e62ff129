import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSteelyardError } from '../../contracts/index.ts';
import type { Dim, Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { convertOpset } from '../../model/graph/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { readTensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { decompose } from './decompose.ts';
import { emitter, extend, int } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { evaluate } from './testing/differences.ts';
import { liftConstants } from './weights.ts';

const root = sharedOrSkip('gradients of real models', 'models');
const files =
  root === null
    ? []
    : readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.onnx'))
        .toSorted();

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const isWeight = ({ dtype, dims }: Tensor): boolean => dtype === 'float32' && dims.length > 0;

interface Prepared {
  readonly model: Model;
  readonly loss: string;
  readonly weights: readonly string[];
}

/** Without the chance of models that were exported in training mode. */
const still = (model: Model): Model => ({
  ...model,
  graph: {
    ...model.graph,
    nodes: model.graph.nodes.map((node) =>
      node.op === 'Dropout' ? { ...node, inputs: node.inputs.slice(0, 1) } : node,
    ),
  },
});

/** Σ scores·cos(place), and every float weight. */
const prepare = async (path: string, change: (model: Model) => Model = (model) => model): Promise<Prepared> => {
  const decoded = change(await decodeFile(path));
  const raised = (decoded.opsets.get('') ?? 1) < 18 ? convertOpset(decoded, 18) : null;
  const model = decompose(liftConstants(raised === null || raised.refusal !== null ? decoded : raised.model));
  const to = emitter(model);
  const scores = to.emit('Reshape', [model.graph.outputs[0]!.name, to.integers([-1])]);
  const count = to.emit('Cast', [to.emit('Size', [scores])], { to: int(1) });
  const place = to.emit('Range', [to.scalar('float32', 0), count, to.scalar('float32', 1)]);
  const product = to.emit('Mul', [scores, to.emit('Cos', [place])]);
  const loss = to.emit('ReduceSum', [product], { keepdims: int(0) });
  const whole = extend(model, to);
  // Before IR version 4 weights are listed as inputs too.
  const inputs = whole.graph.inputs.filter(({ name }) => !whole.graph.initializers.has(name));
  const weights = [...model.graph.initializers].filter(([, one]) => isWeight(one)).map(([name]) => name);
  return {
    model: { ...whole, irVersion: Math.max(whole.irVersion, 4), graph: { ...whole.graph, inputs } },
    loss,
    weights,
  };
};

test.each(files)('%s: every weight that the scores depend on has a gradient, or a node is named', async (name) => {
  const { model, loss, weights } = await prepare(join(root!, name));
  const to = emitter(model);
  try {
    const found = differentiate(model, loss, weights, to);
    say(`${name}: ${found.size} of ${weights.length} weights, ${model.graph.nodes.length} + ${to.nodes.length} nodes`);
    // In one of them all weights lie in the bodies of an If.
    if (weights.length > 0) expect(found.size).toBe(weights.length);
    else expect(name).toMatch(/silero/);
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
    say(`${name}: ${error.message}`);
    // Its layers lie in the bodies of an If.
    expect(name).toMatch(/silero/);
    expect(error.code).toBe('training/unsupported');
  }
});

/** Gradients along themselves against central differences of the loss. */
const slopes = async (name: string, feeds: Feeds, limit: number): Promise<void> => {
  const { model, loss, weights } = await prepare(join(root!, name), still);
  const to = emitter(model);
  const found = differentiate(model, loss, weights, to);
  const whole = extend(model, to);
  const info = (one: string) => ({ name: one, type: null });
  const typed = (one: string) => ({
    name: one,
    type: { kind: 'tensor', dtype: 'float32', dims: model.graph.initializers.get(one)!.dims } as const,
  });
  const outputs = await (
    await evaluate({ ...whole, graph: { ...whole.graph, outputs: [...found.values()].map(info) } })
  )(feeds);
  const random = seeded(1, name);
  const chosen = random.shuffle([...found.keys()]).slice(0, limit);
  const initializers = new Map([...model.graph.initializers].filter(([one]) => !chosen.includes(one)));
  const alone = await evaluate({
    ...model,
    graph: {
      ...model.graph,
      initializers,
      inputs: [...model.graph.inputs, ...chosen.map(typed)],
      outputs: [info(loss)],
    },
  });
  const values: Record<string, Value> = {};
  for (const one of chosen) {
    const { dims, ...rest } = model.graph.initializers.get(one)!;
    const bytes = await readTensor({ dims, ...rest });
    values[one] = { dtype: 'float32', dims, data: new Float32Array(bytes.slice().buffer) };
  }
  for (const one of chosen) {
    const gradient = outputs[found.get(one)!]!.data as Float32Array;
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
    const before = values[one]!;
    expect(outputs[found.get(one)!]!.dims.join(), one).toBe(before.dims.join());
    expect(Number.isFinite(size), one).toBe(true);
    if (size < 1e-3) continue;
    const at = async (by: number): Promise<number> => {
      const data = (before.data as Float32Array).map((x, i) => x + (by * gradient[i]!) / size);
      return ((await alone({ ...feeds, ...values, [one]: { ...before, data } }))[loss]!.data as Float32Array)[0]!;
    };
    // Small enough for the curve, large enough for float32.
    const step = 0.02 / Math.max(1, size);
    const slope = ((await at(step)) - (await at(-step))) / (2 * step);
    expect(Math.abs(slope - size) / size, `${one}: ${slope} against ${size}`).toBeLessThan(0.05);
  }
};

const ids = (...rows: number[][]): Value => ({
  dtype: 'int64',
  dims: [rows.length, rows[0]!.length],
  data: BigInt64Array.from(rows.flat(), BigInt),
});

test.skipIf(root === null)('mnist-cnn: the gradients are the slopes of the loss', async () => {
  const { model } = await prepare(join(root!, 'mnist-cnn/mnist.onnx'));
  const random = seeded(2, 'digits');
  const [input] = model.graph.inputs;
  const dims = (input!.type as { readonly dims: readonly Dim[] }).dims.map((dim) =>
    typeof dim === 'number' ? dim : 1,
  );
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).map(() => random.next());
  await slopes('mnist-cnn/mnist.onnx', { [input!.name]: { dtype: 'float32', dims, data } }, 6);
});

test.skipIf(root === null).each(['clinc150-bert/onnx/model.onnx', 'clinc150-bert/onnx/model_dynamo.onnx'])(
  '%s: the gradients are the slopes of the loss',
  async (name) => {
    const { model } = await prepare(join(root!, name));
    const rows = [
      [101, 2129, 2079, 1045, 102],
      [101, 2054, 2003, 102, 0],
    ];
    const feeds: Record<string, Value> = {};
    for (const { name: input } of model.graph.inputs)
      feeds[input] = input.includes('mask')
        ? ids(...rows.map((row) => row.map((one) => (one === 0 ? 0 : 1))))
        : input.includes('type')
          ? ids(...rows.map((row) => row.map(() => 0)))
          : ids(...rows);
    await slopes(name, feeds, 8);
  },
);
