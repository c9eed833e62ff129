import type { Context, Model, TechniqueResult, Tensor } from '../../contracts/index.ts';
import { parseOptions } from '../../contracts/index.ts';
import { edit, graphsOf } from '../../model/graph/index.ts';
import { transposed } from '../algebra/matrix.ts';
import { float32, isLinear } from '../linear.ts';
import { sliceOf } from '../slice.ts';
import type { Parameters } from '../calibrate/index.ts';
import type { AwareModel, AwareScheme, AwareUnit } from './aware-model.ts';
import { assembly } from './blocks/assemble.ts';
import { emitUnit } from './blocks/emit.ts';
import { packColumns } from './blocks/pack.ts';
import { unitsOf, type Unit } from './blocks/targets.ts';
import type { BlockScheme } from './blocks/types.ts';
import { dynamic } from './dynamic.ts';
import { quantizeStatic, staticInt8 } from './static/static.ts';

/** The model with other numbers in some of its weights. */
export const withWeights = (model: Model, weights: ReadonlyMap<string, Tensor>): Model => ({
  ...model,
  graph: {
    ...model.graph,
    initializers: new Map([...model.graph.initializers].map(([name, one]) => [name, weights.get(name) ?? one])),
  },
});

/** Reads inner values that depend on nothing but weights: what the rounding model itself computes is what is stored. */
const reader = async (
  { graph, ...rest }: Model,
  names: readonly string[],
  context: Context,
): Promise<{ read(name: string): Promise<Float32Array>; close(): Promise<void> }> => {
  const nodes = sliceOf(graph.nodes, names, new Set());
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const session = await context.open({
    ...rest,
    graph: {
      ...graph,
      nodes,
      inputs: [],
      initializers: new Map([...graph.initializers].filter(([name]) => used.has(name))),
      values: new Map(),
      outputs: names.map((name) => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: null } })),
    },
  });
  return {
    read: async (name) => (await session.run({}, { fetch: [name] })).outputs[name]!.data as Float32Array,
    close: () => session.close(),
  };
};

const keyOf = ({ linear: { weightName, transB, alpha } }: Unit): string => `${weightName}|${transB}|${alpha}`;

/** Trained codes as operands of MatMulNBits. */
const asBlocks = async (
  trained: Model,
  units: readonly AwareUnit[],
  scheme: AwareScheme & { readonly target: 'blocks' },
  read: (name: string) => Promise<Float32Array>,
  context: Context,
): Promise<TechniqueResult> => {
  const { bits, blockSize, accuracyLevel } = scheme;
  const form: BlockScheme = { bits, blockSize, symmetric: true };
  const middle = 2 ** (bits - 1);
  const draft = edit(trained);
  const places = new Map(unitsOf(edit(trained), []).map((unit) => [keyOf(unit), unit]));
  for (const { unit, codes, scale } of units) {
    const { k, n } = unit.linear;
    const whole = await read(codes);
    const bytes = Uint8Array.from(whole.subarray(0, k * n), (code) => code + middle);
    const scales = (await read(scale)).slice();
    const zeros = new Uint8Array(scales.length).fill(middle);
    const operands = assembly(k, n, form, 'nbits');
    operands.place({ codes: packColumns(bytes, zeros, n, form), scales, zeros, finite: true }, k, n, 0, 0);
    await emitUnit(
      draft,
      places.get(keyOf(unit))!,
      operands.done(),
      { scheme: form, form: 'nbits', accuracyLevel, method: 'trained' },
      context,
    );
  }
  return draft.done();
};

/** Trained weights on their grid, as they are stored: the quantizer finds the same codes again. */
const snapped = async (
  units: readonly AwareUnit[],
  read: (name: string) => Promise<Float32Array>,
  context: Context,
): Promise<Map<string, Tensor>> => {
  const weights = new Map<string, Tensor>();
  for (const { unit, codes, scale } of units) {
    const { k, n, alpha, transB, weightName, weight } = unit.linear;
    const [steps, scales] = [await read(codes), await read(scale)];
    const matrix = steps.map((code, at) => (code * scales[scales.length === 1 ? 0 : at % n]!) / alpha);
    weights.set(weightName, await context.keep(float32(weight.dims, transB ? transposed(matrix, k, n) : matrix)));
  }
  return weights;
};

/** Names of all matrix products (and convolutions) that take no part in training, in every graph of a model. */
const outsiders = (model: Model, units: readonly AwareUnit[]): string[] => {
  const own = new Set(units.flatMap(({ unit }) => unit.linears.map(({ node }) => node.outputs[0])));
  return graphsOf(model).flatMap(({ nodes }) =>
    nodes
      .filter((node) => (isLinear(node) || node.op === 'Conv') && !own.has(node.outputs[0]))
      .flatMap(({ outputs }) => outputs),
  );
};

/** What a trained rounding model stands for, with real integers. `weights`: trained weights and factors by name.
 *  Errors: those of the quantizers; `runtime/…`. */
export const emitAware = async (
  model: Model,
  aware: AwareModel,
  weights: ReadonlyMap<string, Tensor>,
  scheme: AwareScheme,
  context: Context,
): Promise<TechniqueResult> => {
  const scales = [...aware.inputs.values()].map(({ scale }) => scale);
  const names = [...aware.units.flatMap(({ codes, scale }) => [codes, scale]), ...scales];
  const source = await reader(withWeights(aware.model, weights), [...new Set(names)], context);
  try {
    const trained = withWeights(model, weights);
    if (scheme.target === 'blocks') return await asBlocks(trained, aware.units, scheme, source.read, context);
    const ready = withWeights(trained, await snapped(aware.units, source.read, context));
    const exclude = outsiders(model, aware.units);
    const common = { bits: String(scheme.bits), perChannel: scheme.perChannel, exclude };
    if (scheme.target === 'dynamic')
      return await dynamic.apply(
        ready,
        parseOptions(dynamic.id, dynamic.options, { ...common, operators: ['MatMul', 'Gemm'], minValues: 1 }),
        context,
      );
    const ranges = new Map<string, Parameters>();
    for (const [value, { scale, zeroPoint }] of aware.inputs)
      ranges.set(value, { type: 'uint8', scale: (await source.read(scale))[0]!, zeroPoint });
    return await quantizeStatic(
      ready,
      parseOptions(staticInt8.id, staticInt8.options, { ...common, biasCorrection: false }),
      context,
      ranges,
    );
  } finally {
    await source.close();
  }
};
