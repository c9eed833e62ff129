import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Context,
  Feeds,
  Model,
  Node,
  Random,
  Saturation,
  SaturationRow,
  SessionOptions,
  Value,
} from '../../contracts/index.ts';
import { encodeFile } from '../../model/onnx/index.ts';
import { readTensorSync } from '../../model/tensor/index.ts';
import { describeInstructionSets, saturatesU8S8 } from '../../runtime/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import { integerProducts, weightsOf, type IntegerProduct } from './integer-products.ts';
import { changeOf, remediesFor, type OperationErrors } from './remedies.ts';
import { sampleRows } from './sample.ts';
import { canSaturate, errorOf, requantize, type Weights } from './saturation.ts';
import { tensorOf, type Place } from './scopes.ts';

export interface SaturationSettings {
  readonly optimized: Model;
  readonly session: SessionOptions;
  readonly feeds: readonly Feeds[];
  readonly instructionSets: readonly string[];
  /** A folder for a copy of the model; removed again. */
  readonly folder: string;
  readonly nameOf: (place: Place) => string;
  readonly context: Context;
}

/** Multiply-and-add steps to spend on all operations together: a second or two. */
const workBudget = 3e8;
const mostRows = 64;
const mostInputs = 8;
const mostOperations = 400;

/** The same graph with the codes of these operations as outputs. A kernel that quantizes inside gets a DynamicQuantizeLinear beside it,
 *  which does the same. */
const instrumented = (model: Model, products: readonly IntegerProduct[]) => {
  const names = new Map<IntegerProduct, { readonly codes: string; readonly zero: string | null }>();
  const before = new Map<Node, Node>();
  const outputs = new Set(model.graph.outputs.map(({ name }) => name));
  const quantized = new Map<string, string>();
  for (const [index, product] of products.entries()) {
    const { place, input, inputZero } = product;
    if (!input.quantizedInside) {
      const computed = inputZero !== '' && tensorOf(inputZero, place.scope) === null;
      names.set(product, { codes: input.name, zero: computed ? inputZero : null });
      continue;
    }
    let prefix = quantized.get(input.name);
    if (prefix === undefined) {
      prefix = `steelyard/codes/${index}`;
      quantized.set(input.name, prefix);
      before.set(place.node, {
        name: prefix,
        op: 'DynamicQuantizeLinear',
        domain: '',
        inputs: [input.name],
        outputs: [prefix, `${prefix}/scale`, `${prefix}/zero`],
        attributes: {},
      });
    }
    names.set(product, { codes: prefix, zero: `${prefix}/zero` });
  }
  const wanted = new Set([...names.values()].flatMap(({ codes, zero }) => (zero === null ? [codes] : [codes, zero])));
  const type = { kind: 'tensor', dtype: 'uint8', dims: null } as const;
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  const graph = {
    ...model.graph,
    nodes: model.graph.nodes.flatMap((node) => {
      const extra = before.get(node);
      return extra === undefined ? [node] : [extra, node];
    }),
    outputs: [
      ...model.graph.outputs,
      ...[...wanted].filter((name) => !outputs.has(name) && !inputs.has(name)).map((name) => ({ name, type })),
    ],
  };
  return { model: { ...model, graph }, names, before };
};

const zeroOf = (product: IntegerProduct, fetched: Value | undefined): number => {
  if (fetched !== undefined) return (fetched.data as Uint8Array)[0] ?? 0;
  const tensor = tensorOf(product.inputZero, product.place.scope);
  return tensor === null || tensor.dtype !== 'uint8' ? 0 : (readTensorSync(tensor)[0] ?? 0);
};

const partOf = (weights: Weights, from: number, count: number): Weights => ({
  k: weights.k,
  n: count,
  codes: weights.codes.subarray(from * weights.k, (from + count) * weights.k),
  scales: weights.scales.subarray(from, from + count),
  zeroPoints: weights.zeroPoints.subarray(from, from + count),
});

