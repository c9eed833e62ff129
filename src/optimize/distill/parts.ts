import type { Context, Model, Tensor } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32 } from '../algebra/matrix.ts';
import { layersOf } from '../anatomy/index.ts';
import type { Anatomy, Columns } from '../anatomy/index.ts';
import { isMicrosoft, isOp, rootOf, viewOf, type View } from '../anatomy/walk.ts';
import { addedVector, resultOf } from '../anatomy/layers.ts';
import { matrixOf, type Linear } from '../linear.ts';
import { columnsOf, type Matrix } from './principal.ts';

/** A linear layer taken out of a graph. */
export interface Dense {
  /** [inputs, outputs]. */
  readonly weight: Matrix;
  readonly bias: Float32Array;
}

/** What stands behind a layer normalization. */
export interface Affine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/** Reads parts of a teacher. null wherever a part is missing, or holds values that are not finite: the student then starts without it. */
export interface Parts {
  table(name: string): Promise<Matrix | null>;
  dense(linear: Linear): Promise<Dense | null>;
  columns(columns: Columns): Promise<Dense | null>;
  affine(value: string): Promise<Affine | null>;
  /** The layer that brings a narrow word table to the width. */
  projection(): Promise<Matrix | null>;
  /** Layers behind the last block, in graph order. */
  readonly tail: readonly Linear[];
}

const rangeOf = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const namesOfNorm = (view: View, value: string): readonly [string, string] | null => {
  const node = view.draft.producer(rootOf(view, value));
  if (node === undefined) return null;
  const { inputs } = node;
  if (isOp(node, 'LayerNormalization')) return [inputs[1] ?? '', inputs[2] ?? ''];
  if (isMicrosoft(node, 'SkipLayerNormalization')) return [inputs[2] ?? '', inputs[3] ?? ''];
  if (isMicrosoft(node, 'EmbedLayerNormalization')) return [inputs[5] ?? '', inputs[6] ?? ''];
  // Spelled out: x̂ · scale + shift.
  if (!isOp(node, 'Add')) return null;
  for (const scaled of inputs) {
    const shift = addedVector(view, node, scaled);
    const times = view.draft.producer(scaled);
    if (shift === null || !isOp(times, 'Mul')) continue;
    const scale = times.inputs.find((name) => view.draft.constant(name)?.dims.length === 1);
    if (scale !== undefined) return [scale, shift];
  }
  return null;
};

/** Ready to read a teacher's parts. Reads nothing yet. */
export const partsOf = (model: Model, anatomy: Anatomy, context: Context): Parts => {
  const view = viewOf(model);
  const layers = layersOf(view);
  const order = new Map(view.draft.nodes().map((node, at) => [node, at]));
  const within = new Set(anatomy.blocks.flatMap(({ nodes }) => nodes));
  const lastBlock = anatomy.blocks.at(-1)?.output ?? '';
  const maker = view.draft.producer(lastBlock);
  const end = maker === undefined ? -1 : (order.get(maker) ?? -1);
  const read = async (tensor: Tensor | null): Promise<Float32Array | null> => {
    if (tensor === null || tensor.dtype !== 'float32') return null;
    const values = toFloat32('float32', await context.bytes(tensor));
    return isFinite32(values) ? values : null;
  };
  const vector = async (name: string | null, size: number): Promise<Float32Array | null> => {
    if (name === null || name === '') return new Float32Array(size);
    const values = await read(view.draft.constant(name));
    return values?.length === size ? values : null;
  };
  const dense = async (linear: Linear): Promise<Dense | null> => {
    const name = resultOf(view, linear).bias;
    const values = await matrixOf(linear, context);
    const bias = await vector(name, linear.n);
    if (values === null || bias === null) return null;
    const factor = name !== null && name === linear.bias ? linear.beta : 1;
    return { weight: { values, rows: linear.k, columns: linear.n }, bias: bias.map((value) => value * factor) };
  };
  return {
    tail: layers.all.filter(({ node }) => (order.get(node) ?? 0) > end && !within.has(node)),
    table: async (name) => {
      const tensor = view.draft.constant(name);
      const values = await read(tensor);
      const [rows = 0, columns = 0] = tensor?.dims ?? [];
      return values === null || tensor?.dims.length !== 2 ? null : { values, rows, columns };
    },
    dense,
    columns: async ({ linear, from, to, bias, biasFrom }) => {
      const values = await matrixOf(linear, context);
      const all = bias === null ? new Float32Array(biasFrom + to - from) : await read(view.draft.constant(bias));
      if (values === null || all === null || all.length < biasFrom + to - from) return null;
      const factor = bias !== null && bias === linear.bias ? linear.beta : 1;
      const weight = { values, rows: linear.k, columns: linear.n };
      return {
        weight: from === 0 && to === linear.n ? weight : columnsOf(weight, rangeOf(from, to)),
        bias: all.slice(biasFrom, biasFrom + to - from).map((value) => value * factor),
      };
    },
    affine: async (value) => {
      const names = namesOfNorm(view, value);
      const scale = names === null ? null : await read(view.draft.constant(names[0]));
      const shift = names === null || scale === null ? null : await vector(names[1], scale.length);
      return scale === null || shift === null ? null : { scale, shift };
    },
    projection: async () => {
      const { word, width } = anatomy;
      if (word === null || word.width === width) return null;
      const linear = layers.all.find(
        (one) => one.k === word.width && one.n === width && rootOf(view, one.input) === word.gather.outputs[0],
      );
      const values = linear === undefined ? null : await matrixOf(linear, context);
      return values === null ? null : { values, rows: word.width, columns: width };
    },
  };
};
