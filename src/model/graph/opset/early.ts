import type { Node } from '../../../contracts/index.ts';
import { dataTypes, onnxNumberOf } from '../../tensor/index.ts';
import { float, floatOf, int, intOf, ints, intsOf, stringOf, floats } from '../attributes.ts';
import { axisOf, productOf } from '../shapes/dims.ts';
import { each, has, having, helper, integers, without } from './parts.ts';
import type { Adapter, Adapters, Place } from './types.ts';

const dropConsumed: Adapter = (node) => [without(node, 'consumed_inputs')];

const castTo: Adapter = (node) => {
  const plain = without(node, 'consumed_inputs');
  if (node.attributes['to']?.kind !== 'string') return [plain];
  const name = stringOf(node, 'to', '').toLowerCase();
  const dtype = dataTypes.find((one) => one === (name === 'float' ? 'float32' : name === 'double' ? 'float64' : name));
  return dtype === undefined ? `it casts to the unknown type ${name}` : [having(plain, 'to', int(onnxNumberOf(dtype)))];
};

/** Before version 7 the second input was aligned to the first at `axis`; since then both are aligned at the end. */
const alignSecond: Adapter = (node, at) => {
  const plain = without(node, 'axis', 'broadcast', 'consumed_inputs');
  const [a = '', b = ''] = node.inputs;
  if (intOf(node, 'broadcast', 0) === 0 || node.attributes['axis'] === undefined) return [plain];
  const [left, right] = [at.dims(a), at.dims(b)];
  if (left === null || right === null) return 'the ranks of its inputs are unknown, which its axis needs';
  const axis = axisOf(intOf(node, 'axis', 0), left.length);
  const behind = axis === null ? -1 : left.length - axis - right.length;
  if (behind < 0) return 'its axis leaves no room for its second input';
  if (behind === 0 || right.length === 0) return [plain];
  return widenTo(plain, at, 1, right.length, behind);
};

/** Adds dimensions of size 1 at the end of an input. */
const widenTo = (node: Node, at: Place, position: number, rank: number, count: number): readonly Node[] => {
  const name = node.inputs[position] ?? '';
  const wide = at.fresh(`${name}_aligned`);
  const axes = ints(Array.from({ length: count }, (_, i) => rank + i));
  const inputs = node.inputs.map((one, i) => (i === position ? wide : one));
  return [helper(node, 'Unsqueeze', [name], wide, { axes }), { ...node, inputs }];
};

/** A slope per channel was one-dimensional; since version 7 it is broadcast from the end. */
const slopePerChannel: Adapter = (node, at) => {
  const [x = '', slope = ''] = node.inputs;
  const given = at.dims(slope);
  if (given !== null && productOf(given) === 1) return [node];
  const rank = at.dims(x)?.length;
  if (given === null || rank === undefined) return 'the ranks of its inputs are unknown';
  if (given.length !== 1 || rank <= 2) return [node];
  return widenTo(node, at, 1, 1, rank - 2);
};

const inferenceOnly: Adapter = (node) =>
  intOf(node, 'is_test', 0) === 0 ? 'it is in training mode (is_test is 0)' : [without(node, 'is_test')];

const normalPerChannel: Adapter = (node) =>
  intOf(node, 'spatial', 1) === 0
    ? 'it normalizes every position on its own (spatial is 0)'
    : [without(node, 'spatial')];

const wholePower: Adapter = (node) => {
  if (node.attributes['p']?.kind !== 'float') return [node];
  const p = floatOf(node, 'p', 2);
  return Number.isInteger(p) ? [having(node, 'p', int(p))] : `its p is ${p}, no whole number`;
};

const reshapeInput: Adapter = (node, at) => {
  const shape = intsOf(node, 'shape', null);
  if (shape === null) return 'it has no shape';
  const plain = without(node, 'shape', 'consumed_inputs');
  return [{ ...plain, inputs: [node.inputs[0] ?? '', integers(at, 'shape', shape)] }];
};

const renamedPads: Adapter = (node) => {
  const pads = node.attributes['paddings'];
  return [pads === undefined ? node : having(without(node, 'paddings'), 'pads', pads)];
};

const firstAxis: Adapter = (node) => [node.attributes['axis'] === undefined ? having(node, 'axis', int(1)) : node];

const splitSizes: Adapter = (node) => (has(node, 1) ? 'its sizes are an input, which version 2 does not have' : [node]);

const upsampleScales: Adapter = (node) => {
  const [height, width] = [floatOf(node, 'height_scale', null), floatOf(node, 'width_scale', null)];
  if (height === null || width === null) return 'its scales are missing';
  const plain = having(without(node, 'height_scale', 'width_scale'), 'scales', floats([1, 1, height, width]));
  const bilinear = stringOf(node, 'mode', 'nearest') === 'bilinear';
  return [bilinear ? having(plain, 'mode', { kind: 'string', value: new TextEncoder().encode('linear') }) : plain];
};

/** The first form had its constants with four digits. */
const earlyConstants: Adapter = (node) => {
  const { alpha = float(1.6732), gamma = float(1.0507) } = node.attributes;
  return [having(having(without(node, 'consumed_inputs'), 'alpha', alpha), 'gamma', gamma)];
};

const refuse =
  (reason: string): Adapter =>
  () =>
    reason;

/** Changes up to version 9 that alter a node. Source: ONNX, docs/Changelog.md. */
export const early: Readonly<Record<number, Adapters>> = {
  2: {
    GlobalLpPool: wholePower,
    LpPool: wholePower,
    Pad: renamedPads,
    Split: splitSizes,
  },
  4: { Concat: firstAxis },
  5: { Reshape: reshapeInput },
  6: {
    ...each(
      'Abs Add BatchNormalization Ceil Clip Div Dropout Elu Exp Floor HardSigmoid InstanceNormalization LeakyRelu Log Max ' +
        'Mean Min Mul Neg PRelu Reciprocal Relu Sigmoid Sqrt Sub Sum Tanh',
      dropConsumed,
    ),
    Cast: castTo,
    Selu: earlyConstants,
    Tile: refuse('it repeats along one axis, which has no counterpart without knowing the rank'),
  },
  7: {
    ...each('Add And Div Equal Greater Less Mul Or Pow Sub Xor', alignSecond),
    ...each('GRU LSTM RNN', (node) => [without(node, 'output_sequence')]),
    BatchNormalization: inferenceOnly,
    Dropout: inferenceOnly,
    Gemm: (node) => [without(node, 'broadcast')],
    PRelu: slopePerChannel,
    Upsample: upsampleScales,
  },
  9: {
    BatchNormalization: normalPerChannel,
    Scan: refuse('its first form works on batches with lengths of their own, which later versions cannot'),
  },
};