/** Every nth column, so that at most `most` are left. */
const thinned = (weights: Weights, most: number): Weights => {
  if (weights.n <= most) return weights;
  const step = Math.ceil(weights.n / most);
  const columns = Array.from({ length: Math.ceil(weights.n / step) }, (_, at) => at * step);
  const codes = new Int8Array(columns.length * weights.k);
  for (const [at, column] of columns.entries())
    codes.set(weights.codes.subarray(column * weights.k, (column + 1) * weights.k), at * weights.k);
  return {
    k: weights.k,
    n: columns.length,
    codes,
    scales: Float32Array.from(columns, (column) => weights.scales[column]!),
    zeroPoints: Int8Array.from(columns, (column) => weights.zeroPoints[column]!),
  };
};

/** Sums over everything that was sampled of one operation. */
class Tally {
  pairs = 0;
  saturated = 0;
  outputs = 0;
  touched = 0;
  size = 0;
  readonly errors = { now: 0, 'per-tensor': 0, '7-bit': 0 };

  add(
    codes: Uint8Array,
    zero: number,
    rows: number,
    weights: Weights,
    others: Readonly<Record<'per-tensor' | '7-bit', Weights>>,
  ): void {
    const zeros = new Float64Array(rows).fill(zero);
    const now = errorOf(codes, zeros, weights, weights);
    this.pairs += now.products.pairs;
    this.saturated += now.products.saturated;
    this.outputs += now.products.difference.length;
    for (const lost of now.products.difference) if (lost !== 0) this.touched++;
    this.size += now.size;
    this.errors.now += now.error;
    for (const how of ['per-tensor', '7-bit'] as const)
      this.errors[how] += errorOf(codes, zeros, weights, others[how], now.products).error;
  }

  result(node: string, perChannel: boolean): OperationErrors {
    const relative = (error: number): number =>
      error === 0 ? 0 : Math.sqrt(error / Math.max(this.size, Number.MIN_VALUE));
    const { pairs, saturated, outputs, touched } = this;
    const row: SaturationRow = { node, pairs, saturated, outputs, touched, change: relative(this.errors.now) };
    return {
      row,
      perChannel,
      perTensor: relative(this.errors['per-tensor']),
      sevenBit: relative(this.errors['7-bit']),
    };
  }
}

const sampleOperation = (
  product: IntegerProduct,
  batches: readonly { readonly codes: Value; readonly zero: number }[],
  work: number,
  name: string,
  random: Random,
): OperationErrors | null => {
  const all = weightsOf(product);
  if (all.n === 0 || all.k === 0) return null;
  const groups = product.layout === 'convolution' ? Math.max(1, Math.round(all.n / perGroup(product, all.n))) : 1;
  const perBatch = Math.max(1, Math.min(mostRows, Math.floor(work / (all.n * all.k))) / Math.max(1, batches.length));
  const columns = Math.max(8, Math.floor(work / (all.k * Math.max(1, batches.length))));
  const tally = new Tally();
  const variants = { 'per-tensor': requantize(all, 'per-tensor'), '7-bit': requantize(all, '7-bit') };
  for (const { codes, zero } of batches)
    for (const sampled of sampleRows(product, codes, zero, Math.ceil(perBatch), random)) {
      const count = all.n / groups;
      const cut = (weights: Weights): Weights => thinned(partOf(weights, sampled.group * count, count), columns);
      tally.add(sampled.codes, zero, sampled.rows, cut(all), {
        'per-tensor': cut(variants['per-tensor']),
        '7-bit': cut(variants['7-bit']),
      });
    }
  return tally.result(name, new Set(all.scales).size > 1);
};

const perGroup = ({ place, layout }: IntegerProduct, n: number): number => {
  if (layout !== 'convolution') return n;
  const group = place.node.attributes['group'];
  const groups = group?.kind === 'int' ? Number(group.value) : 1;
  return groups > 0 && n % groups === 0 ? n / groups : n;
};

