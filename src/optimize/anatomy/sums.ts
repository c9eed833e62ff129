import type { Node } from '../../contracts/index.ts';
import type { Linear } from '../linear.ts';
import { addedVector } from './layers.ts';
import { innerSum, isSkipNorm } from './norms.ts';
import { copies, isOp, rootOf, usersOf, type View } from './walk.ts';

/** Where a layer's result joins the stream of hidden states. */
export interface Sum {
  readonly node: Node;
  /** What the result is added to. */
  readonly other: string;
  /** The sum; a name of its own where the graph keeps it inside a fused operator. */
  readonly sum: string;
  /** Its normalization, where the same operator makes it. */
  readonly normed: string | null;
}

const isScale = (view: View, node: Node, value: string): boolean => {
  const other = node.inputs[0] === value ? node.inputs[1] : node.inputs[0];
  return isOp(node, 'Mul') && other !== undefined && view.draft.constant(other) !== null;
};

/** The next sum of two computed values behind a value: over biases, scales and what only hands on. null: there is none, or the
 *  value is used elsewhere, too. */
export const sumBehind = (view: View, start: string): Sum | null => {
  let value = start;
  for (let steps = 0; steps < 16; steps++) {
    const users = usersOf(view, value);
    const [node] = users;
    if (users.length !== 1 || !node) return null;
    const [a = '', b = ''] = node.inputs;
    const other = a === value ? b : a;
    if (isSkipNorm(node))
      return a === value || b === value
        ? { node, other: rootOf(view, other), sum: innerSum(node), normed: node.outputs[0] ?? '' }
        : null;
    if (addedVector(view, node, value) !== null || copies(view, node) || isScale(view, node, value)) {
      value = node.outputs[0] ?? '';
      continue;
    }
    if (!isOp(node, 'Add') || view.draft.constant(other) !== null || a === b) return null;
    // A bias may come behind the sum.
    let sum = node.outputs[0] ?? '';
    const behind = usersOf(view, sum);
    const [next] = behind;
    if (behind.length === 1 && next && addedVector(view, next, sum) !== null) sum = next.outputs[0] ?? '';
    return { node, other: rootOf(view, other), sum: rootOf(view, sum), normed: null };
  }
  return null;
};

export const sumOf = (view: View, linear: Linear): Sum | null => sumBehind(view, linear.node.outputs[0] ?? '');
