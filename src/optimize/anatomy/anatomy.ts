import type { Model, Refusal } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { blockAround, blockName, chained } from './blocks.ts';
import { coreAt } from './cores.ts';
import { layersOf } from './layers.ts';
import { normsOf } from './norms.ts';
import { tablesBehind } from './tables.ts';
import type { Anatomy, Block } from './types.ts';
import { viewOf } from './walk.ts';

/** Find the parts of a transformer: blocks with their heads and feed-forward parts, and the tables before them. Knows spelled-out
 *  and fused operators, normalization before and behind, packed projections, grouped heads, gated and parallel feed-forward parts.
 *  Reads nothing but small constants. Weights other than float32 are not seen as linear layers.
 *  Answers a refusal where no block is found; what looked like one is told in `skipped` or in the refusal.
 *  Errors: `model/data` when the file of a small constant is gone. */
export const anatomyOf = (model: Model): Anatomy | Refusal => {
  const view = viewOf(model);
  const layers = layersOf(view);
  const norms = normsOf(view);
  const skipped: Refusal[] = [];
  const blocks: Block[] = [];
  for (const node of view.draft.nodes()) {
    const found = coreAt(view, layers, node);
    if (found === null) continue;
    const block = 'reason' in found ? found.reason : blockAround(view, layers, norms, found.core);
    if (typeof block === 'string') skipped.push({ reason: block, nodes: [labelOf(node)] });
    else blocks.push(block);
  }
  const { chain, apart } = chained(blocks);
  const [first] = chain;
  if (!first) {
    const [why] = skipped;
    return {
      reason: why
        ? `no transformer block is found: ${why.reason}`
        : 'no transformer block is found: nothing in the graph is attention',
      nodes: why?.nodes ?? [],
    };
  }
  for (const block of apart)
    skipped.push({ reason: 'it is no part of the longest chain of blocks', nodes: [blockName(block)] });
  return {
    width: first.attention.output.n,
    ...tablesBehind(view, layers, norms, first.input),
    embedded: first.input,
    blocks: chain,
    skipped,
  };
};