/** Count the pairs of uint8×int8 products that leave 16 bits on real inputs, say what that does to the results, and what helps.
 *  Works on a bounded sample of rows; the same seed draws the same ones. Errors: those of opening and running a session. */
export const checkSaturation = async (settings: SaturationSettings): Promise<Saturation> => {
  const { optimized, instructionSets, context, nameOf } = settings;
  const words = describeInstructionSets(instructionSets);
  if (!saturatesU8S8(instructionSets))
    return {
      kind: 'exact',
      reason:
        words === 'unknown instruction sets'
          ? 'this machine does not say which instruction sets it has; none is known that would saturate'
          : `the int8 kernels of this CPU (${words}) add in 32 bits: nothing saturates`,
    };
  const { products, unchecked } = integerProducts(optimized);
  const open = unchecked.map(({ place, reason }) => ({ node: nameOf(place), reason }));
  if (products.length === 0 && open.length === 0)
    return { kind: 'exact', reason: 'no operation multiplies uint8 by int8' };
  const risky = products.slice(0, mostOperations).filter((product) => {
    const { codes, n, k } = weightsOf(product);
    return canSaturate(codes, n, k);
  });
  if (risky.length === 0 && open.length === 0)
    return {
      kind: 'exact',
      reason: 'the weights are small enough: no pair of products can leave 16 bits, whatever the input',
    };
  const feeds = settings.feeds.slice(0, mostInputs);
  if (feeds.length === 0) return { kind: 'unknown', reason: 'there are no inputs to look at' };
  const folder = join(settings.folder, 'codes');
  const operations: OperationErrors[] = [];
  if (risky.length > 0) {
    await mkdir(folder, { recursive: true });
    try {
      const { model, names } = instrumented(optimized, risky);
      const path = join(folder, 'model.onnx');
      await encodeFile(model, path);
      const session = await context.open(
        path,
        { ...settings.session, graphOptimization: 'disabled' },
        { shared: true },
      );
      try {
        const work = workBudget / risky.length;
        // A few operations at a time: their codes are in memory together.
        for (let start = 0; start < risky.length; start += 16) {
          throwIfCancelled(context.signal);
          const part = risky.slice(start, start + 16);
          const fetch = new Set(
            part.flatMap((product) => {
              const { codes, zero } = names.get(product)!;
              return zero === null ? [codes] : [codes, zero];
            }),
          );
          const seen = new Map<IntegerProduct, { codes: Value; zero: number }[]>();
          for (const feed of feeds) {
            const given = Object.keys(feed);
            const { outputs } = await session.run(feed, { fetch: [...fetch].filter((name) => !given.includes(name)) });
            for (const product of part) {
              const { codes, zero } = names.get(product)!;
              const value = outputs[codes] ?? feed[codes];
              if (value?.dtype !== 'uint8') continue;
              const list = seen.get(product) ?? [];
              list.push({ codes: value, zero: zeroOf(product, zero === null ? undefined : outputs[zero]) });
              seen.set(product, list);
            }
          }
          for (const product of part) {
            const name = nameOf(product.place);
            const random = context.random(`saturation/${name}`);
            const found = sampleOperation(product, seen.get(product) ?? [], work, name, random);
            if (found === null || found.row.pairs === 0) open.push({ node: name, reason: 'it got no uint8 inputs' });
            else operations.push(found);
          }
        }
      } finally {
        await session.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return {
    kind: 'checked',
    inputs: feeds.length,
    rows: operations.map(({ row }) => row).sort((a, b) => b.change - a.change),
    change: changeOf(operations),
    ...remediesFor(operations),
    unchecked: [
      ...open,
      ...products
        .slice(mostOperations)
        .map(({ place }) => ({ node: nameOf(place), reason: 'there are too many operations' })),
    ],
  };
};
