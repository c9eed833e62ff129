import { SteelyardError } from '../../contracts/index.ts';
import type { DataType, Node } from '../../contracts/index.ts';
import { describe } from '../../model/graph/index.ts';
import { elementCount, readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import type { Decomposition, Place } from './decompose/types.ts';
import type { Emitter } from '../writing/emit.ts';
import type { Knowledge } from '../writing/knowledge.ts';

/** Errors: `training/unsupported`, naming the node. */
export const unsupported = (node: Node, what: string): never => {
  throw new SteelyardError(
    'training/unsupported',
    `${describe(node)} (${node.op}) ${what}`,
    'train only weights behind this node, or replace it by operators with a gradient',
  );
};

const minimumOpset = 13;

/** Errors: `training/opset`: what is written here takes forms that operator sets before 13 do not have. */
export const checkOpset = (opset: number): void => {
  if (opset < minimumOpset)
    throw new SteelyardError(
      'training/opset',
      `the model uses operator set ${opset}; training needs ${minimumOpset} or later`,
      'raise it with convert/opset, or export the model again with a newer operator set',
    );
};

/** What rules and decompositions see of a node. */
export const placeOf = (node: Node, to: Emitter, known: Knowledge): Place => {
  const dtypeOf = (name: string): DataType => known.fact(name)?.dtype ?? 'float32';
  return {
    node,
    to,
    input: (position) => node.inputs[position] ?? '',
    dims: (name) => known.fact(name)?.dims ?? null,
    rank: (name) => {
      const dims = known.fact(name)?.dims ?? null;
      if (dims !== null) return dims.length;
      throw new SteelyardError(
        'training/rank',
        `${describe(node)} (${node.op}): the rank of "${name}" is unknown, and its gradient needs it`,
        'state the shapes of the graph inputs',
      );
    },
    dtype: dtypeOf,
    integers: (position) => {
      const data = known.fact(node.inputs[position] ?? '')?.data;
      return data !== undefined && data.every((one) => typeof one === 'number') ? (data as readonly number[]) : null;
    },
    constant: (position) => known.constant(node.inputs[position] ?? ''),
    maker: known.maker,
    number: (name) => {
      const value = known.constant(name);
      if (value === null || value.dtype === 'string' || elementCount(value.dims) !== 1) return null;
      return toFloat32(value.dtype, readTensorSync(value))[0]!;
    },
    scalar: (value) => to.scalar(dtypeOf(node.outputs[0] ?? ''), value),
    refuse: (what) => unsupported(node, what),
  };
};

/** A node in plainer operators. */
export interface Parts {
  /** They make the node's own outputs, under their names. */
  readonly nodes: readonly Node[];
  /** Outputs of the node that they do not make. */
  readonly unmade: readonly string[];
}

/** Take a node apart. Constants go to `to`, nodes do not. Errors: `training/unsupported` when the decomposition does not cover it. */
export const takeApart = (node: Node, decomposition: Decomposition, to: Emitter, known: Knowledge): Parts => {
  const apart = to.apart();
  const made = decomposition(placeOf(node, apart, known));
  const inside = new Set(apart.nodes.flatMap((one) => one.outputs));
  const names = new Map<string, string>();
  const unmade: string[] = [];
  node.outputs.forEach((output, i) => {
    if (output === '') return;
    const value = made[i] ?? '';
    if (value === '') unmade.push(output);
    else if (inside.has(value) && !names.has(value)) names.set(value, output);
    else apart.write({ name: '', op: 'Identity', domain: '', inputs: [value], outputs: [output], attributes: {} });
  });
  const named = (name: string): string => names.get(name) ?? name;
  const nodes = apart.nodes.map((one) => ({
    ...one,
    inputs: one.inputs.map(named),
    outputs: one.outputs.map(named),
  }));
  nodes.forEach((one) => known.learn(one));
  return { nodes, unmade };
};
