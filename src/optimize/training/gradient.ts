import { SteelyardError } from '../../contracts/index.ts';
import type { DataType, Model, Node } from '../../contracts/index.ts';
import { capturesOfNode, hasSubgraph } from '../../model/graph/index.ts';
import { decompositionOf } from './decompose/table.ts';
import type { Emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { isFlat, isStraight, ruleOf } from './rules/index.ts';
import { checkOpset, placeOf, takeApart, unsupported } from './take-apart.ts';
import type { Backward } from './types.ts';

const floats: ReadonlySet<DataType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** All values that a node uses: the body of an If, Loop or Scan uses some without naming them as inputs. */
const usesOf = (node: Node): readonly string[] => [...node.inputs, ...capturesOfNode(node)];

/** The nodes that a value depends on. */
const before = ({ graph }: Model, value: string): ReadonlySet<Node> => {
  const names = new Set([value]);
  const found = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    found.add(node);
    for (const name of usesOf(node)) names.add(name);
  }
  return found;
};

export interface DifferentiateOptions {
  /** Values that count as constants: no gradient passes them. x + stop(q(x) − x) with `stop`'s value named here is the
   *  straight-through estimator. Source: Bengio et al. 2013. */
  readonly constant?: ReadonlySet<string>;
}

/** Reverse-mode differentiation of a graph as a graph: writes the nodes that compute ∂loss/∂value for each wanted value. Fused
 *  operators are taken apart on the way, and what their parts compute is written too (`decompose` the model before, and nothing is
 *  computed twice). Rounding in QuantizeLinear counts as the identity.
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
  checkOpset(to.opset);
  const known = knowledgeOf(model, to);
  const lossFact = known.fact(loss);
  const lossType = lossFact?.dtype ?? 'float32';
  if ((lossFact?.dims ?? []).length > 0 || !floats.has(lossType))
    throw new SteelyardError('training/loss', `the loss "${loss}" must be a scalar of a float type`);

  // Forward: what depends on a wanted value in a way that a gradient can follow.
  const varies = new Set(wanted.filter((name) => !stops.has(name)));
  const reach = (node: Node): boolean => {
    known.learn(node);
    if (isFlat(node) || !usesOf(node).some((name) => varies.has(name))) return false;
    const straight = isStraight(node);
    for (const output of node.outputs) {
      const dtype = known.fact(output)?.dtype ?? null;
      if (output !== '' && !stops.has(output) && (straight || dtype === null || floats.has(dtype))) varies.add(output);
    }
    return true;
  };
  const ahead = before(model, loss);
  const path: Node[] = [];
  const unmade = new Map<string, Node>();
  for (const node of graph.nodes) {
    if (!reach(node)) continue;
    const decomposition = ruleOf(node) === undefined ? decompositionOf(node) : undefined;
    if (decomposition === undefined || !ahead.has(node)) {
      path.push(node);
      continue;
    }
    const own = new Set(node.outputs);
    const parts = takeApart(node, decomposition, to, known);
    parts.unmade.forEach((name) => unmade.set(name, node));
    for (const part of parts.nodes) {
      if (reach(part)) path.push(part);
      // The node itself makes these already.
      if (!part.outputs.every((name) => own.has(name))) to.write(part);
    }
  }
  if (!varies.has(loss)) return new Map();
  if (unmade.has(loss)) return unsupported(unmade.get(loss)!, 'makes the loss in an output that has no gradient');

  // Backward: every value collects one gradient from each use.
  const collected = new Map<string, string[]>([[loss, [to.scalar(lossType, 1)]]]);
  const totals = new Map<string, string>();
  const total = (name: string): string | null => {
    const done = totals.get(name);
    if (done !== undefined) return done;
    const parts = collected.get(name);
    if (parts === undefined) return null;
    // Not one Sum of all: the runtime adds two values in place and on all threads.
    const sum = parts.reduce((left, right) => to.emit('Add', [left, right]));
    totals.set(name, sum);
    return sum;
  };

  const backward = (node: Node): Backward => {
    const at: Backward = {
      ...placeOf(node, to, known),
      output: (position = 0) => node.outputs[position] ?? '',
      grad: (position = 0) => {
        const name = node.outputs[position] ?? '';
        return name === '' ? null : total(name);
      },
      get dy() {
        return at.grad() ?? unsupported(node, 'has an output that the loss uses in an unexpected way');
      },
      wants: (position) => varies.has(node.inputs[position] ?? ''),
    };
    return at;
  };

  for (const node of path.toReversed()) {
    if (!node.outputs.some((name) => collected.has(name))) continue;
    const rule = ruleOf(node);
    if (rule === undefined)
      return unsupported(
        node,
        hasSubgraph(node) ? 'has bodies: no gradient goes through them' : 'has no gradient rule',
      );
    rule(backward(node)).forEach((gradient, position) => {
      const name = node.inputs[position] ?? '';
      if (gradient === null || !varies.has(name)) return;
      const maker = unmade.get(name);
      if (maker !== undefined) unsupported(maker, `has a loss that depends on its output "${name}"`);
      const parts = collected.get(name);
      if (parts) parts.push(gradient);
      else collected.set(name, [gradient]);
    });
  }
  return new Map(
    wanted.flatMap((name) => {
      const gradient = stops.has(name) ? null : total(name);
      return gradient === null ? [] : [[name, gradient] as const];
    }),
  );
};
