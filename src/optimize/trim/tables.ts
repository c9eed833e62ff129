import type { Node, Refusal, Tensor } from '../../contracts/index.ts';
import { intOf, labelOf, type Draft } from '../../model/graph/index.ts';
import { bitsOf } from '../../model/tensor/index.ts';
import { carriersOf, type Carriers, type Use } from './carriers.ts';

/** A constant with one entry a token along an axis. */
export interface Cut {
  readonly name: string;
  readonly axis: number;
}

/** A node that looks rows up by ids. */
export interface Lookup extends Use {
  readonly indices: string;
}

/** The tables that token ids look up. */
export interface Tables {
  /** Graph inputs that hold ids, with where they go. */
  readonly inputs: ReadonlyMap<string, Carriers>;
  readonly rows: number;
  readonly lookups: readonly Lookup[];
  readonly cuts: readonly Cut[];
  /** Constants and what is only another form of them, by the axis of their rows. */
  readonly values: ReadonlyMap<string, number>;
}

/** Smaller tables hold no words: token types, flags. */
export const fewestRows = 16;

const isPlain = (node: Node | undefined, ...ops: string[]): node is Node =>
  node !== undefined && node.domain === '' && ops.includes(node.op);
const isContrib = (node: Node, op: string): boolean => node.domain === 'com.microsoft' && node.op === op;

/** Which inputs of a node are tables that input `at` looks up by row; null when it is no lookup. */
const operandsOf = ({ node, at }: Use): readonly string[] | null => {
  if (isPlain(node, 'Gather') && at === 1) return intOf(node, 'axis', 0) === 0 ? [node.inputs[0]!] : null;
  if (isContrib(node, 'GatherBlockQuantized') && at === 1)
    return intOf(node, 'gather_axis', 0) === 0 ? [0, 2, 3].flatMap((one) => node.inputs[one] || []) : null;
  if (isContrib(node, 'EmbedLayerNormalization') && at === 0) return node.inputs[2] ? [node.inputs[2]] : null;
  return null;
};

export const mayLookUp = (node: Node): boolean =>
  isPlain(node, 'Gather') || isContrib(node, 'GatherBlockQuantized') || isContrib(node, 'EmbedLayerNormalization');

/** Why a constant cannot be cut along an axis. */
const unfit = ({ dtype, dims }: Tensor, axis: number, name: string): string | null => {
  if (dtype === 'string') return `${name} holds texts`;
  const bits = bitsOf(dtype);
  const inner = dims.slice(axis + 1).reduce((all, dim) => all * dim, 1);
  return (inner * bits) % 8 === 0 ? null : `the rows of ${name} do not fill whole bytes`;
};

interface Source {
  readonly rows: number;
  readonly cuts: readonly Cut[];
  readonly values: readonly string[];
}

const longestChain = 16;

/** The constants behind a table whose rows are looked up, through Cast and DequantizeLinear; or why there are none. */
const sourceOf = (draft: Draft, name: string, depth = 0): Source | string => {
  const constant = draft.constant(name);
  if (constant !== null) {
    const rows = constant.dims[0];
    if (rows === undefined) return `its table ${name} is a single number`;
    return unfit(constant, 0, name) ?? { rows, cuts: [{ name, axis: 0 }], values: [name] };
  }
  const maker = draft.producer(name);
  if (depth < longestChain && isPlain(maker, 'Cast', 'Identity', 'DequantizeLinear')) {
    const inner = sourceOf(draft, maker.inputs[0]!, depth + 1);
    if (typeof inner === 'string') return inner;
    const cuts = [...inner.cuts];
    for (const operand of maker.op === 'DequantizeLinear' ? maker.inputs.slice(1) : []) {
      if (operand === '') continue;
      const scale = draft.constant(operand);
      if (scale === null) return `its table ${name} is computed`;
      const axis = intOf(maker, 'axis', 1);
      if (scale.dims.length > 1 ? scale.dims[0] !== inner.rows : axis !== 0 && axis !== -2) {
        if (scale.dims.length > 1) return `its table ${name} has scales over several rows`;
        continue;
      }
      if (scale.dims.length > 0) {
        const why = unfit(scale, 0, operand);
        if (why !== null) return why;
        cuts.push({ name: operand, axis: 0 });
      }
    }
    return { rows: inner.rows, cuts, values: [...inner.values, name] };
  }
  return `its table ${name} is computed`;
};

interface Candidate {
  readonly lookup: Lookup;
  readonly source: Source;
}

const numbers = new Set(['int32', 'int64']);

/** Find the largest table that ids from the model's inputs look up, and all that belongs to it: further tables of the same ids, further
 *  inputs that look up a table of that size. Reads no weights. */
export const findTables = (draft: Draft): Tables | Refusal => {
  const carriers = new Map<string, Carriers>();
  const candidates = new Map<string, Candidate[]>();
  let closest: Refusal | null = null;
  for (const { name, type } of draft.model.graph.inputs) {
    if (type?.kind === 'tensor' && !numbers.has(type.dtype)) continue;
    const found = carriersOf(draft, name);
    carriers.set(name, found);
    for (const use of found.uses)
      for (const operand of operandsOf(use) ?? []) {
        const source = sourceOf(draft, operand);
        if (typeof source === 'string') closest ??= { reason: source, nodes: [labelOf(use.node)] };
        else
          candidates.set(name, [
            ...(candidates.get(name) ?? []),
            { lookup: { ...use, indices: use.node.inputs[use.at]! }, source },
          ]);
      }
  }
  const all = [...candidates].flatMap(([input, found]) => found.map((one) => ({ input, ...one })));
  const main = all.reduce<(typeof all)[number] | null>(
    (best, one) => (!/position/i.test(one.input) && (best === null || one.source.rows > best.source.rows) ? one : best),
    null,
  );
  if (main === null || main.source.rows < fewestRows)
    return (
      closest ?? {
        reason: `no input of the model looks up rows of a table with at least ${fewestRows} rows`,
        nodes: [],
      }
    );
  const { rows } = main.source;
  // Inputs that look up tables of the same size read the same vocabulary: encoder and decoder, one table each or one for both.
  const inputs = new Set(
    all.filter(({ input, source }) => source.rows === rows && !/position/i.test(input)).map(({ input }) => input),
  );
  const group = all.filter(({ input }) => inputs.has(input));
  const odd = group.find(({ source }) => source.rows !== rows);
  if (odd !== undefined)
    return {
      reason: `the ids look up tables of different sizes, ${rows} and ${odd.source.rows} rows`,
      nodes: [labelOf(odd.lookup.node)],
    };
  // A lookup of the same ids that was not understood, among others that were.
  for (const input of inputs)
    for (const use of carriers.get(input)!.uses)
      for (const operand of operandsOf(use) ?? []) {
        const source = sourceOf(draft, operand);
        if (typeof source === 'string') return { reason: source, nodes: [labelOf(use.node)] };
      }
  const cuts = new Map(group.flatMap(({ source }) => source.cuts.map((cut) => [cut.name, cut] as const)));
  // One for each node, however many of its operands are tables.
  const lookups = group.flatMap(({ lookup }, at) =>
    group.findIndex((other) => other.lookup.node === lookup.node && other.lookup.at === lookup.at) === at
      ? [lookup]
      : [],
  );
  return {
    inputs: new Map([...inputs].map((input) => [input, carriers.get(input)!])),
    rows,
    lookups,
    cuts: [...cuts.values()],
    values: new Map(group.flatMap(({ source }) => source.values.map((name) => [name, 0] as const))),
  };
};
