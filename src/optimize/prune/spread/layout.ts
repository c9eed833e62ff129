import type { Dim, Node } from '../../../contracts/index.ts';
import { intOf, ints, intsOf } from '../../../model/graph/index.ts';
import { reshapedUnits } from './reshape.ts';
import type { Rule, Spread, Units } from './types.ts';

const contents = (node: Node, to: Spread, index: number): readonly Dim[] | null => {
  const name = node.inputs[index] ?? '';
  return name === '' ? null : to.view.sizes.contents(name);
};
const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Sizes for a Reshape: numbers as they become, 0 where an axis stays in place, −1 for one more. null: more are open. */
const targetOf = (before: readonly Dim[], after: readonly Dim[]): readonly number[] | null => {
  let open = 0;
  const target = after.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    if (dim !== null && dim === before[axis]) return 0;
    open++;
    return -1;
  });
  return open > 1 ? null : target;
};

const reshape: Rule = (node, to, { side, axis, units }) => {
  const [a, b] = [to.dims(node.inputs[0] ?? ''), to.dims(node.outputs[0] ?? '')];
  if (!a || !b) return 'the sizes of a Reshape are not known';
  const found = side === 'input' ? reshapedUnits(a, b, axis, units) : reshapedUnits(b, a, axis, units);
  if (typeof found === 'string') return found;
  if (side === 'input') to.output(node, 0, found.axis, found.units);
  else to.input(node, 0, found.axis, found.units);
  if (node.op !== 'Reshape') return undefined;
  if (intsOf(node, 'shape', null)) return 'a Reshape of before version 5 keeps its shape in an attribute';
  to.edit(node, 'shape', (draft, kept) => {
    const after = b.map((_, i) => kept.size(node.outputs[0] ?? '', i));
    const target = targetOf(a, after);
    if (target) {
      draft.inputs[1] = kept.integers(target);
      delete draft.attributes['allowzero'];
      return;
    }
    // Too many sizes are open: only the numbers that change are put into the shape that the graph computes.
    const stated = contents(node, to, 1);
    if ((to.view.draft.model.opsets.get('') ?? 1) < 10) return;
    after.forEach((size, place) => {
      if (typeof size === 'number' && size !== b[place] && stated?.[place] !== -1)
        draft.inputs[1] = kept.withEntry(draft.inputs[1] ?? '', after.length, place, size);
    });
  });
  return undefined;
};

/** Squeeze and Unsqueeze move an axis by the axes that come or go before it. */
const moved = (node: Node, to: Spread): string | ((axis: number, out: boolean) => number) => {
  const [a, b] = [to.dims(node.inputs[0] ?? ''), to.dims(node.outputs[0] ?? '')];
  if (!a || !b) return 'the sizes of its operands are not known';
  const long = Math.max(a.length, b.length);
  const stated = intsOf(node, 'axes', null) ?? (contents(node, to, 1) as readonly number[] | null);
  const axes =
    stated?.map((axis) => positive(axis, long)) ??
    (node.op === 'Squeeze' ? a.flatMap((dim, i) => (dim === 1 ? [i] : [])) : null);
  if (!axes || axes.some((axis) => typeof axis !== 'number')) return 'the axes of its operands are not known';
  const stay = Array.from({ length: long }, (_, i) => i).filter((i) => !axes.includes(i));
  // Positions in the longer value, by position in the shorter one.
  const widen = (axis: number): number => stay[axis] ?? -1;
  const narrow = (axis: number): number => stay.indexOf(axis);
  const grows = node.op === 'Unsqueeze';
  return (axis, out) => (grows === out ? widen(axis) : narrow(axis));
};

const squeeze: Rule = (node, to, { side, axis, units }) => {
  const move = moved(node, to);
  if (typeof move === 'string') return move;
  const place = move(axis, side === 'input');
  if (place < 0) return `${node.op} takes the axis away`;
  if (side === 'input') to.output(node, 0, place, units);
  else to.input(node, 0, place, units);
  return undefined;
};

