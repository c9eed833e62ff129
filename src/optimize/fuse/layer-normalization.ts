import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Tensor } from '../../contracts/index.ts';
import { float, graphsOf, int } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { floatsToHalf, tensor } from '../../model/tensor/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { reducedAxes, sameDim, unfitType } from './certain.ts';
import { layerNorm, rmsNorm } from './layer-normalization-patterns.ts';
import type { Certain } from './no-ops.ts';

/** Why the parts of a match are no normalization over the last axis; null when they are. */
const objection = (match: Match, known: Certain): string | null => {
  const x = match.value('x');
  const shape = known.shape(x);
  const output = match.root.outputs[0] ?? '';
  const wrong = unfitType(known, x) ?? unfitType(known, output);
  if (wrong !== null) return wrong;
  if (known.dtype(x) !== known.dtype(output)) return `${x} and ${output} have different types`;
  for (const part of ['mean', 'variance']) {
    const node = match.maybeNode(part);
    const axes = node && reducedAxes(node, known);
    if (!node) continue;
    if (!axes) return `the axes of the ${part} are computed`;
    const last = axes.length === 1 && (axes[0] === -1 || (shape !== null && axes[0] === shape.length - 1));
    if (!last) return `the ${part} is not known to be taken over the last axis alone`;
  }
  if (!(match.number('epsilon') >= 0)) return `epsilon is ${match.number('epsilon')}`;
  if (match.numberRank > Math.max(1, shape?.length ?? 0)) return 'a constant may add a dimension to the result';
  const width = shape?.at(-1);
  for (const part of ['gamma', 'beta']) {
    const name = match.maybe(part);
    if (name === null) continue;
    const dims = known.shape(name);
    if (dims?.length !== 1 || !sameDim(dims[0], width))
      return `${part} (${name}) is not known to be a vector as long as the last axis`;
    if (known.dtype(name) !== known.dtype(x)) return `${part} (${name}) has another type than ${x}`;
  }
  return null;
};

const ones = (width: number, half: boolean): Tensor => {
  const values = new Float32Array(width).fill(1);
  return half ? tensor('float16', [width], floatsToHalf(values)) : tensor('float32', [width], values);
};

/** The scale of a match, or one of ones as wide as the last axis. */
const gammaOf = async (match: Match, draft: Draft, known: Certain, context: Context): Promise<string | null> => {
  const given = match.maybe('gamma');
  if (given !== null) return given;
  const x = match.value('x');
  const width = known.shape(x)?.at(-1);
  if (typeof width !== 'number' || width > 1 << 20) return null;
  return draft.addInitializer(`${x}_ones`, await context.keep(ones(width, known.dtype(x) === 'float16')));
};

const build =
  (known: Certain, context: Context, make: (draft: Draft, match: Match, gamma: string) => NodeInit) =>
  async (match: Match, draft: Draft): Promise<readonly NodeInit[] | string> => {
    const wrong = objection(match, known);
    if (wrong !== null) return wrong;
    const gamma = await gammaOf(match, draft, known, context);
    if (gamma === null) return 'it has no scale, and the length of the last axis is not known';
    return [make(draft, match, gamma)];
  };

const rewrites =
  (context: Context) =>
  (known: Certain): readonly Rewrite[] => [
    {
      shape: layerNorm,
      what: 'layer normalization written out',
      build: build(known, context, (_, match, gamma) => {
        const beta = match.maybe('beta');
        const attributes = { axis: int(-1), epsilon: float(match.number('epsilon')) };
        const inputs = [match.value('x'), gamma, ...(beta === null ? [] : [beta])];
        return { op: 'LayerNormalization', inputs, outputs: match.root.outputs, attributes };
      }),
    },
    {
      shape: rmsNorm,
      what: 'root mean square normalization written out',
      build: build(known, context, (draft, match, gamma) => {
        const standard = (draft.model.opsets.get('') ?? 1) >= 23;
        const attributes = { axis: int(-1), epsilon: float(match.number('epsilon')) };
        const name = standard ? 'RMSNormalization' : 'SimplifiedLayerNormalization';
        return { op: name, inputs: [match.value('x'), gamma], outputs: match.root.outputs, attributes };
      }),
    },
  ];

/** One operator for a normalization over the last axis.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; `model/no-space`; cancellation.
 *  Source: Ba et al. 2016, "Layer Normalization"; Zhang and Sennrich 2019, "Root Mean Square Layer Normalization";
 *  ONNX LayerNormalization-17, RMSNormalization-23. Below those versions ONNX Runtime has operators of its own in ai.onnx. */
export const layerNormalization = defineTechnique({
  id: 'fuse/layer-normalization',
  version: 1,
  title: 'One operator for each layer normalization',
  source: 'Ba et al. 2016; Zhang and Sennrich 2019; ONNX LayerNormalization-17 and RMSNormalization-23',
  summary:
    'Replaces a layer normalization or a root mean square normalization that is written out in up to nine operators by one. ' +
    'The formula stays the same, so the answers differ by rounding only. Before operator set 17 the operator is one that ' +
    'only ONNX Runtime has. It finds most of these forms itself at load: on CPUs expect 0 to 6 % from all fusions together.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => node.op === 'ReduceMean' && node.domain === ''))
      ? null
      : { reason: 'the graph has no ReduceMean, with which a normalization starts', nodes: [] },
  apply: (model, _options, context) =>
    fuseByPattern(model, context, [rewrites(context)], 'no ReduceMean is part of a layer normalization'),
});
