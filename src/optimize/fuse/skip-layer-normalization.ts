import { defineTechnique } from '../../contracts/index.ts';
import type { Node } from '../../contracts/index.ts';
import { absent, float, floatOf, graphsOf, intOf, oneOf, op, shape, value } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { sameDim, sameDims, unfitType } from './certain.ts';
import type { Certain } from './no-ops.ts';

const full = ['LayerNormalization'];
const simple = ['SimplifiedLayerNormalization', 'RMSNormalization'];

const isConstantOrGiven = (draft: Draft, name: string): boolean =>
  draft.constant(name) !== null || draft.producer(name) === undefined;

/** Why the sum of a match cannot go into its normalization; null when it can. */
const objection = (match: Match, draft: Draft, known: Certain): string | null => {
  const norm = match.node('norm');
  const sum = match.node('sum').outputs[0] ?? '';
  const dims = known.shape(sum);
  const wrong = unfitType(known, sum);
  if (wrong !== null) return wrong;
  if (draft.isOutput(sum)) return `the sum ${sum} is also an output of the graph`;
  if (!dims) return `the shape of ${sum} is not known`;
  if (dims.length !== 2 && dims.length !== 3) return `${sum} has ${dims.length} dimensions, the operator takes 2 or 3`;
  const axis = intOf(norm, 'axis', -1);
  if (axis !== -1 && axis !== dims.length - 1) return 'it normalizes over more axes than the last';
  if (intOf(norm, 'stash_type', 1) !== 1) return 'it computes in another type than float32';
  for (const part of ['a', 'b']) {
    const name = match.value(part);
    if (!sameDims(known.shape(name), dims)) return `${name} may be spread to the shape of the sum ${sum}`;
  }
  for (const part of ['gamma', 'beta', 'bias']) {
    const name = match.maybe(part);
    if (name === null) continue;
    const vector = known.shape(name);
    if (vector?.length !== 1 || !sameDim(vector[0], dims.at(-1)))
      return `${part} (${name}) is not known to be a vector as long as the last axis`;
    // A value computed from the sum would have to be there before the sum is.
    if (!isConstantOrGiven(draft, name)) return `${part} (${name}) is computed`;
  }
  return null;
};

const usedElsewhere = (draft: Draft, sum: string, norm: Node): boolean =>
  draft.isOutput(sum) ||
  draft.capturedBySubgraph(sum) ||
  draft.consumers(sum).some((one) => one !== norm && one.outputs.some(draft.isUsed));

const gamma = value('gamma');
const withBias = op('Add', [value('a'), value('bias')]);
const operators = [
  { name: 'SkipLayerNormalization', of: full, rest: [gamma, oneOf(absent, value('beta'))] },
  { name: 'SkipSimplifiedLayerNormalization', of: simple, rest: [gamma] },
] as const;

/** A normalization of a sum, which may be used elsewhere; first the form whose sum also holds a bias. */
const rewrites = (known: Certain): readonly Rewrite[] =>
  operators.flatMap(({ name, of, rest }) =>
    [withBias, value('a')].map((first): Rewrite => {
      const sum = op('Add', [first, value('b')], { as: 'sum', shared: true });
      const where = (match: Match, draft: Draft): string | null => objection(match, draft, known);
      return {
        shape: shape(name, op(of, [sum, ...rest], { as: 'norm' }), { near: first === withBias ? 9 : 2, where }),
        what: `${name}: a sum and its normalization in one`,
        build: (match, draft) => [fuse(name, match, draft)],
      };
    }),
  );

const fuse = (name: string, match: Match, draft: Draft): NodeInit => {
  draft.requireOpset('com.microsoft', 1);
  const sum = match.node('sum').outputs[0] ?? '';
  const bias = match.maybe('bias') ?? '';
  const optional = name === 'SkipLayerNormalization' ? [match.maybe('beta') ?? '', bias] : [bias];
  const inputs = [match.value('a'), match.value('b'), match.value('gamma'), ...optional];
  while (inputs.at(-1) === '') inputs.pop();
  const [output = ''] = match.root.outputs;
  const node = {
    op: name,
    domain: 'com.microsoft',
    inputs,
    attributes: { epsilon: float(floatOf(match.root, 'epsilon', 1e-5)) },
  };
  if (!usedElsewhere(draft, sum, match.root)) return { ...node, outputs: [output] };
  const fourth = draft.fresh(`${sum}_sum`);
  draft.rename(sum, fourth);
  return { ...node, outputs: [output, '', '', fourth] };
};

/** A residual sum and the normalization behind it as one operator; the sum stays available where it is used elsewhere.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; cancellation. Source: ONNX Runtime ContribOperators.md. */
export const skipLayerNormalization = defineTechnique({
  id: 'fuse/skip-layer-normalization',
  version: 1,
  title: 'Residual sum and normalization in one',
  source: 'ONNX Runtime ContribOperators.md: SkipLayerNormalization, SkipSimplifiedLayerNormalization',
  summary:
    'Puts the sum in front of a layer normalization, and a bias in that sum, into one operator of ONNX Runtime. Run it after ' +
    'fuse/layer-normalization. The answers differ by rounding only. Other runtimes do not have the operator. ONNX Runtime ' +
    'does part of it itself at load: on CPUs expect 0 to 6 % from all fusions together.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) =>
    graphsOf(model).some(({ nodes }) =>
      nodes.some(({ op: name, domain }) => domain === '' && [...full, ...simple].includes(name)),
    )
      ? null
      : {
          reason: 'the graph has no LayerNormalization; where it is written out, run fuse/layer-normalization first',
          nodes: [],
        },
  apply: (model, _options, context) =>
    fuseByPattern(model, context, [rewrites], 'no normalization follows a sum of two values'),
});
