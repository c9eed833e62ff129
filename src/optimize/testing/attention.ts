import type { Context, Feeds, Model, Technique, TechniqueResult, Value } from '../../contracts/index.ts';
import { parseOptions } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sizesOf } from '../fuse/attention/sizes.ts';
import type { View } from '../fuse/attention/heads.ts';
import { compareOutputs } from './compare.ts';
import { model } from './quantized.ts';

/** Pieces of an attention in text; what is left out has the plainest form. */
export interface Pieces {
  /** Further inputs and constants. */
  readonly more?: string;
  /** Makes q1, k1 and v1: [B, S, 32]. */
  readonly project?: string;
  /** Makes q [B, 4, S, 8], k [B, 4, 8, S] and v [B, 4, S, 8]. */
  readonly split?: string;
  /** From s0, the product, to `score`; empty where `split` makes `score` itself. */
  readonly mask?: string;
  /** From `score` to `p`. */
  readonly softmax?: string;
  /** From c0, the product with the values, to y. */
  readonly join?: string;
  /** The outputs. */
  readonly outputs?: string;
}

/** Four heads of eight over x: float32[B, S, 32], opset 17, with constants that the pieces use. */
export const attentionText = (pieces: Pieces = {}): string => `
  x: float32[B, S, 32]
  wq = float32[32, 32] {...}; wk = float32[32, 32] {...}; wv = float32[32, 32] {...}
  bq = float32[32] {...}; bk = float32[32] {...}; bv = float32[32] {...}
  heads = int64[4] {0, 0, 4, 8}; merged = int64[3] {0, 0, 32}; unit = float32[] {1.0}; nought = float32[] {0.0}
  root = float32[] {2.828427}; scale = float32[] {0.35355338}; half = float32[] {0.5946035}; low = float32[] {-10000.0}
  lowest = float32[] {-3.4028235e38}; zero = int64[] {0}; one = int64[] {1}; inner = int64[2] {1, 2}; two = int64[1] {2}
  ${pieces.more ?? ''}
  ${
    pieces.project ??
    `q0 = MatMul(x, wq); q1 = Add(q0, bq); k0 = MatMul(x, wk); k1 = Add(bk, k0); v0 = MatMul(x, wv); v1 = Add(v0, bv)`
  }
  ${
    pieces.split ??
    `q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
     k2 = Reshape(k1, heads); k = Transpose(k2) {perm: [0, 2, 3, 1]}
     v2 = Reshape(v1, heads); v = Transpose(v2) {perm: [0, 2, 1, 3]}`
  }
  ${pieces.mask === '' ? '' : 's0 = MatMul(q, k)'}
  ${pieces.mask ?? 'score = Div(s0, root)'}
  ${pieces.softmax ?? 'p = Softmax(score) {axis: -1}'}
  c0 = MatMul(p, v)
  ${pieces.join ?? 'c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; y = Reshape(c1, merged)'}
  ${pieces.outputs ?? '-> y: float32[B, S, 32]'}`;

/** What a technique sees of a model. */
export const viewOf = (subject: Model): View => {
  const draft = edit(subject);
  return { draft, sizes: sizesOf(draft) };
};

const filled = (name: string, { dtype, dims }: { dtype: string; dims: readonly number[] }, round: number): Value => {
  const length = dims.reduce((product, dim) => product * dim, 1);
  const random = seeded(round, name);
  const bits = Array.from({ length }, (_, i) => {
    // The last sequence sees nothing, the others keep their first column.
    const columns = dims.at(-1) ?? 1;
    const sequence = Math.floor(i / columns);
    if (sequence === (dims[0] ?? 1) - 1 && round > 1) return 0;
    return i % columns === 0 ? 1 : random.integer(2);
  });
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(bits) };
  if (dtype === 'int64')
    return {
      dtype,
      dims,
      data: BigInt64Array.from(bits, (bit, i) => (/mask/.test(name) ? BigInt(bit) : BigInt(i % 8))),
    };
  if (dtype === 'int32') return { dtype, dims, data: Int32Array.from(bits) };
  return { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.normal()) };
};

/** Inputs of a model for several batch sizes and lengths. Masks leave out some columns, and in later rounds all of the last
 *  sequence's. Sizes by name: B, S, T (other rows), P (past), A (past and new). */
export const feedsOf = (subject: Model): Feeds[] =>
  [
    { B: 2, S: 5, T: 3, P: 2, A: 7 },
    { B: 3, S: 4, T: 6, P: 1, A: 5 },
    { B: 1, S: 1, T: 1, P: 4, A: 5 },
    { B: 1, S: 6, T: 2, P: 0, A: 6 },
  ].map((sizes, round) =>
    Object.fromEntries(
      subject.graph.inputs
        .filter(({ name }) => !subject.graph.initializers.has(name))
        .map(({ name, type }) => {
          if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
          const dims = (type.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : sizes[dim as 'B']));
          return [name, filled(name, { dtype: type.dtype, dims }, round)];
        }),
    ),
  );

/** Applies a technique and holds every answer of the result against the original's, in real sessions. */
export const fused = async (
  world: Context,
  technique: Technique,
  text: string,
  raw: Readonly<Record<string, unknown>> = {},
): Promise<TechniqueResult & { readonly error: number; readonly ops: readonly string[] }> => {
  const subject = model(text);
  const result = await technique.apply(subject, parseOptions(technique.id, technique.options, raw), world);
  const [before, after] = [await world.open(subject), await world.open(result.model)];
  let error = 0;
  try {
    for (const feeds of feedsOf(subject))
      error = Math.max(error, compareOutputs([await before.run(feeds)], [await after.run(feeds)]).relativeError);
  } finally {
    await before.close();
    await after.close();
  }
  return { ...result, error, ops: result.model.graph.nodes.map(({ op }) => op) };
};

/** Reasons of the skips, together. */
export const reasons = async (
  world: Context,
  technique: Technique,
  text: string,
  raw: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const subject = model(text);
  const { skipped } = await technique.apply(subject, parseOptions(technique.id, technique.options, raw), world);
  return skipped.map(({ reason, nodes }) => `${nodes.join()}: ${reason}`).join('; ');
};
