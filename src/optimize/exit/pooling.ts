import type { Model, Node } from '../../contracts/index.ts';
import { inferFacts } from '../../model/graph/index.ts';
import { isLinear } from '../linear.ts';
import { renameNode } from '../rename.ts';
import { dependentsOf, sliceOf } from '../slice.ts';

/** How a model turns the hidden states of all tokens into one vector a row. */
export interface Pooling {
  /** Nodes from the last hidden states to the vector: normalization, a mean under the mask, the first token, … */
  readonly nodes: readonly Node[];
  /** float32 [rows, width]. */
  readonly vector: string;
}

/** The way from the last block's output to the last vector of the same width in front of the next linear layer; where a linear layer comes
 *  first, to the first vector behind it. null when there is none. */
export const poolingOf = (model: Model, last: string, width: number): Pooling | null => {
  const facts = inferFacts(model);
  const dependents = dependentsOf(model.graph.nodes, last);
  let found: Pooling | null = null;
  for (const node of dependents)
    for (const vector of node.outputs) {
      const fact = facts.get(vector);
      if (fact?.dims?.length !== 2 || fact.dims[1] !== width || fact.dtype !== 'float32') continue;
      const way = new Set(sliceOf(dependents, [vector], new Set([last])));
      const nodes = dependents.filter((one) => way.has(one));
      if (found === null || !nodes.some(isLinear)) found = { nodes, vector };
    }
  return found;
};

/** The same way from other hidden states, under new names. */
export const poolFrom = (
  { nodes, vector }: Pooling,
  last: string,
  hidden: string,
  prefix: string,
  fresh: (hint: string) => string,
): { readonly nodes: readonly Node[]; readonly vector: string } => {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const names = new Map<string, string>([[last, hidden]]);
  const rename = (old: string): string => {
    const known = names.get(old);
    if (known !== undefined) return known;
    if (!made.has(old)) return old;
    const name = fresh(`${prefix}${old}`);
    names.set(old, name);
    return name;
  };
  return { nodes: nodes.map((node) => renameNode(node, rename, prefix)), vector: rename(vector) };
};
