import type { Node } from '../../../contracts/index.ts';
import { onnxNumberOf } from '../../tensor/index.ts';
import { int, intOf, str, stringOf } from '../attributes.ts';
import { axisOf } from '../shapes/dims.ts';
import { each, having, helper, integers, keep } from './parts.ts';
import type { Adapter, Adapters, Place } from './types.ts';

/** Before version 13 Softmax flattened its input to a matrix at `axis`; since then it works along that axis alone. Both are
 *  the same where nothing but ones follow the axis; elsewhere the flattening is written out. */
const oneAxis: Adapter = (node, at) => {
  const [x = ''] = node.inputs;
  const raw = intOf(node, 'axis', 1);
  if (raw === -1) return [having(node, 'axis', int(-1))];
  const dims = at.dims(x);
  const axis = dims && axisOf(raw, dims.length);
  if (dims && axis !== null && dims.slice(axis + 1).every((dim) => dim === 1))
    return [having(node, 'axis', int(axis === dims.length - 1 ? -1 : axis))];
  const [output = ''] = node.outputs;
  const [shape, flat, inner] = [at.fresh(`${output}_shape`), at.fresh(`${output}_flat`), at.fresh(`${output}_matrix`)];
  return [
    helper(node, 'Shape', [x], shape),
    helper(node, 'Flatten', [x], flat, { axis: int(raw) }),
    { ...having(node, 'axis', int(-1)), inputs: [flat], outputs: [inner] },
    // A size of 0 in a shape means "copy" unless version 14 is told otherwise.
    helper(node, 'Reshape', [inner, shape], output, at.target >= 14 ? { allowzero: int(1) } : {}),
  ];
};

/** One scale per group becomes one per channel. */
const perChannel = (node: Node, at: Place, position: number, groups: number): readonly [readonly Node[], string] => {
  const name = node.inputs[position] ?? '';
  const channels = at.dims(node.inputs[0] ?? '')?.[1];
  const [column, grid, row] = [
    at.fresh(`${name}_column`),
    at.fresh(`${name}_per_channel_grid`),
    at.fresh(`${name}_per_channel`),
  ];
  const nodes = [helper(node, 'Unsqueeze', [name, integers(at, 'axes', [1])], column)];
  let shape: string;
  if (typeof channels === 'number') shape = integers(at, 'shape', [groups, channels / groups]);
  else {
    const [count, each_, computed] = [
      at.fresh(`${name}_channels`),
      at.fresh(`${name}_each`),
      at.fresh(`${name}_shape`),
    ];
    shape = computed;
    const divisor = integers(at, 'groups', [groups]);
    nodes.push(
      helper(node, 'Shape', [node.inputs[0] ?? ''], count, { start: int(1), end: int(2) }),
      helper(node, 'Div', [count, divisor], each_),
      helper(node, 'Concat', [divisor, each_], computed, { axis: int(0) }),
    );
  }
  nodes.push(
    helper(node, 'Expand', [column, shape], grid),
    helper(node, 'Reshape', [grid, integers(at, 'shape', [-1])], row),
  );
  return [nodes, row];
};

const groupsToChannels: Adapter = (node, at) => {
  const groups = intOf(node, 'num_groups', 0);
  const channels = at.dims(node.inputs[0] ?? '')?.[1];
  if (groups < 1 || (typeof channels === 'number' && channels % groups !== 0))
    return 'its groups do not divide the channels';
  const [scaleNodes, scale] = perChannel(node, at, 1, groups);
  const [biasNodes, bias] = perChannel(node, at, 2, groups);
  const dtype = at.dtype(node.inputs[0] ?? '');
  // The first form computed in the type of its input; the second in float32 unless told otherwise.
  const next = dtype === null || dtype === 'float32' ? node : having(node, 'stash_type', int(onnxNumberOf(dtype)));
  return [...scaleNodes, ...biasNodes, { ...next, inputs: [node.inputs[0] ?? '', scale, bias] }];
};

const inference: Adapter = (node) =>
  node.outputs.slice(1).every((name) => name === '')
    ? [{ ...node, outputs: node.outputs.slice(0, 1) }]
    : 'it also gives statistics, which makes it train';

const samplingNames: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

const samplingMode: Adapter = (node) => {
  const mode = samplingNames[stringOf(node, 'mode', '')];
  return [mode === undefined ? node : having(node, 'mode', str(mode))];
};

/** ONNX Runtime had this operator before ONNX, with the types of x and scale free of each other and any attribute allowed. */
const sameTypes: Adapter = (node, at) => {
  const odd = Object.keys(node.attributes).find((name) => !['axis', 'epsilon', 'stash_type'].includes(name));
  if (odd !== undefined) return `its attribute ${odd} is none that ONNX knows`;
  const [x, scale] = [at.dtype(node.inputs[0] ?? ''), at.dtype(node.inputs[1] ?? '')];
  return x !== null && scale !== null && x !== scale ? `its input is ${x}, but its scale is ${scale}` : [node];
};

/** Changes of meaning, and forms that ONNX Runtime 1.30 has no kernel for. Source: ONNX, docs/Changelog.md. */
export const meanings: Readonly<Record<number, Adapters>> = {
  10: { ThresholdedRelu: keep },
  11: { Scatter: (node) => [{ ...node, op: 'ScatterElements' }] },
  13: {
    ...each('Softmax LogSoftmax Hardmax', oneAxis),
    Erf: (node, at) => {
      const dtype = at.dtype(node.inputs[0] ?? '');
      return dtype !== null && /int/.test(dtype) ? `its input is ${dtype}, which later versions do not take` : [node];
    },
  },
  14: { BatchNormalization: inference },
  16: {
    RoiAlign: (node) => [having(node, 'coordinate_transformation_mode', str('output_half_pixel'))],
  },
  17: { LayerNormalization: sameTypes },
  20: { GridSample: samplingMode },
  21: { GroupNormalization: groupsToChannels },
  22: each(
    'Bernoulli GlobalLpPool MaxRoiPool Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike RoiAlign',
    () => 'ONNX Runtime runs it in its earlier form only',
  ),
};
