import type { Node } from '../../contracts/index.ts';
import type { Knowledge } from '../writing/knowledge.ts';
import type { Narrowed } from './narrow.ts';

/** A node that computes all places, and why. */
export interface Whole {
  readonly node: Node;
  readonly reason: string;
}

export const isProduct = ({ op }: Node): boolean => op === 'MatMul' || op === 'FusedMatMul';

const none = 'no product before it runs for each place by itself';

/** Why nothing is gained before a node that takes one place: what is nearest to it. */
export const whyLeft = (pick: Node, { nodes, whole }: Narrowed, { maker }: Pick<Knowledge, 'maker'>): string => {
  const names = [pick.inputs[0]!];
  for (const name of names) {
    const node = maker(name);
    if (node === null) continue;
    const stop = whole.get(node);
    if (stop !== undefined) return stop.proof ? `${none}: ${stop.reason}` : stop.reason;
    const demands = nodes.get(node)?.demands ?? [];
    names.push(...node.inputs.filter((input, i) => (demands[i] ?? null) !== null && !names.includes(input)));
  }
  return none;
};

/** Whether a product is behind what a node computes; a product's shape alone costs nothing. */
const costs = (node: Node, { maker }: Pick<Knowledge, 'maker'>): boolean => {
  const seen = new Set([node]);
  for (const one of seen) {
    if (isProduct(one)) return true;
    if (one.op === 'Shape') continue;
    for (const name of one.inputs) {
      const before = maker(name);
      if (before !== null) seen.add(before);
    }
  }
  return false;
};

/** Nodes that would let more products run for one place alone, could it be proved that they keep places apart. */
export const heldUp = ({ whole }: Narrowed, known: Pick<Knowledge, 'maker'>): readonly Whole[] =>
  [...whole].flatMap(([node, { reason, proof }]) =>
    proof && costs(node, known) ? [{ node, reason: `products before it run for all places: ${reason}` }] : [],
  );
