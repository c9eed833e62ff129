import type { Node, Refusal } from '../../contracts/index.ts';
import { intOf, labelOf, type Draft } from '../../model/graph/index.ts';

/** A place where ids are read: input number `at` of a node. */
export interface Use {
  readonly node: Node;
  readonly at: number;
}

export interface Carriers {
  /** Values that hold ids as they are, whatever their shape: the input itself and what only moves it. */
  readonly names: ReadonlySet<string>;
  /** What else reads them. */
  readonly uses: readonly Use[];
  /** Why their meaning cannot change: they leave the graph. */
  readonly escape: Refusal | null;
}

const movers = new Set([
  'Identity',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Flatten',
  'Transpose',
  'Slice',
  'Split',
  'Expand',
  'Tile',
  'Gather',
]);
/** int32 and int64 as Cast names them. */
const integers = new Set([6, 7]);

const moves = (node: Node): boolean =>
  node.domain === '' && (movers.has(node.op) || (node.op === 'Cast' && integers.has(intOf(node, 'to', 0))));

/** Follow an input through operators that move its values without changing them. */
export const carriersOf = (draft: Draft, input: string): Carriers => {
  const names = new Set([input]);
  const uses: Use[] = [];
  let escape: Refusal | null = null;
  const waiting = [input];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (draft.isOutput(name)) escape ??= { reason: `the ids are an output of the model, ${name}`, nodes: [] };
    if (draft.capturedBySubgraph(name)) escape ??= { reason: 'the ids are used inside a subgraph', nodes: [] };
    for (const node of draft.consumers(name))
      for (const [at, one] of node.inputs.entries()) {
        if (one !== name) continue;
        if (at > 0 || !moves(node)) uses.push({ node, at });
        else
          for (const output of node.outputs)
            if (output !== '' && !names.has(output)) {
              names.add(output);
              waiting.push(output);
            }
      }
  }
  return { names, uses, escape };
};

/** Compared with constant ids, which change with them. */
export interface Comparison {
  readonly node: Node;
  /** Place of the constant among its inputs. */
  readonly at: number;
}

const sizes = new Set(['Shape', 'Size']);
const bool = 9;

/** What a use that is no lookup asks of ids that change: nothing (their shape, whether they are 0), a constant to change, or why they cannot. */
export const demandOf = (draft: Draft, { node, at }: Use): Comparison | Refusal | null => {
  if (node.domain === '' && sizes.has(node.op)) return null;
  // Id 0 stays 0 and no other becomes 0.
  if (node.domain === '' && node.op === 'Cast' && intOf(node, 'to', 0) === bool) return null;
  if (node.domain === '' && node.op === 'Equal') {
    const other = at === 0 ? 1 : 0;
    const constant = draft.constant(node.inputs[other] ?? '');
    if (constant !== null) return { node, at: other };
  }
  return { reason: `the ids are also used by ${node.op} ${labelOf(node)}`, nodes: [labelOf(node)] };
};
