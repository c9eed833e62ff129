import type { Node } from '../../contracts/index.ts';
import type { Linear } from '../linear.ts';
import { addedVector, type Layers } from './layers.ts';
import { sumOf, type Sum } from './sums.ts';
import type { FeedForward } from './types.ts';
import { copies, isMicrosoft, isOp, rootOf, usersBehind, usersOf, type View } from './walk.ts';

const elementwise = new Set(
  'Add Sub Mul Div Pow Sqrt Erf Tanh Sigmoid Relu LeakyRelu Elu Selu Celu PRelu HardSigmoid HardSwish Mish Softplus Softsign Swish Gelu Clip Min Max Where Identity Cast Dropout Reshape Squeeze Unsqueeze Exp Neg Abs Greater Less'.split(
    ' ',
  ),
);
const elementwiseMicrosoft = new Set('Gelu FastGelu QuickGelu BiasGelu BiasSplitGelu BiasAdd'.split(' '));

/** Layers that a value reaches over elementwise operators. */
const reached = (view: View, layers: Layers, start: string): readonly Linear[] => {
  const found = new Set<Linear>();
  const seen = new Set<string>();
  const queue = [start];
  for (let name = queue.pop(); name !== undefined && seen.size < 64; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const node of usersOf(view, name)) {
      const linear = layers.at(node);
      if (linear?.input === name) found.add(linear);
      else if (node.domain === '' ? elementwise.has(node.op) : isMicrosoft(node, ...elementwiseMicrosoft))
        queue.push(node.outputs[0] ?? '');
    }
  }
  return [...found];
};

/** Whether a value goes, over bias and layout alone, into one product with something else: no activation of its own. */
const isBare = (view: View, start: string): boolean => {
  let value = start;
  for (let steps = 0; steps < 8; steps++) {
    const users = usersOf(view, value);
    const [node] = users;
    if (users.length !== 1 || !node) return false;
    if (isOp(node, 'Mul')) return node.inputs.every((one) => view.draft.constant(one) === null);
    if (addedVector(view, node, value) === null && !copies(view, node)) return false;
    value = node.outputs[0] ?? '';
  }
  return false;
};

export interface FoundFeedForward {
  readonly feedForward: FeedForward;
  readonly sum: Sum;
}

/** A value's feed-forward part whose result fits `accepts`; a reason where there is none. `inputs`: values that it may read. */
export const feedForwardOf = (
  view: View,
  layers: Layers,
  inputs: readonly string[],
  width: number,
  accepts: (sum: Sum) => boolean,
): FoundFeedForward | string => {
  const downs = new Map<Node, { down: Linear; sum: Sum; ups: Linear[] }>();
  for (const input of new Set(inputs.map((one) => rootOf(view, one))))
    for (const { node, value } of usersBehind(view, input)) {
      const up = layers.at(node);
      if (up?.input !== value) continue;
      for (const down of reached(view, layers, up.node.outputs[0] ?? '')) {
        if (down.n !== width || down.k !== up.n) continue;
        const known = downs.get(down.node);
        if (known) {
          if (!known.ups.includes(up)) known.ups.push(up);
          continue;
        }
        const sum = sumOf(view, down);
        if (sum && accepts(sum)) downs.set(down.node, { down, sum, ups: [up] });
      }
    }
  const [only] = downs.values();
  if (downs.size > 1) return 'more than one feed-forward part joins the stream at once (experts?)';
  if (!only) return 'no pair of linear layers with elementwise operators between them follows it';
  const { down, sum, ups } = only;
  const part = (up: Linear, gate: Linear | null): FoundFeedForward => ({
    feedForward: { up, gate, down, hidden: down.input, size: down.k },
    sum,
  });
  const [first, second, third] = ups;
  if (!first || third) return `${ups.length} layers lead into one feed-forward result`;
  if (!second) return part(first, null);
  const bare = ups.filter((one) => isBare(view, one.node.outputs[0] ?? ''));
  const [up] = bare;
  if (bare.length !== 1 || !up) return 'which of its two first layers is the gate is not certain';
  return part(up, up === first ? second : first);
};
