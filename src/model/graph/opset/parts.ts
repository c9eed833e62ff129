import type { Attribute, DataType, Node, Tensor } from '../../../contracts/index.ts';
import { floatsToHalf, tensor } from '../../tensor/index.ts';
import type { Adapter, Adapters, Place } from './types.ts';

/** The node without some attributes. */
export const without = (node: Node, ...names: readonly string[]): Node => ({
  ...node,
  attributes: Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.includes(name))),
});

/** The node with one attribute more, or another value of it. */
export const having = (node: Node, name: string, value: Attribute): Node => ({
  ...node,
  attributes: { ...node.attributes, [name]: value },
});

/** The node with this input; omitted ones before it are ''. */
export const withInput = (node: Node, position: number, name: string): Node => {
  const inputs = [...node.inputs];
  while (inputs.length < position) inputs.push('');
  inputs[position] = name;
  return { ...node, inputs };
};

/** A new node that helps another one and is named after it. */
export const helper = (
  owner: Node,
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({
  name: owner.name === '' ? '' : `${owner.name}_${op.toLowerCase()}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

/** Integers as a one-dimensional int64 constant; answers its name. */
export const integers = (at: Place, hint: string, values: readonly number[]): string =>
  at.weight(hint, tensor('int64', [values.length], BigInt64Array.from(values, BigInt)));

/** A floating scalar; null for a type that is none. */
export const scalar = (dtype: DataType, value: number): Tensor | null => {
  if (dtype === 'float32') return tensor(dtype, [], Float32Array.of(value));
  if (dtype === 'float64') return tensor(dtype, [], Float64Array.of(value));
  return dtype === 'float16' ? tensor(dtype, [], floatsToHalf(Float32Array.of(value))) : null;
};

/** Whether the node has this input. */
export const has = (node: Node, position: number): boolean => (node.inputs[position] ?? '') !== '';

/** One adapter for several operators. */
export const each = (names: string, adapter: Adapter): Adapters =>
  Object.fromEntries(names.split(' ').map((name) => [name, adapter]));

/** Nothing to do: the operator means the same. */
export const keep: Adapter = (node) => [node];
