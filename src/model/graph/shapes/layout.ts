import type { Dim } from '../../../contracts/index.ts';
import { intOf, intsOf, stringOf } from '../attributes.ts';
import { readTensorSync, toFloat32 } from '../../tensor/index.ts';
import { axesOf, axisOf, broadcast, productOf, sumOf } from './dims.ts';
import { known } from './types.ts';
import type { Inferred, Rule, RuleInput, Rules } from './types.ts';

/** That many unknown elements; null when there are too many to follow. */
const unknownOf = (count: number): readonly null[] | null =>
  count <= 64 ? Array.from({ length: count }, () => null) : null;

/** A shape given as contents; -1 and other negatives are unknown. null when not even its length is known. */
const shapeFrom = (at: RuleInput, position: number): readonly Dim[] | null => {
  const data = at.data(position);
  if (data) return data.map((dim) => (typeof dim === 'number' && dim < 0 ? null : dim));
  const count = at.dims(position);
  return count?.length === 1 && typeof count[0] === 'number' ? unknownOf(count[0]) : null;
};

/** The size behind -1: the input's sizes without those that stand in the target, name by name. */
const rest = (from: readonly Dim[], target: readonly Dim[]): Dim => {
  const names = from.filter((dim) => typeof dim !== 'number');
  let top = 1;
  let bottom = 1;
  for (const dim of from) if (typeof dim === 'number') top *= dim;
  for (const dim of target) {
    if (typeof dim === 'number') bottom *= dim;
    else {
      const found = dim === null ? -1 : names.indexOf(dim);
      if (found < 0) return null;
      names.splice(found, 1);
    }
  }
  if (names.length === 1 && top === bottom && bottom !== 0) return names[0] ?? null;
  return names.length === 0 && bottom !== 0 && top % bottom === 0 ? top / bottom : null;
};

const reshape: Rule = (at) => {
  const x = at.dims(0);
  const stated = at.opset < 5 ? intsOf(at.node, 'shape', null) : at.data(1);
  if (stated === null) return [known(at.dtype(0), shapeFrom(at, 1))];
  const copy = intOf(at.node, 'allowzero', 0) === 0;
  const filled = stated.map((dim, i): Dim => (dim === 0 && copy ? (x?.[i] ?? null) : dim));
  const open = filled.indexOf(-1);
  const shape = filled.map((dim, i): Dim => {
    if (i !== open) return typeof dim === 'number' && dim < 0 ? null : dim;
    return x === null
      ? null
      : rest(
          x,
          filled.filter((_, other) => other !== open),
        );
  });
  const unknown = shape.filter((dim) => dim === null).length;
  // One size that the target does not tell follows from the number of elements.
  const solved =
    unknown === 1 && open < 0 && x !== null && productOf(x) !== null
      ? shape.map(
          (dim) =>
            dim ??
            rest(
              x,
              shape.filter((one) => one !== null),
            ),
        )
      : shape;
  return [known(at.dtype(0), solved, solved.length <= 1 ? (at.data(0) ?? undefined) : undefined)];
};

const transpose: Rule = (at) => {
  const x = at.dims(0);
  if (x === null) return [known(at.dtype(0), null)];
  const order = intsOf(at.node, 'perm', null) ?? x.map((_, i) => x.length - 1 - i);
  return [known(at.dtype(0), order.length === x.length ? order.map((axis) => x[axis] ?? null) : null)];
};

const concat: Rule = (at) => {
  const shapes = at.node.inputs.map((_, i) => at.dims(i));
  const first = shapes.find((shape) => shape !== null);
  const dtype = at.node.inputs.map((_, i) => at.dtype(i)).find((one) => one !== null) ?? null;
  if (!first) return [known(dtype, null)];
  const axis = axisOf(intOf(at.node, 'axis', at.opset < 4 ? 1 : 0), first.length);
  if (axis === null) return [known(dtype, null)];
  const dims = first.map((_, i): Dim => {
    const all = shapes.map((shape) => shape?.[i] ?? null);
    if (i === axis) return sumOf(all);
    return all.find((dim) => typeof dim === 'number') ?? all.find((dim) => dim !== null) ?? null;
  });
  const parts = at.node.inputs.map((_, i) => {
    const data = at.data(i);
    const length = at.dims(i)?.[0];
    return data ?? (typeof length === 'number' && first.length === 1 ? unknownOf(length) : null);
  });
  const whole = first.length === 1 && parts.every((part) => part !== null) ? parts.flat() : null;
  return [known(dtype, dims, whole && whole.some((dim) => dim !== null) ? whole : undefined)];
};

