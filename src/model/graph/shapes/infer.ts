import type { Graph, Model, Node, Tensor, ValueType } from '../../../contracts/index.ts';
import { readTensorSync } from '../../tensor/index.ts';
import { subgraphsOf } from '../attributes.ts';
import { constantValue, overridableOf, smallIntegers } from '../constants.ts';
import { maximumDepth } from '../scope.ts';
import { refine } from './dims.ts';
import { ruleFor } from './rules.ts';
import type { Inferred, RuleInput } from './types.ts';

/** How one node's outputs follow from what its surroundings know. */
export interface Surroundings {
  readonly opsets: ReadonlyMap<string, number>;
  /** What is known about a value. */
  lookup(name: string): Inferred | null;
  /** The constant behind a name; null when computed. */
  constant(name: string): Tensor | null;
  readonly depth?: number;
}

/** What a file states about a value, as the rules use it. */
export const fromType = (type: ValueType | null): Inferred | null => {
  if (type === null) return null;
  if (type.kind === 'tensor') return { dtype: type.dtype === 'undefined' ? null : type.dtype, dims: type.dims };
  return { dtype: null, dims: null, other: type };
};

/** The other way round; null when nothing is known. */
export const toType = (value: Inferred | null): ValueType | null => {
  if (value === null) return null;
  if (value.other) return value.other;
  if (value.dtype === null && value.dims === null) return null;
  return { kind: 'tensor', dtype: value.dtype ?? 'undefined', dims: value.dims };
};

/** What an initializer or a Constant tells. Contents are read only from small integer tensors. */
export const fromTensor = (value: Tensor): Inferred => {
  const data = smallIntegers(value, readTensorSync);
  return data ? { dtype: value.dtype, dims: value.dims, data } : { dtype: value.dtype, dims: value.dims };
};

const noOutputs: readonly null[] = [];

/** Ranks and contents beyond these are not followed: a file of a few nodes could double them at every step. */
const maximumRank = 64;
const maximumContents = 1024;

/** A size is a whole number from 0 up; anything else that a strange node leads to is unknown. */
const bounded = (value: Inferred | null | undefined): Inferred | null => {
  if (!value) return null;
  const dims = value.dims && value.dims.length <= maximumRank ? value.dims : null;
  const sane = dims?.every((dim) => typeof dim !== 'number' || (Number.isSafeInteger(dim) && dim >= 0)) ?? true;
  const keepData = value.data === undefined || value.data.length <= maximumContents;
  if (dims === value.dims && sane && keepData) return value;
  const sizes = sane
    ? dims
    : (dims?.map((dim) => (typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0) ? null : dim)) ?? null);
  return { dtype: value.dtype, dims: sizes, ...(keepData && value.data ? { data: value.data } : {}) };
};

/** Outputs of one node, in order. An operator without a rule, or a node that breaks its operator's contract, gives
 *  nothing: inference never fails on a strange model. */
export const inferNode = (node: Node, around: Surroundings): readonly (Inferred | null)[] => {
  const rule = ruleFor(node.domain, node.op);
  if (!rule) return noOutputs;
  const nameAt = (position: number): string => node.inputs[position] ?? '';
  const input = (position: number): Inferred | null => {
    const name = nameAt(position);
    return name === '' ? null : around.lookup(name);
  };
  const at: RuleInput = {
    node,
    opset: around.opsets.get(node.domain) ?? 1,
    has: (position) => nameAt(position) !== '',
    input,
    dtype: (position) => input(position)?.dtype ?? null,
    dims: (position) => input(position)?.dims ?? null,
    rank: (position) => input(position)?.dims?.length ?? null,
    data: (position) => input(position)?.data ?? null,
    numbers: (position) => {
      const data = input(position)?.data;
      return data?.every((one) => typeof one === 'number') ? (data as readonly number[]) : null;
    },
    tensor: (position) => (nameAt(position) === '' ? null : around.constant(nameAt(position))),
    body: (attribute, inputs) => {
      const found = subgraphsOf(node).find((one) => one.attribute === attribute);
      const depth = (around.depth ?? 0) + 1;
      return found && depth < maximumDepth ? inferBody(found.graph, { ...around, depth }, inputs) : noOutputs;
    },
  };
  try {
    return rule(at).map(bounded);
  } catch (error) {
    // A wrong attribute kind or an unreadable weight: the checker and the runtime say so; here it is only unknown.
    if (error instanceof Error && error.name === 'SteelyardError') return noOutputs;
    throw error;
  }
};

