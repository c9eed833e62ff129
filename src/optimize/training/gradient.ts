import { SteelyardError } from '../../contracts/index.ts';
import type { DataType, Model, Node } from '../../contracts/index.ts';
import { capturesOfNode, constantValue, describe, inferFacts } from '../../model/graph/index.ts';
import type { Emitter } from './emit.ts';
import { flat, rules } from './rules/index.ts';
import type { Backward } from './types.ts';

const floats: ReadonlySet<DataType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);
const minimumOpset = 13;

const unsupported = (node: Node, what: string): never => {
  throw new SteelyardError(
    'training/unsupported',
    `${describe(node)} (${node.op}) ${what}`,
    'train only weights behind this node, or replace it by operators with a gradient',
  );
};

export interface DifferentiateOptions {
  /** Values that count as constants: no gradient passes them. x + stop(q(x) − x) with `stop`'s value named here is the
   *  straight-through estimator. Source: Bengio et al. 2013. */
  readonly constant?: ReadonlySet<string>;
}

/** Reverse-mode differentiation of a graph as a graph: writes the nodes that compute ∂loss/∂value for each wanted value.
 *  Shapes: the loss is a scalar; each gradient has its value's shape and type. A value that the loss does not depend on is
 *  missing in the answer.
 *  Errors: `training/unsupported` (an operator on the way has no rule; names the node), `training/rank` (its rule needs a rank
 *  that shape inference does not find), `training/opset` (below 13), `training/loss` (not a scalar float of this graph).
 *  Source: Griewank and Walther 2008, ch. 3 (reverse mode). */
export const differentiate = (
  model: Model,
  loss: string,
  wanted: readonly string[],
  to: Emitter,
  options: DifferentiateOptions = {},
): ReadonlyMap<string, string> => {
  const { graph } = model;
  const stops = options.constant ?? new Set<string>();
  if (to.opset < minimumOpset)
    throw new SteelyardError(
      'training/opset',
      `the model uses operator set ${to.opset}; training needs ${minimumOpset} or later`,
      'export the model again with a newer operator set',
    );
  const facts = inferFacts(model);
  const lossDims = facts.get(loss)?.dims;
  const lossType = facts.get(loss)?.dtype ?? 'float32';
  if ((lossDims !== undefined && lossDims !== null && lossDims.length > 0) || !floats.has(lossType))
    throw new SteelyardError('training/loss', `the loss "${loss}" must be a scalar of a float type`);

  const constants = new Map(graph.initializers);
  for (const node of graph.nodes) {
    const value = constantValue(node);
    if (value !== null && node.outputs[0]) constants.set(node.outputs[0], value);
  }

  // The body of an If, Loop or Scan uses values without naming them as inputs.
  const uses = new Map(graph.nodes.map((node) => [node, [...node.inputs, ...capturesOfNode(node)]]));
  // Forward: what depends on a wanted value in a way that a gradient can follow.
  const varies = new Set(wanted.filter((name) => !stops.has(name)));
  for (const node of graph.nodes) {
    if (flat.has(node.op) && node.domain === '') continue;
    if (!uses.get(node)!.some((name) => varies.has(name))) continue;
    for (const output of node.outputs) {
      const dtype = facts.get(output)?.dtype ?? null;
      if (output !== '' && !stops.has(output) && (dtype === null || floats.has(dtype))) varies.add(output);
    }
  }
  if (!varies.has(loss)) return new Map();

  // Backward: every value collects one gradient from each use.
  const collected = new Map<string, string[]>([[loss, [to.scalar(lossType, 1)]]]);
  const totals = new Map<string, string>();
  const total = (name: string): string | null => {
    const done = totals.get(name);
    if (done !== undefined) return done;
    const parts = collected.get(name);
    if (parts === undefined) return null;
    const sum = parts.length === 1 ? parts[0]! : to.emit('Sum', parts);
    totals.set(name, sum);
    return sum;
  };

  const backward = (node: Node): Backward => {
    const dtypeOf = (name: string): DataType => facts.get(name)?.dtype ?? 'float32';
    const at: Backward = {
      node,
      to,
      input: (position) => node.inputs[position] ?? '',
      output: (position = 0) => node.outputs[position] ?? '',
      grad: (position = 0) => {
        const name = node.outputs[position] ?? '';
        return name === '' ? null : total(name);
      },
      get dy() {
        return at.grad() ?? unsupported(node, 'has an output that the loss uses in an unexpected way');
      },
      wants: (position) => varies.has(node.inputs[position] ?? ''),
      dims: (name) => facts.get(name)?.dims ?? null,
      rank: (name) => {
        const dims = facts.get(name)?.dims ?? null;
        if (dims !== null) return dims.length;
        throw new SteelyardError(
          'training/rank',
          `${describe(node)} (${node.op}): the rank of "${name}" is unknown, and its gradient needs it`,
          'state the shapes of the graph inputs',
        );
      },
      dtype: dtypeOf,
      integers: (position) => {
        const data = facts.get(node.inputs[position] ?? '')?.data;
        return data !== undefined && data.every((one) => typeof one === 'number') ? (data as readonly number[]) : null;
      },
      constant: (position) => constants.get(node.inputs[position] ?? '') ?? null,
      scalar: (value) => to.scalar(dtypeOf(node.outputs[0] ?? ''), value),
      refuse: (what) => unsupported(node, what),
    };
    return at;
  };

  for (const node of graph.nodes.toReversed()) {
    if (flat.has(node.op) && node.domain === '') continue;
    if (!node.outputs.some((name) => collected.has(name))) continue;
    if (!uses.get(node)!.some((name) => varies.has(name))) continue;
    const rule = node.domain === '' ? rules[node.op] : undefined;
    if (rule === undefined) return unsupported(node, 'has no gradient rule');
    rule(backward(node)).forEach((gradient, position) => {
      const name = node.inputs[position] ?? '';
      if (gradient === null || !varies.has(name)) return;
      const parts = collected.get(name);
      if (parts) parts.push(gradient);
      else collected.set(name, [gradient]);
    });
  }
  return new Map(
    wanted.flatMap((name) => {
      const gradient = total(name);
      return gradient === null ? [] : [[name, gradient] as const];
    }),
  );
};
