import type { Node } from '../../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32, elementCount } from '../../tensor/index.ts';
import { floatsOf, str, stringOf } from '../attributes.ts';
import { has, having, withInput, without } from './parts.ts';
import type { Adapter, Adapters, Place } from './types.ts';

const scalesToInput: Adapter = (node, at) => {
  const scales = floatsOf(node, 'scales', null);
  if (scales === null) return 'its scales are missing';
  const list = tensor('float32', [scales.length], Float32Array.from(scales));
  return [withInput(without(node, 'scales'), 1, at.weight('scales', list))];
};

const upsampleToResize: Adapter = (node, at) => {
  at.enlarging.add(node.outputs[0] ?? '');
  return [{ ...node, op: 'Resize' }];
};

/** Scales are few; anything longer is no shape. */
const scalesOf = (node: Node, at: Place): readonly number[] | null => {
  const scales = at.constant(node.inputs[1] ?? '');
  if (scales?.dtype !== 'float32' || elementCount(scales.dims) > 64) return null;
  return [...toFloat32('float32', readTensorSync(scales))];
};

/** Before version 11 the runtime rounded down where the image grows and up where it shrinks, without saying so in the node. */
const roundingOf = (node: Node, at: Place): string | null => {
  if (at.enlarging.has(node.outputs[0] ?? '')) return 'floor';
  const scales = scalesOf(node, at);
  if (scales?.every((scale) => scale >= 1)) return 'floor';
  return scales?.every((scale) => scale <= 1) ? 'ceil' : null;
};

const coordinates: Adapter = (node, at) => {
  let next = having(node, 'coordinate_transformation_mode', str('asymmetric'));
  if (stringOf(node, 'mode', 'nearest') === 'nearest') {
    const rounding = roundingOf(node, at);
    if (rounding === null) return 'whether it makes the image larger or smaller is unknown, which its rounding needs';
    next = having(next, 'nearest_mode', str(rounding));
  }
  const roi = at.weight('roi', tensor('float32', [0], new Float32Array(0)));
  return [{ ...next, inputs: [node.inputs[0] ?? '', roi, node.inputs[1] ?? ''] }];
};

const isEmpty = (name: string, at: Place): boolean => {
  const value = at.constant(name);
  return value !== null && elementCount(value.dims) === 0;
};

/** Empty placeholders for roi and scales become omitted inputs. */
const omitEmpty: Adapter = (node, at) => {
  const mode = stringOf(node, 'coordinate_transformation_mode', 'half_pixel');
  if (mode === 'tf_half_pixel_for_nn') return 'its coordinates (tf_half_pixel_for_nn) were withdrawn in version 13';
  const inputs = node.inputs.map((name, i) => ((i === 1 || i === 2) && isEmpty(name, at) ? '' : name));
  const next = { ...node, inputs };
  if (has(next, 2) && has(next, 3)) return 'it has both scales and sizes';
  return [next];
};

/** Resize and what was Upsample. Source: ONNX, docs/Changelog.md; ONNX Runtime, upsamplebase.h. */
export const resizing: Readonly<Record<number, Adapters>> = {
  9: { Upsample: scalesToInput },
  10: { Upsample: upsampleToResize },
  11: { Resize: coordinates },
  13: { Resize: omitEmpty },
};
