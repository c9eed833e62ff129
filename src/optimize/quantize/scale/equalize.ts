import { SteelyardError, defineTechnique } from '../../../contracts/index.ts';
import type { Context } from '../../../contracts/index.ts';
import { edit, labelOf, type Draft } from '../../../model/graph/index.ts';
import { inverse, largestOf, multiply } from './axis.ts';
import { pairsOf, type Pair, type Side } from './pairs.ts';

const usable = (factor: number): number => (factor > 0 && factor < Number.POSITIVE_INFINITY ? factor : 1);

/** Factors by which the first weight's channels are divided so that both have √(r₁ r₂) as their largest: s = √(r₁ / r₂); 1 where a
 *  channel is all zeros. Source: Nagel et al. 2019, §4.1. */
export const equalizingFactors = (first: Float32Array, second: Float32Array): Float32Array =>
  first.map((size, i) => usable(Math.sqrt(size / second[i]!)));

/** The same for three weights in a row, the middle one depthwise: all end with ∛(r₁ r₂ r₃). */
export const equalizingTriple = (
  first: Float32Array,
  middle: Float32Array,
  last: Float32Array,
): { readonly before: Float32Array; readonly behind: Float32Array } => {
  const root = first.map((size, i) => Math.cbrt(size * middle[i]! * last[i]!));
  const good = root.map((value) => (value > 0 && value < Number.POSITIVE_INFINITY ? 1 : 0));
  return {
    before: first.map((size, i) => (good[i] === 1 ? usable(size / root[i]!) : 1)),
    behind: last.map((size, i) => (good[i] === 1 ? usable(root[i]! / size) : 1)),
  };
};

/** The largest of all channels that are `period` apart, for each of them. */
export const sharedEvery = (sizes: Float32Array, period: number): Float32Array => {
  const most = new Float32Array(period);
  sizes.forEach((size, i) => {
    most[i % period] = Math.max(most[i % period]!, size);
  });
  return sizes.map((_, i) => most[i % period]!);
};

const times = async (
  draft: Draft,
  side: Side,
  factors: Float32Array,
  context: Context,
  what: string,
): Promise<void> => {
  for (const operand of side.operands) await multiply(draft, operand, factors, context, what);
};

const words: Readonly<Record<Pair['kind'], string>> = {
  chain: 'output channels balanced with the layer behind',
  depthwise: 'channels balanced with the depthwise layer and the one behind',
  value: 'value channels balanced with the output projection',
  query: 'query channels balanced with the keys',
};

/** Cheap sign that nothing will change: largest relative factor below 1 %. */
const idle = (factors: Float32Array): boolean => factors.every((factor) => factor > 0.99 && factor < 1.01);

const apply = async (draft: Draft, pair: Pair, context: Context): Promise<string | null> => {
  const { first, second, middle, kind, period } = pair;
  const sizes = await Promise.all(
    [first, second].map(async ({ weight }) => {
      const own = await largestOf(draft, weight, context);
      return period === null ? own : sharedEvery(own, period);
    }),
  );
  const [one, two] = sizes as [Float32Array, Float32Array];
  const between = middle === null ? null : await largestOf(draft, middle.weight, context);
  if ([one, two, between ?? one].some((list) => list.some((size) => !Number.isFinite(size))))
    return 'a weight holds NaN or infinity';
  const what = words[kind];
  if (middle !== null && between !== null) {
    const { before, behind } = equalizingTriple(one, between, two);
    if (idle(before) && idle(behind)) return 'its channels are balanced already';
    await times(draft, first, inverse(before), context, what);
    // The middle reads channels multiplied by 1 / before and hands them on multiplied by 1 / behind.
    const weight = before.map((factor, i) => factor / behind[i]!);
    for (const operand of middle.operands)
      await multiply(draft, operand, operand.position === 1 ? weight : inverse(behind), context, what);
    await times(draft, second, behind, context, what);
    return null;
  }
  const factors = equalizingFactors(one, two);
  if (idle(factors)) return 'its channels are balanced already';
  await times(draft, first, inverse(factors), context, what);
  await times(draft, second, factors, context, what);
  return null;
};

/** Cross-layer equalization: channels that one layer makes large and the next reads with small weights are evened out.
 *  Shapes: unchanged. Errors: `engine/cancelled`. Source: Nagel et al. 2019, "Data-free quantization", §4.1. */
export const equalize = defineTechnique({
  id: 'quantize/equalize',
  version: 3,
  title: 'Balanced weights',
  source: 'Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction", §4.1',
  summary:
    'Evens out the channel sizes of neighboring weights, so that one scale per weight loses less; the model computes the same. ' +
    'Works across Relu, PRelu, pooling and depthwise convolutions, between values and the output projection of attention, and between queries and keys. ' +
    'Never across Gelu, which a factor does not pass. Needs no data; run it before per-tensor int8.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {
    rounds: {
      kind: 'integer',
      default: 2,
      min: 1,
      max: 10,
      description: 'How often all pairs are balanced in turn: in chains each layer has two neighbors.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave as they are; * matches any characters.',
    },
  },
  place: { stage: 'scales', saves: [], with: ['quantize/static'] },
  tolerance: () => 1e-3,
  check: ({ graph }) =>
    graph.nodes.some(({ op, domain }) => domain === '' && (op === 'MatMul' || op === 'Gemm' || op === 'Conv'))
      ? null
      : { reason: 'the graph has no MatMul, Gemm or Conv', nodes: [] },
  async apply(model, options, context) {
    const draft = edit(model);
    const pairs = pairsOf(draft, options.exclude);
    const idleReasons = new Map<Pair, string>();
    const changed = new Set<Pair>();
    for (let round = 0; round < options.rounds; round++)
      for (const [index, pair] of pairs.entries()) {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while balancing');
        context.progress({
          label: 'balancing weights',
          done: round * pairs.length + index,
          total: options.rounds * pairs.length,
          detail: labelOf(pair.first.node),
        });
        const reason = await apply(draft, pair, context);
        if (reason === null) changed.add(pair);
        else idleReasons.set(pair, reason);
      }
    for (const [pair, reason] of idleReasons) if (!changed.has(pair)) draft.skip(pair.second.node, reason);
    return draft.done();
  },
});