const inferBody = (
  body: Graph,
  around: Surroundings,
  inputs: readonly (Inferred | null)[],
): readonly (Inferred | null)[] => {
  const facts = new Map<string, Inferred | null>();
  body.inputs.forEach((one, i) => facts.set(one.name, inputs[i] ?? fromType(one.type)));
  const local = new Map<string, Tensor>(body.initializers);
  fill(body, facts, local, {
    opsets: around.opsets,
    depth: around.depth ?? 0,
    lookup: (name) => around.lookup(name),
    constant: (name) => around.constant(name),
  });
  return body.outputs.map((output) =>
    merge(facts.get(output.name) ?? around.lookup(output.name), fromType(output.type)),
  );
};

const merge = (inferred: Inferred | null, stated: Inferred | null): Inferred | null => {
  if (inferred === null) return stated;
  if (stated === null || inferred.other || stated.other) return inferred;
  return { ...inferred, dtype: inferred.dtype ?? stated.dtype, dims: refine(inferred.dims, stated.dims) };
};

const fill = (
  graph: Graph,
  facts: Map<string, Inferred | null>,
  local: Map<string, Tensor>,
  outer: Surroundings,
  useStated = true,
): void => {
  for (const [name, tensor] of local) if (!facts.has(name)) facts.set(name, fromTensor(tensor));
  const around: Surroundings = {
    opsets: outer.opsets,
    depth: outer.depth ?? 0,
    lookup: (name) => (facts.has(name) ? (facts.get(name) ?? null) : outer.lookup(name)),
    constant: (name) => local.get(name) ?? (facts.has(name) ? null : outer.constant(name)),
  };
  const stated = useStated
    ? new Map([...graph.values, ...graph.outputs.map((one) => [one.name, one] as const)])
    : new Map<string, never>();
  for (const node of graph.nodes) {
    const constant = constantValue(node);
    const outputs = inferNode(node, around);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      if (constant && i === 0) local.set(name, constant);
      facts.set(name, merge(outputs[i] ?? null, fromType(stated.get(name)?.type ?? null)));
    });
  }
};

/** What the graphs around a body tell about the values that it captures. */
export interface Outer {
  /** What is known about a value; null when nothing is. */
  fact(name: string): Inferred | null;
  /** The constant behind a name; null when it is computed or callers may override it. */
  constant(name: string): Tensor | null;
}

/** Everything that can be known about the values of a model's main graph, with contents of small integer tensors.
 *  `useStated: false` ignores the types that the file states for inner values and outputs. `body`: the graph is a body,
 *  whose inputs keep their types but may change their shapes from turn to turn, whatever the file states. `outer`: the graphs
 *  around the body; without it nothing is known about captured values. */
export const inferFacts = (
  model: Model,
  options: { readonly useStated?: boolean; readonly body?: boolean; readonly outer?: Outer } = {},
): ReadonlyMap<string, Inferred | null> => {
  const { graph } = model;
  const facts = new Map<string, Inferred | null>();
  const overridable = overridableOf(model, graph);
  const local = new Map([...graph.initializers].filter(([name]) => !overridable.has(name)));
  for (const input of graph.inputs) {
    if (local.has(input.name)) continue;
    const stated = fromType(input.type);
    facts.set(input.name, stated && options.body ? { ...stated, dims: null } : stated);
  }
  fill(
    graph,
    facts,
    local,
    {
      opsets: model.opsets,
      lookup: (name) => options.outer?.fact(name) ?? null,
      constant: (name) => options.outer?.constant(name) ?? null,
    },
    options.useStated ?? true,
  );
  return facts;
};

/** Types and shapes of the values of a model's main graph: inputs, initializers, inner values, outputs. Values about which
 *  nothing is known are absent. Symbolic sizes keep the names of the graph inputs.
 *  Errors: none from strange operators or shapes; `model/data` when a small constant cannot be read. */
export const inferShapes = (
  model: Model,
  options: { readonly useStated?: boolean } = {},
): ReadonlyMap<string, ValueType> => {
  const types = new Map<string, ValueType>();
  for (const [name, value] of inferFacts(model, options)) {
    const type = toType(value);
    if (type) types.set(name, type);
  }
  return types;
};
