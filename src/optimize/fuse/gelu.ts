import { defineTechnique } from '../../contracts/index.ts';
import { float, graphsOf, str, stringOf } from '../../model/graph/index.ts';
import type { Draft, Match, NodeInit, Rewrite } from '../../model/graph/index.ts';
import { fuseByPattern } from './by-pattern.ts';
import { sameDim, unfitType } from './certain.ts';
import { biased, erfGelu, quickGelu, tanhGelu } from './gelu-patterns.ts';
import type { Certain } from './no-ops.ts';

const microsoft = 'com.microsoft';
const keys = new Set(['Erf', 'Tanh', 'Sigmoid', 'Gelu', 'FastGelu']);

/** The operator that stands for a match: the standard's own where the model's operator set has it. */
const geluNode = (draft: Draft, input: string, outputs: readonly string[], tanh: boolean): NodeInit => {
  if ((draft.model.opsets.get('') ?? 1) >= 20)
    return { op: 'Gelu', inputs: [input], outputs, ...(tanh ? { attributes: { approximate: str('tanh') } } : {}) };
  draft.requireOpset(microsoft, 1);
  return { op: tanh ? 'FastGelu' : 'Gelu', domain: microsoft, inputs: [input], outputs };
};

const unary =
  (known: Certain, make: (draft: Draft, match: Match) => NodeInit) =>
  (match: Match, draft: Draft): readonly NodeInit[] | string => {
    const rank = known.shape(match.value('x'))?.length ?? 0;
    if (match.numberRank > rank) return 'a constant may add a dimension to the result';
    return unfitType(known, match.root.outputs[0] ?? '') ?? [make(draft, match)];
  };

const activations =
  (approximate: boolean) =>
  (known: Certain): readonly Rewrite[] => [
    {
      shape: erfGelu,
      what: approximate ? 'Gelu by Erf became the Gelu by Tanh' : 'Gelu written out with Erf',
      build: unary(known, (draft, match) => geluNode(draft, match.value('x'), match.root.outputs, approximate)),
    },
    {
      shape: tanhGelu,
      what: 'Gelu written out with Tanh',
      build: unary(known, (draft, match) => geluNode(draft, match.value('x'), match.root.outputs, true)),
    },
    {
      shape: quickGelu,
      what: 'Gelu written out with Sigmoid',
      build: unary(known, (draft, match) => {
        draft.requireOpset(microsoft, 1);
        const attributes = { alpha: float(match.number('alpha')) };
        const [inputs, { outputs }] = [[match.value('x')], match.root];
        return { op: 'QuickGelu', domain: microsoft, inputs, outputs, attributes };
      }),
    },
  ];

const isTanh = ({ root }: Match): boolean => root.op === 'FastGelu' || stringOf(root, 'approximate', 'none') === 'tanh';

/** Gelu(x + bias) for a vector as long as the last axis of x. */
const withBias = (known: Certain): readonly Rewrite[] => [
  {
    shape: biased(['Gelu', 'com.microsoft.Gelu', 'com.microsoft.FastGelu']),
    what: 'Gelu with the bias in front of it',
    build: (match, draft) => {
      const [a, b] = [match.value('x'), match.value('bias')];
      const [input, bias] = known.shape(b)?.length === 1 ? [a, b] : [b, a];
      const shape = known.shape(input);
      const width = known.shape(bias);
      if (width?.length !== 1 || (match.root.inputs[1] ?? '') !== '') return null;
      if (!shape) return `the shape of ${input} is not known`;
      if (!sameDim(shape.at(-1), width[0])) return `the bias ${bias} may be spread along the last axis of ${input}`;
      const wrong = unfitType(known, input);
      if (wrong !== null) return wrong;
      draft.requireOpset(microsoft, 1);
      const name = isTanh(match) ? 'FastGelu' : 'BiasGelu';
      return [{ op: name, domain: microsoft, inputs: [input, bias], outputs: match.root.outputs }];
    },
  },
];

/** One operator for an activation that exporters write out in five to nine.
 *  Shapes and dtypes: unchanged. Errors: `model/data`; cancellation.
 *  Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units"; ONNX Gelu-20; ONNX Runtime ContribOperators.md. */
export const gelu = defineTechnique({
  id: 'fuse/gelu',
  version: 1,
  title: 'One operator for each Gelu',
  source: 'Hendrycks and Gimpel 2016, Gaussian Error Linear Units; ONNX Gelu-20; ONNX Runtime ContribOperators.md',
  summary:
    'Replaces a Gelu that is written out (with Erf, with Tanh, or as x·sigmoid(αx)) by one operator, and takes the bias in ' +
    'front of it along. The formula stays the same, so the answers differ by rounding only. ONNX Runtime finds most of these ' +
    'forms itself when it loads a model: on CPUs expect 0 to 6 % from all fusions together, and a graph that is easier to read.',
  options: {
    bias: {
      kind: 'boolean',
      default: true,
      description: 'Take an Add of a vector in front of the activation into the operator.',
    },
    approximate: {
      kind: 'boolean',
      default: false,
      description: 'Compute the Gelu of Erf by Tanh: slightly faster, each value off by up to 0.0011.',
    },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'fusion', saves: ['time'], quick: true },
  // The operator itself differs in the last bit (6e-8). A normalization of nearly equal numbers behind it magnifies that: the most
  // seen on real models is 9e-4, on inputs that are all alike.
  tolerance: ({ approximate }) => (approximate ? 1e-2 : 1e-3),
  check: (model) =>
    graphsOf(model).some(({ nodes }) => nodes.some((node) => keys.has(node.op)))
      ? null
      : { reason: 'the graph has no Erf, Tanh or Sigmoid that could be part of a Gelu', nodes: [] },
  apply: (model, options, context) =>
    fuseByPattern(
      model,
      context,
      [activations(options.approximate), ...(options.bias ? [withBias] : [])],
      'no Erf, Tanh or Sigmoid is part of a Gelu',
    ),
});
