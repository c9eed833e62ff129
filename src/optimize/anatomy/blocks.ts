import type { Node } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { outputBehind, type Core } from './cores.ts';
import { feedForwardOf } from './feed-forward.ts';
import type { Layers } from './layers.ts';
import type { Norms } from './norms.ts';
import { sumBehind, sumOf, type Sum } from './sums.ts';
import type { Attention, Block } from './types.ts';
import { rootOf, type View } from './walk.ts';

/** Nodes on the way from `input` to `output` that nothing else needs. */
const ownNodes = ({ draft }: View, input: string, output: string): readonly Node[] => {
  const own = new Set<Node>();
  const queue = [output];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const node = name === input ? undefined : draft.producer(name);
    if (!node || own.has(node)) continue;
    own.add(node);
    queue.push(...node.inputs);
  }
  const last = draft.producer(output);
  const leaks = (node: Node): boolean =>
    node.outputs.some(
      (name) =>
        name !== output &&
        name !== '' &&
        (draft.isOutput(name) || draft.capturedBySubgraph(name) || draft.consumers(name).some((one) => !own.has(one))),
    );
  for (let before = -1; before !== own.size;) {
    before = own.size;
    for (const node of [...own].toReversed()) if (node !== last && leaks(node)) own.delete(node);
  }
  // A fused operator at the end may make the next block's normalization along with the sum.
  if (last && leaks(last)) own.delete(last);
  return draft.nodes().filter((node) => own.has(node));
};

/** A value's normalization, or the value itself where nothing else is done with it. */
const normalized = (view: View, norms: Norms, { sum, normed }: Sum): string | null => {
  if (normed !== null) return normed;
  const found = norms.of(sum);
  return found.length === 1 ? (found[0] ?? null) : null;
};

/** The block around an attention; a reason where its parts are not where they belong. */
export const blockAround = (view: View, layers: Layers, norms: Norms, core: Core): Block | string => {
  const output = outputBehind(view, layers, core.result);
  if (!output) return 'no linear layer takes the results of its heads';
  const { query, key, value, heads, keyHeads, headWidth } = core;
  if (output.k !== heads * headWidth)
    return `the layer behind its heads takes ${output.k} values, and the heads make ${heads * headWidth}`;
  const attention: Attention = {
    query,
    key,
    value,
    output,
    heads,
    keyHeads,
    headWidth,
    context: output.input,
    core: core.node,
  };
  const width = output.n;
  const read = rootOf(view, query.linear.input);
  if ([key, value].some(({ linear }) => rootOf(view, linear.input) !== read))
    return 'its keys and values come from other hidden states than its queries (attention between two sequences)';
  const first = sumOf(view, output);
  if (!first) return 'its result is not added to the hidden states that it was computed from';
  const before = norms.sourceOf(read);
  const isInput = (name: string): boolean => name === read || name === before;
  const finish = (input: string, norm: Block['norm'], last: Sum, feedForward: Block['feedForward']): Block | string => {
    const result = norm === 'before' ? last.sum : (normalized(view, norms, last) ?? last.sum);
    if (!view.draft.producer(result))
      return 'the hidden states behind it stay inside a fused operator (SkipLayerNormalization without its fourth output)';
    return { input, output: result, norm, attention, feedForward, nodes: ownNodes(view, input, result) };
  };
  if (!isInput(first.other)) {
    // Both results are added up first: x + (attention + feed-forward).
    const last = sumBehind(view, first.sum);
    if (!last || !isInput(last.other)) return 'what is added to its result is not what it was computed from';
    const beside = feedForwardOf(
      view,
      layers,
      [read, ...norms.of(last.other)],
      width,
      (one) => one.node === first.node,
    );
    if (typeof beside === 'string') return beside;
    return finish(last.other, last.other === read ? 'behind' : 'before', last, beside.feedForward);
  }
  const norm = first.other === read ? 'behind' : 'before';
  const middle = norm === 'before' ? first.sum : (normalized(view, norms, first) ?? first.sum);
  const inputs = norm === 'before' ? norms.of(middle) : [middle];
  // Where the feed-forward part reads what the attention reads (GPT-J), it still joins the sum of both.
  const candidates =
    inputs.length > 0 && norm === 'before' ? [...inputs, read, ...norms.of(first.other)] : [...inputs, read];
  const root = rootOf(view, middle);
  const found = feedForwardOf(view, layers, candidates, width, (one) => one.other === root && one.node !== first.node);
  if (typeof found === 'string') return found;
  return finish(first.other, norm, found.sum, found.feedForward);
};

/** Blocks in the order of the data, the longest chain of them; what stands apart, with its reason. */
export const chained = (
  blocks: readonly Block[],
): { readonly chain: readonly Block[]; readonly apart: readonly Block[] } => {
  const after = new Map(blocks.map((block) => [block.input, block]));
  const outputs = new Set(blocks.map(({ output }) => output));
  let chain: Block[] = [];
  for (const start of blocks.filter(({ input }) => !outputs.has(input))) {
    const one: Block[] = [];
    for (let block: Block | undefined = start; block && !one.includes(block); block = after.get(block.output))
      one.push(block);
    if (one.length > chain.length) chain = one;
  }
  return { chain, apart: blocks.filter((block) => !chain.includes(block)) };
};

/** How messages call a block: by its attention. */
export const blockName = ({ attention }: Block): string => labelOf(attention.core);
