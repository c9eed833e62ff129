import type { Node } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { isLinear, linearOf, type Linear } from '../linear.ts';
import { copies, isOp, lastOf, usersOf, type View } from './walk.ts';

/** The linear layers of a graph: one constant float32 matrix each. */
export interface Layers {
  /** The layer that this node computes; null: it is none. */
  at(node: Node | undefined | null): Linear | null;
  readonly all: readonly Linear[];
}

export const layersOf = ({ draft }: View): Layers => {
  const found = new Map<Node, Linear>();
  for (const node of draft.nodes()) {
    if (!isLinear(node)) continue;
    const linear = linearOf(node, (name) => draft.constant(name));
    if (typeof linear !== 'string' && linear.batch.length === 0) found.set(node, linear);
  }
  return { at: (node) => (node ? (found.get(node) ?? null) : null), all: [...found.values()] };
};

/** The constant vector that an Add puts on a value's last axis; null: it adds something else. */
export const addedVector = (view: View, node: Node, value: string): string | null => {
  if (!isOp(node, 'Add')) return null;
  const other = node.inputs[0] === value ? node.inputs[1] : node.inputs[0];
  const constant = other === undefined ? null : view.draft.constant(other);
  const wide = constant?.dims.at(-1);
  if (!constant || other === undefined || wide !== lastOf(view, value)) return null;
  return constant.dims.slice(0, -1).every((dim) => dim === 1) ? other : null;
};

/** The bias of a layer and the value with it: Gemm's third input, or an Add behind (a Reshape may stand between). */
export const resultOf = (view: View, linear: Linear): { readonly result: string; readonly bias: string | null } => {
  let value = linear.node.outputs[0] ?? '';
  if (linear.bias !== null) return { result: value, bias: view.draft.constant(linear.bias) ? linear.bias : null };
  for (let steps = 0; steps < 4; steps++) {
    const users = usersOf(view, value);
    const [user] = users;
    if (users.length !== 1 || !user || view.draft.isOutput(value)) break;
    const bias = addedVector(view, user, value);
    if (bias !== null) return { result: user.outputs[0] ?? '', bias };
    if (!copies(view, user)) break;
    value = user.outputs[0] ?? '';
  }
  return { result: linear.node.outputs[0] ?? '', bias: null };
};

export const nameOf = (linear: Linear): string => labelOf(linear.node);