const part = (units: Units, start: number, end: number): Units => units.slice(start, end);

/** Sizes of a Split's results along its axis. */
const splitSizes = (node: Node, to: Spread, axis: number): readonly number[] | null => {
  const list = node.outputs.map((name) => to.dims(name)?.[axis]);
  return list.every((one) => typeof one === 'number') ? (list as number[]) : null;
};

/** Puts a part of an axis at its place, −1 around it. */
const placed = (units: Units, start: number, size: number): Units => {
  const whole = new Int32Array(size).fill(-1);
  whole.set(units, start);
  return whole;
};

const split: Rule = (node, to, { side, index, axis, units }) => {
  const dims = to.dims(node.inputs[0] ?? '');
  if (!dims) return 'the sizes of a Split are not known';
  const along = positive(intOf(node, 'axis', 0), dims.length);
  if (axis !== along) {
    to.input(node, 0, axis, units);
    node.outputs.forEach((_, i) => to.output(node, i, axis, units));
    return undefined;
  }
  const parts = splitSizes(node, to, along);
  const size = dims[along];
  if (!parts || typeof size !== 'number') return 'the sizes of a Split are not known';
  const start = (i: number): number => parts.slice(0, i).reduce((sum, one) => sum + one, 0);
  if (side === 'output') to.input(node, 0, along, placed(units, start(index), size));
  else parts.forEach((length, i) => to.output(node, i, along, part(units, start(i), start(i) + length)));
  to.edit(node, 'split', (draft, kept) => {
    const after = node.outputs.map((name) => kept.size(name, along));
    const opset = to.view.draft.model.opsets.get('') ?? 1;
    delete draft.attributes['num_outputs'];
    if (opset < 13) draft.attributes['split'] = ints(after.map(Number));
    else draft.inputs[1] = kept.integers(after.map(Number));
  });
  return undefined;
};

const concat: Rule = (node, to, { side, index, axis, units }) => {
  const dims = to.dims(node.outputs[0] ?? '');
  if (!dims) return 'the sizes of a Concat are not known';
  const along = positive(intOf(node, 'axis', 0), dims.length);
  if (axis !== along) {
    node.inputs.forEach((_, i) => to.input(node, i, axis, units));
    to.output(node, 0, axis, units);
    return undefined;
  }
  const lengths = node.inputs.map((name) => to.dims(name)?.[along]);
  if (!lengths.every((one) => typeof one === 'number')) return 'the sizes of a Concat are not known';
  const parts = lengths as number[];
  const start = (i: number): number => parts.slice(0, i).reduce((sum, one) => sum + one, 0);
  const total = start(parts.length);
  if (side === 'input') to.output(node, 0, along, placed(units, start(index), total));
  else parts.forEach((length, i) => to.input(node, i, along, part(units, start(i), start(i) + length)));
  return undefined;
};

const slice: Rule = (node, to, { side, axis, units }) => {
  const dims = to.dims(node.inputs[0] ?? '');
  const early = (name: string): readonly number[] | null => intsOf(node, name, null);
  const starts = early('starts') ?? contents(node, to, 1);
  const ends = early('ends') ?? contents(node, to, 2);
  const axes = early('axes') ?? contents(node, to, 3) ?? starts?.map((_, i) => i) ?? null;
  if (!dims || !axes || axes.some((one) => typeof one !== 'number')) return 'the axes of a Slice are not known';
  const at = axes.findIndex((one) => positive(one as number, dims.length) === axis);
  if (at < 0) {
    to.input(node, 0, axis, units);
    to.output(node, 0, axis, units);
    return undefined;
  }
  const size = dims[axis];
  const steps = contents(node, to, 4) ?? [];
  const [start, end] = [starts?.[at], ends?.[at]];
  if (typeof size !== 'number' || typeof start !== 'number' || typeof end !== 'number' || (steps[at] ?? 1) !== 1)
    return 'what a Slice takes is not known';
  if (early('starts')) return 'a Slice of before version 10 keeps its ends in attributes';
  if (starts?.length !== 1) return 'a Slice takes parts of several axes at once';
  const within = (place: number): number => Math.max(0, Math.min(size, positive(place, size)));
  const [from, until] = [within(start), within(end)];
  if (side === 'input') to.output(node, 0, axis, part(units, from, until));
  else to.input(node, 0, axis, placed(units, from, size));
  const name = node.inputs[0] ?? '';
  to.edit(node, 'ends', (draft, kept) => {
    draft.inputs[1] = kept.integers([kept.before(name, axis, from)]);
    draft.inputs[2] = kept.integers([kept.before(name, axis, until)]);
  });
  return undefined;
};