const split: Rule = (at) => {
  const x = at.dims(0);
  const count = at.node.outputs.length;
  const axis = x && axisOf(intOf(at.node, 'axis', 0), x.length);
  const stated = at.opset < 13 ? intsOf(at.node, 'split', null) : at.numbers(1);
  return at.node.outputs.map((_, i) => {
    if (x === null || axis === null) return known(at.dtype(0), null);
    const whole = x[axis];
    let size: Dim = null;
    if (stated) size = stated[i] ?? null;
    else if (!at.has(1) && typeof whole === 'number') {
      const each = Math.ceil(whole / count);
      size = Math.max(0, Math.min(each, whole - each * i));
    }
    return known(
      at.dtype(0),
      x.map((dim, at2) => (at2 === axis ? size : dim)),
    );
  });
};

const squeeze: Rule = (at) => {
  const x = at.dims(0);
  const data = at.data(0) ?? undefined;
  const stated = at.opset < 13 ? intsOf(at.node, 'axes', null) : at.numbers(1);
  const given = at.opset < 13 ? stated !== null : at.has(1);
  if (x === null || (given && stated === null)) return [known(at.dtype(0), null)];
  if (stated === null) {
    if (x.some((dim) => typeof dim !== 'number')) return [known(at.dtype(0), null)];
    return [
      known(
        at.dtype(0),
        x.filter((dim) => dim !== 1),
        data,
      ),
    ];
  }
  const axes = axesOf(stated, x.length);
  return [known(at.dtype(0), axes && x.filter((_, i) => !axes.includes(i)), data)];
};

const unsqueeze: Rule = (at) => {
  const x = at.dims(0);
  const stated = at.opset < 13 ? intsOf(at.node, 'axes', null) : at.numbers(1);
  if (x === null || stated === null) return [known(at.dtype(0), null)];
  const rank = x.length + stated.length;
  const axes = axesOf(stated, rank);
  if (axes === null || new Set(axes).size !== axes.length) return [known(at.dtype(0), null)];
  let next = 0;
  const dims = Array.from({ length: rank }, (_, i): Dim => (axes.includes(i) ? 1 : (x[next++] ?? null)));
  return [known(at.dtype(0), dims, rank <= 1 ? (at.data(0) ?? undefined) : undefined)];
};

const expand: Rule = (at) => [known(at.dtype(0), broadcast(at.dims(0), shapeFrom(at, 1)))];

const tile: Rule = (at) => {
  const x = at.dims(0);
  const repeats = at.opset < 6 ? null : at.data(1);
  return [
    known(
      at.dtype(0),
      x &&
        x.map((dim, i): Dim => {
          const times = repeats?.[i] ?? null;
          if (times === 1) return dim;
          if (dim === 1 && typeof times === 'string') return times;
          return typeof dim === 'number' && typeof times === 'number' ? dim * times : null;
        }),
    ),
  ];
};

const flatten: Rule = (at) => {
  const x = at.dims(0);
  if (x === null) return [known(at.dtype(0), [null, null])];
  const raw = intOf(at.node, 'axis', 1);
  const axis = raw < 0 ? raw + x.length : raw;
  const side = (dims: readonly Dim[]): Dim => {
    const others = dims.filter((dim) => dim !== 1);
    return others.length === 1 ? (others[0] ?? null) : productOf(dims);
  };
  return [known(at.dtype(0), [side(x.slice(0, axis)), side(x.slice(axis))])];
};

