import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Node, Tensor } from '../../contracts/index.ts';
import { graphsOf, hasSubgraph, intOf, labelOf, oneOf, op, shape, value } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { perChannelOf, scaledBias, scaledWeights } from './conv-channels.ts';
import type { Certain } from './no-ops.ts';

const convolutions = ['Conv', 'ConvTranspose'];
const conv = op(convolutions, [value()], { as: 'conv', more: true });

/** What stands behind a convolution. The other operand of a sum is a constant only sometimes: those misses stay silent. */
const pattern = shape(
  'Conv',
  oneOf(
    op('BatchNormalization', [conv], { more: true }),
    op(['Mul', 'Add', 'Div', 'Sub'], [conv, value('other')], { commutes: true }),
  ),
  { near: 2 },
);

const isFinite64 = (values: Float64Array | null): boolean => values === null || values.every(Number.isFinite);

/** The convolution's constants; a reason where one of them is none. */
const partsOf = (node: Node, draft: Draft): { weight: Tensor; bias: Tensor | null } | string => {
  const [, weightName = '', biasName = ''] = node.inputs;
  const weight = draft.constant(weightName);
  if (!weight) return `its weights ${weightName} are not constant`;
  if (weight.dtype !== 'float32' && weight.dtype !== 'float16') return `its weights are ${weight.dtype}`;
  if (weight.dims.length < 3) return 'its weights have fewer than three dimensions';
  const bias = biasName === '' ? null : draft.constant(biasName);
  if (biasName !== '' && !bias) return `its bias ${biasName} is not constant`;
  return { weight, bias };
};

const isShared = (name: string, node: Node, draft: Draft): boolean =>
  draft.isOutput(name) || draft.capturedBySubgraph(name) || draft.consumers(name).some((one) => one !== node);

/** Whether the other operand of a Mul, Div, Add or Sub is meant to be a constant; a residual is not. */
const isConstantLike = (name: string, draft: Draft): boolean => {
  for (let at = name, steps = 0; steps < 4; steps++) {
    if (draft.model.graph.initializers.has(at) || draft.constant(at)) return true;
    const maker = draft.producer(at);
    if (!maker || maker.inputs.length > 2 || hasSubgraph(maker)) return false;
    at = maker.inputs[0] ?? '';
  }
  return false;
};

const build =
  (known: Certain, context: Context) =>
  async (match: Match, draft: Draft): Promise<readonly NodeInit[] | string | null> => {
    const node = match.node('conv');
    const { root } = match;
    const other = match.maybe('other');
    if (other !== null && !isConstantLike(other, draft)) return null;
    const parts = partsOf(node, draft);
    if (typeof parts === 'string') return parts;
    const { weight, bias } = parts;
    const group = intOf(node, 'group', 1);
    const transposedBy = node.op === 'ConvTranspose' ? group : null;
    const channels = transposedBy === null ? (weight.dims[0] ?? 0) : (weight.dims[1] ?? 0) * group;
    if ((draft.model.opsets.get('') ?? 1) < 7) return 'operator set 7 or later is needed';
    if (channels === 0 || group < 1 || (weight.dims[0] ?? 0) % group !== 0) return 'its channels do not fit its groups';
    const output = node.outputs[0] ?? '';
    const change = await perChannelOf(root, output, channels, weight.dims.length, draft, known, context);
    if (typeof change === 'string') return change;
    if (!isFinite64(change.scale) || !isFinite64(change.shift)) return 'a factor or term is not finite';
    const [input = '', weightName = ''] = node.inputs;
    if (change.scale && isShared(weightName, node, draft))
      return `the weights ${weightName} are used elsewhere, too: folding would copy them`;
    const scaled = change.scale ? await scaledWeights(weight, change.scale, transposedBy, context) : null;
    const sum = await scaledBias(bias, change, weight, context);
    if (!sum || (change.scale && !scaled)) return 'its weights and bias do not fit each other';
    const label = labelOf(node);
    const newWeight = scaled ? draft.addInitializer(`${label}_weight`, await context.keep(scaled)) : weightName;
    const newBias = draft.addInitializer(`${label}_bias`, await context.keep(sum));
    const { name, op: kind, attributes } = node;
    return [{ name, op: kind, attributes, inputs: [input, newWeight, newBias], outputs: root.outputs.slice(0, 1) }];
  };

const rewrites =
  (context: Context) =>
  (known: Certain): readonly Rewrite[] => [
    { shape: pattern, what: 'constants behind a convolution went into its weights', build: build(known, context) },
  ];

/** Constants for each channel behind a convolution, folded into its weights and bias.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; `model/no-space`; cancellation.
 *  Source: Jacob et al. 2018, §3.2 (batch normalization folding); ONNX BatchNormalization, inference form. */
export const convBatchNormalization = defineTechnique({
  id: 'fuse/conv-batch-normalization',
  version: 1,
  title: 'Batch normalization into the convolution',
  source: 'Jacob et al. 2018, §3.2; ONNX operator specification, BatchNormalization',
  summary:
    'Folds a BatchNormalization, and any Mul, Div, Add or Sub by one constant a channel, into the weights and bias of the Conv ' +
    'or ConvTranspose in front. The answers differ by rounding only. ONNX Runtime does it for Conv at every load, so on CPUs ' +
    'expect 0 to 6 %; it matters before quantization, which then sees the weights that really count.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => convolutions.includes(node.op) && node.domain === ''))
      ? null
      : { reason: 'the graph has no Conv or ConvTranspose', nodes: [] },
  apply: (model, _options, context) =>
    fuseByPattern(model, context, [rewrites(context)], 'no constant for each channel follows a convolution'),
});