const gather: Rule = (node, to, { side, index, axis, units }) => {
  const data = to.dims(node.inputs[0] ?? '');
  const indices = to.dims(node.inputs[1] ?? '');
  if (!data || !indices) return 'the sizes of a Gather are not known';
  const along = positive(intOf(node, 'axis', 0), data.length);
  const shift = indices.length - 1;
  if (side === 'input' && index === 1) return 'it picks rows of a table';
  if (side === 'input') {
    if (axis === along) return 'a Gather picks places of the axis';
    to.output(node, 0, axis < along ? axis : axis + shift, units);
    return undefined;
  }
  if (axis >= along && axis < along + indices.length) return 'a Gather makes the axis of its indices';
  to.input(node, 0, axis < along ? axis : axis - shift, units);
  return undefined;
};

const expand: Rule = (node, to, { side, axis, units }) => {
  const [a, b] = [to.dims(node.inputs[0] ?? ''), to.dims(node.outputs[0] ?? '')];
  if (!a || !b) return 'the sizes of an Expand are not known';
  const ahead = b.length - a.length;
  if (side === 'input') to.output(node, 0, axis + ahead, units);
  else {
    const place = axis - ahead;
    if (place >= 0 && a[place] !== 1) to.input(node, 0, place, units);
  }
  to.edit(node, 'shape', (draft, kept) => {
    const target = b.map((dim, i) => {
      const own = i - ahead >= 0 ? a[i - ahead] : undefined;
      return own !== undefined && own === dim ? 1 : kept.size(node.outputs[0] ?? '', i);
    });
    if (target.every((one) => typeof one === 'number')) draft.inputs[1] = kept.integers(target as number[]);
  });
  return undefined;
};

const tile: Rule = (node, to, { side, axis, units }) => {
  const [a, b] = [to.dims(node.inputs[0] ?? ''), to.dims(node.outputs[0] ?? '')];
  if (!a || !b) return 'the sizes of a Tile are not known';
  const [size, long] = [a[axis], b[axis]];
  if (size !== long) {
    if (typeof size !== 'number' || typeof long !== 'number')
      return 'a Tile repeats the axis an unknown number of times';
    if (side === 'input') {
      to.output(
        node,
        0,
        axis,
        Int32Array.from({ length: long }, (_, i) => units[i % size]!),
      );
      return undefined;
    }
    if (!units.every((unit, i) => unit === units[i % size])) return 'a Tile repeats the axis';
    to.input(node, 0, axis, units.slice(0, size));
    return undefined;
  }
  to.input(node, 0, axis, units);
  to.output(node, 0, axis, units);
  return undefined;
};

const transpose: Rule = (node, to, { side, axis, units }) => {
  const rank = to.dims(node.inputs[0] ?? '')?.length ?? to.dims(node.outputs[0] ?? '')?.length;
  if (rank === undefined) return 'the rank of a Transpose is not known';
  const perm = intsOf(node, 'perm', null) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (side === 'input') to.output(node, 0, perm.indexOf(axis), units);
  else to.input(node, 0, perm[axis] ?? -1, units);
  return undefined;
};

export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: squeeze,
  Unsqueeze: squeeze,
  Transpose: transpose,
  Split: split,
  Concat: concat,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Tile: tile,
};
