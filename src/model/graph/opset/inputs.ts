import type { Node } from '../../../contracts/index.ts';
import { floatOf, int, intOf, intsOf, stringOf } from '../attributes.ts';
import { each, has, having, integers, scalar, withInput, without } from './parts.ts';
import type { Adapter, Adapters, Place } from './types.ts';

/** An ints attribute becomes an int64 input; one that is absent stays absent. */
const listToInput =
  (name: string, position: number, emptyIsAbsent = false): Adapter =>
  (node, at) => {
    const values = intsOf(node, name, null);
    const plain = without(node, name);
    if (values === null || (emptyIsAbsent && values.length === 0)) return [plain];
    return [withInput(plain, position, integers(at, name, values))];
  };

const limitsToInputs: Adapter = (node, at) => {
  let next = without(node, 'min', 'max');
  for (const [position, name] of [
    [1, 'min'],
    [2, 'max'],
  ] as const) {
    const value = floatOf(node, name, null);
    if (value === null) continue;
    const dtype = at.dtype(node.inputs[0] ?? '');
    const limit = dtype && scalar(dtype, value);
    if (!limit) return `the element type of its input is ${dtype ?? 'unknown'}, which its ${name} needs`;
    next = withInput(next, position, at.weight(name, limit));
  }
  return [next];
};

const sliceToInputs: Adapter = (node, at) => {
  const [starts, ends, axes] = [
    intsOf(node, 'starts', null),
    intsOf(node, 'ends', null),
    intsOf(node, 'axes', null),
  ] as const;
  if (starts === null || ends === null) return 'its starts or ends are missing';
  let next = without(node, 'starts', 'ends', 'axes');
  next = withInput(next, 1, integers(at, 'starts', starts));
  next = withInput(next, 2, integers(at, 'ends', ends));
  return [axes === null ? next : withInput(next, 3, integers(at, 'axes', axes))];
};

const countToInput: Adapter = (node, at) => {
  const k = intOf(node, 'k', null);
  return k === null ? 'its k is missing' : [withInput(without(node, 'k'), 1, integers(at, 'k', [k]))];
};

const padsToInputs: Adapter = (node, at) => {
  const pads = intsOf(node, 'pads', null);
  if (pads === null) return 'its pads are missing';
  const value = floatOf(node, 'value', 0);
  const next = withInput(without(node, 'pads', 'value'), 1, integers(at, 'pads', pads));
  if (value === 0 || stringOf(node, 'mode', 'constant') !== 'constant') return [next];
  const dtype = at.dtype(node.inputs[0] ?? '');
  const fill = dtype && scalar(dtype, value);
  if (!fill) return `the element type of its input is ${dtype ?? 'unknown'}, which its value needs`;
  return [withInput(next, 2, at.weight('value', fill))];
};

const maskIsUsed = (node: Node, at: Place): boolean =>
  has({ ...node, inputs: node.outputs }, 1) && at.isUsed(node.outputs[1]!);
const otherMask = 'its mask is used, which later versions fill differently';

/** The mask took the type of the input; a file may state that, so an unused one goes. */
const maskOfBooleans: Adapter = (node, at) => {
  if (maskIsUsed(node, at)) return otherMask;
  return [has({ ...node, inputs: node.outputs }, 1) ? { ...node, outputs: node.outputs.slice(0, 1) } : node];
};

const ratioToInput: Adapter = (node, at) => {
  if (maskIsUsed(node, at)) return otherMask;
  const ratio = scalar('float32', floatOf(node, 'ratio', 0.5));
  const next = without(node, 'ratio');
  return [node.attributes['ratio'] === undefined || !ratio ? next : withInput(next, 1, at.weight('ratio', ratio))];
};

const countOutputs: Adapter = (node) => [has(node, 1) ? node : having(node, 'num_outputs', int(node.outputs.length))];

/** The axis was 1 unless stated; as an input it would be -2 when left out. */
const axisToInput: Adapter = (node, at) => {
  const axis = BigInt64Array.of(BigInt(intOf(node, 'axis', 1)));
  const name = at.weight('axis', {
    dtype: 'int64',
    dims: [],
    data: { kind: 'inline', bytes: new Uint8Array(axis.buffer) },
  });
  return [withInput(without(node, 'axis'), 2, name)];
};

/** Attributes that became inputs. Source: ONNX, docs/Changelog.md. */
export const toInputs: Readonly<Record<number, Adapters>> = {
  10: {
    Dropout: maskOfBooleans,
    Slice: sliceToInputs,
    TopK: countToInput,
  },
  11: { Clip: limitsToInputs, Pad: padsToInputs },
  12: { Dropout: ratioToInput },
  13: {
    ReduceSum: listToInput('axes', 1, true),
    Split: listToInput('split', 1),
    Squeeze: listToInput('axes', 1),
    Unsqueeze: listToInput('axes', 1),
  },
  18: {
    ...each(
      'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare',
      listToInput('axes', 1, true),
    ),
    Split: countOutputs,
  },
  20: { DFT: axisToInput },
};
