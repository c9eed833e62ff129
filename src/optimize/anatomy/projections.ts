import { intOf, intsOf } from '../../model/graph/index.ts';
import type { Node } from '../../contracts/index.ts';
import type { Linear } from '../linear.ts';
import { nameOf, resultOf, type Layers } from './layers.ts';
import type { Columns } from './types.ts';
import { isMicrosoft, isOp, type View } from './walk.ts';

/** Operators between a projection and the product of attention: layout, scale, bias, rotation, repeated or remembered heads. */
const between = new Set(
  'Reshape Transpose Squeeze Unsqueeze Flatten Identity Cast Dropout Mul Div Add Sub Neg Concat Expand Where Tile Pow Sqrt Reciprocal ReduceMean LayerNormalization RMSNormalization SimplifiedLayerNormalization ConstantOfShape'.split(
    ' ',
  ),
);
const betweenMicrosoft = new Set(['RotaryEmbedding', 'SimplifiedLayerNormalization', 'FusedMatMul']);
/** Further back than any exporter goes. */
const most = 400;

interface Part {
  readonly linear: Linear;
  readonly from: number;
  readonly to: number;
}

const product = (dims: readonly unknown[]): number | null =>
  dims.reduce<number | null>((total, dim) => (total === null || typeof dim !== 'number' ? null : total * dim), 1);

/** Parts of the same layer that touch or overlap become one; a reason where they do not. */
const joined = (parts: readonly Part[]): readonly Part[] => {
  const sorted = parts.toSorted((a, b) => a.from - b.from);
  const result: Part[] = [];
  for (const part of sorted) {
    const place = result.findIndex(({ linear, to }) => linear.node === part.linear.node && part.from <= to);
    const same = result[place];
    if (same) result[place] = { ...same, to: Math.max(same.to, part.to) };
    else result.push(part);
  }
  return result;
};

/** Where a node takes a range of one axis: what comes out at `output` is [start, end) of it. null: it takes no constant range. */
const rangeOf = (
  view: View,
  node: Node,
  output: string,
): { readonly axis: number; readonly start: number; readonly end: number } | null => {
  const dims = view.sizes.dims(node.inputs[0] ?? '');
  if (!dims) return null;
  const place = (axis: number): number => (axis < 0 ? axis + dims.length : axis);
  const contents = (position: number): readonly unknown[] | null => {
    const name = node.inputs[position] ?? '';
    return name === '' ? null : view.sizes.contents(name);
  };
  if (isOp(node, 'Split')) {
    const axis = place(intOf(node, 'axis', 0));
    let start = 0;
    for (const one of node.outputs) {
      const size = view.sizes.dims(one)?.[axis];
      if (typeof size !== 'number') return null;
      if (one === output) return { axis, start, end: start + size };
      start += size;
    }
    return null;
  }
  if (isOp(node, 'Gather')) {
    const index = contents(1)?.[0];
    const axis = place(intOf(node, 'axis', 0));
    const size = dims[axis];
    if (typeof index !== 'number' || contents(1)?.length !== 1 || typeof size !== 'number') return null;
    const at = index < 0 ? index + size : index;
    return { axis, start: at, end: at + 1 };
  }
  if (!isOp(node, 'Slice')) return null;
  const early = (name: string): readonly unknown[] | null => intsOf(node, name, null);
  const [starts, ends] = [contents(1) ?? early('starts'), contents(2) ?? early('ends')];
  const axes = contents(3) ?? early('axes') ?? [0];
  const steps = contents(4) ?? [1];
  const [start, end, axis] = [starts?.[0], ends?.[0], axes[0]];
  if (starts?.length !== 1 || typeof start !== 'number' || typeof end !== 'number' || typeof axis !== 'number')
    return null;
  const size = dims[place(axis)];
  if (typeof size !== 'number' || steps.some((step) => step !== 1)) return null;
  const within = (at: number): number => Math.max(0, Math.min(size, at < 0 ? at + size : at));
  return { axis: place(axis), start: within(start), end: within(end) };
};

/** The layers behind a value and which of their columns it holds; a reason where that is not certain. */
const partsOf = (view: View, layers: Layers, start: string): readonly Part[] | string => {
  const known = new Map<string, readonly Part[] | string>();
  let visited = 0;
  const at = (name: string): readonly Part[] | string => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (++visited > most) return 'what leads to it is too long to follow';
    known.set(name, []);
    const result = look(name);
    known.set(name, result);
    return result;
  };
  const all = (names: readonly string[]): readonly Part[] | string => {
    const parts: Part[] = [];
    for (const name of names) {
      const found = at(name);
      if (typeof found === 'string') return found;
      parts.push(...found);
    }
    return joined(parts);
  };
  /** A range of an axis of a value, followed back through Transpose to where the axis is a group of columns. */
  const narrowed = (name: string, axis: number, from: number, to: number): readonly Part[] | string => {
    const node = view.draft.producer(name);
    if (isOp(node, 'Transpose')) {
      const perm = intsOf(node, 'perm', null);
      const rank = view.sizes.dims(name)?.length ?? 0;
      return narrowed(node.inputs[0] ?? '', perm?.[axis] ?? rank - 1 - axis, from, to);
    }
    const parts = at(name);
    const dims = view.sizes.dims(name);
    const [only] = typeof parts === 'string' ? [] : parts;
    if (typeof parts === 'string' || !only || !dims) return parts;
    const all = product(dims.slice(axis));
    const inner = product(dims.slice(axis + 1));
    // Only a range over all columns of the layer picks columns: one within a head (rotation) keeps them all in use.
    if (parts.length !== 1 || all === null || inner === null || all !== only.to - only.from) return parts;
    return [{ linear: only.linear, from: only.from + from * inner, to: only.from + to * inner }];
  };
  const look = (name: string): readonly Part[] | string => {
    const node = view.draft.producer(name);
    const dtype = view.sizes.dtype(name);
    if (!node || (dtype !== null && !dtype.includes('float')) || view.draft.constant(name)) return [];
    const linear = layers.at(node);
    if (linear) return [{ linear, from: 0, to: linear.n }];
    if (isOp(node, 'Split', 'Gather', 'Slice')) {
      if (isOp(node, 'Gather') && view.draft.constant(node.inputs[0] ?? '')) return [];
      const range = rangeOf(view, node, name);
      if (range) return narrowed(node.inputs[0] ?? '', range.axis, range.start, range.end);
      return at(node.inputs[0] ?? '');
    }
    if (isOp(node, 'Cos', 'Sin', 'Range', 'Shape', 'MatMul', 'Softmax')) return [];
    const passes = node.domain === '' ? between.has(node.op) : isMicrosoft(node, ...betweenMicrosoft);
    if (!passes) return `it comes through ${node.op}`;
    if (isOp(node, 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Expand', 'Tile')) return at(node.inputs[0] ?? '');
    return all(node.inputs.filter((one) => one !== ''));
  };
  return at(start);
};

/** The projection that an operand of attention comes from; a reason where there is none or it is not certain. */
export const projectionBehind = (view: View, layers: Layers, value: string, what: string): Columns | string => {
  const parts = partsOf(view, layers, value);
  if (typeof parts === 'string') return `the projection behind its ${what} is not certain: ${parts}`;
  const [only] = parts;
  if (!only) return `no linear layer with a constant float32 weight makes its ${what}`;
  if (parts.length > 1)
    return `its ${what} are made by more than one linear layer (${parts.map(({ linear }) => nameOf(linear)).join(', ')})`;
  return { ...only, biasFrom: only.from, ...resultOf(view, only.linear) };
};