const pad: Rule = (at) => {
  const x = at.dims(0);
  if (x === null) return [known(at.dtype(0), null)];
  const pads = at.opset < 11 ? (intsOf(at.node, 'pads', null) ?? intsOf(at.node, 'paddings', null)) : at.numbers(1);
  const stated = at.has(3) ? at.numbers(3) : x.map((_, i) => i);
  const axes = stated && axesOf(stated, x.length);
  if (pads === null || axes === null)
    return [
      known(
        at.dtype(0),
        x.map(() => null),
      ),
    ];
  return [
    known(
      at.dtype(0),
      x.map((dim, i): Dim => {
        const place = axes.indexOf(i);
        const more = place < 0 ? 0 : (pads[place] ?? 0) + (pads[place + axes.length] ?? 0);
        if (more === 0) return dim;
        return typeof dim === 'number' ? dim + more : null;
      }),
    ),
  ];
};

/** Factors of Resize or Upsample, from the attribute (opset 7) or a constant input. */
const factors = (at: RuleInput, position: number): readonly number[] | null => {
  const attribute = at.node.attributes['scales'];
  if (attribute?.kind === 'floats') return attribute.value;
  const value = at.tensor(position);
  return value && value.dtype === 'float32' ? Array.from(toFloat32('float32', readTensorSync(value))) : null;
};

const resize: Rule = (at) => {
  const x = at.dims(0);
  const scales = at.node.op === 'Upsample' || at.opset < 11 ? 1 : 2;
  if (x === null) return [known(at.dtype(0), null)];
  const open = known(
    at.dtype(0),
    x.map(() => null),
  );
  if (stringOf(at.node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') return [open];
  if (stringOf(at.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize' && !at.has(3)) return [open];
  const axes = axesOf(intsOf(at.node, 'axes', null) ?? x.map((_, i) => i), x.length);
  const sizes = scales === 2 && at.has(3) ? at.data(3) : null;
  const times = sizes ? null : factors(at, scales);
  if (axes === null || (sizes ?? times)?.length !== axes.length) return [open];
  const dims = x.map((dim, i): Dim => {
    const place = axes.indexOf(i);
    if (place < 0) return dim;
    if (sizes) return sizes[place] ?? null;
    const factor = times?.[place];
    if (factor === 1) return dim;
    return typeof dim === 'number' && factor !== undefined ? Math.floor(dim * factor) : null;
  });
  return [known(at.dtype(0), dims)];
};

const blocks =
  (toDepth: boolean): Rule =>
  (at) => {
    const x = at.dims(0);
    const size = intOf(at.node, 'blocksize', 1);
    if (x?.length !== 4) return [known(at.dtype(0), null)];
    const scale = (dim: Dim | undefined, by: number): Dim => (typeof dim === 'number' ? Math.floor(dim * by) : null);
    const area = size * size;
    return [
      known(at.dtype(0), [
        x[0] ?? null,
        scale(x[1], toDepth ? area : 1 / area),
        scale(x[2], toDepth ? 1 / size : size),
        scale(x[3], toDepth ? 1 / size : size),
      ]),
    ];
  };

const shape: Rule = (at) => {
  const x = at.dims(0);
  if (x === null) return [known('int64', [null])];
  const clamp = (raw: number): number => Math.min(x.length, Math.max(0, raw < 0 ? raw + x.length : raw));
  const part = x.slice(clamp(intOf(at.node, 'start', 0)), clamp(intOf(at.node, 'end', x.length)));
  return [known('int64', [part.length], part)];
};

const size: Rule = (at): readonly Inferred[] => {
  const x = at.dims(0);
  const count = x && productOf(x);
  return [known('int64', [], count === null ? undefined : [count])];
};

/** Operators that move elements or speak about shapes. Source: ONNX operator specification. */
export const layout: Rules = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Flatten: flatten,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  SpaceToDepth: blocks(true),
  DepthToSpace: blocks(false),
  Shape: shape,
  Size: size,
};
