import type { Model, Node } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { sizesOf } from '../fuse/attention/sizes.ts';
import type { View } from '../fuse/attention/heads.ts';

export type { View };

/** What the graph knows, together. */
export const viewOf = (model: Model): View => {
  const draft = edit(model);
  return { draft, sizes: sizesOf(draft) };
};

/** A node of one of the two domains that are looked into. */
export interface StandardNode extends Node {
  readonly domain: '';
}
export interface MicrosoftNode extends Node {
  readonly domain: 'com.microsoft';
}

export const isOp = (node: Node | undefined | null, ...ops: string[]): node is StandardNode =>
  node !== undefined && node !== null && node.domain === '' && ops.includes(node.op);

export const isMicrosoft = (node: Node | undefined | null, ...ops: string[]): node is MicrosoftNode =>
  node !== undefined && node !== null && node.domain === 'com.microsoft' && ops.includes(node.op);

export const lastOf = ({ sizes }: View, name: string): number | null => {
  const last = sizes.dims(name)?.at(-1);
  return typeof last === 'number' ? last : null;
};

/** Reshape, Squeeze, Unsqueeze and Flatten that leave the last axis alone. */
const keepsLast = (view: View, node: Node): boolean => {
  const before = lastOf(view, node.inputs[0] ?? '');
  return before !== null && before === lastOf(view, node.outputs[0] ?? '');
};

/** Whether a node hands on its first input: the same numbers for inference, perhaps with other leading axes. */
export const copies = (view: View, node: Node): boolean =>
  isOp(node, 'Identity', 'Cast', 'Dropout') ||
  (isOp(node, 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten') && keepsLast(view, node));

/** The first value that holds these numbers: back through nodes that only hand on. */
export const rootOf = (view: View, start: string): string => {
  let name = start;
  for (let steps = 0; steps < 32; steps++) {
    const node = view.draft.producer(name);
    const input = node?.inputs[0] ?? '';
    if (!node || input === '' || name !== node.outputs[0] || !copies(view, node)) return name;
    name = input;
  }
  return name;
};

/** Users of a value, without those that only ask for its shape. */
export const usersOf = ({ draft }: View, name: string): readonly Node[] =>
  draft.consumers(name).filter((node) => !isOp(node, 'Shape', 'Size'));

/** All users of these numbers: also behind nodes that only hand them on. */
export const usersBehind = (view: View, name: string, depth = 0): readonly { node: Node; value: string }[] =>
  depth > 16
    ? []
    : usersOf(view, name).flatMap((node) =>
        copies(view, node) && node.inputs[0] === name
          ? usersBehind(view, node.outputs[0] ?? '', depth + 1)
          : [{ node, value: name }],
      );
