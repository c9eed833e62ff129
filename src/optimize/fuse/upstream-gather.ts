import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Model, TechniqueResult } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { sliceOf, takenBy } from '../slice.ts';
import { takePlaces } from '../places/take-early.ts';

/** Without nodes and weights that nothing needs. */
const swept = (model: Model): Model => {
  const { graph } = model;
  const outputs = graph.outputs.map(({ name }) => name);
  const nodes = sliceOf(graph.nodes, outputs, new Set());
  const needed = new Set([...takenBy(nodes), ...outputs, ...graph.inputs.map(({ name }) => name)]);
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...model, graph: { ...graph, nodes, initializers } };
};

/** One token is read of a classifier's last layer: the layer computes that one only.
 *  Shapes and dtypes: outputs unchanged; values in between have size 1 on the axis of the tokens, or 2 (see `Taking.exact`). Errors: cancellation.
 *  Source: ONNX Runtime's UpStreamGather, which it has for training only. */
export const upstreamGather = defineTechnique({
  id: 'fuse/upstream-gather',
  version: 2,
  title: 'Only the tokens that are read',
  source: 'ONNX Runtime, UpStreamGather (orttraining): a Gather moves towards the inputs; here for inference',
  summary:
    'A text classifier reads one token of its encoder’s last layer. That layer’s queries, products and normalizations then run for this token ' +
    'alone; only its keys and values need all of them. The answers stay the same, bit by bit, where the runtime computes both graphs as they are written. Saves most of the last layer: more, the fewer layers and the longer or the more ' +
    'texts share a call. Nothing where all tokens are read, as in token classification or mean pooling.',
  options: {},
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'tokens', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: ({ graph, opsets }) => {
    if ((opsets.get('') ?? 1) < 5)
      return { reason: 'operator set 5 or later is needed: convert/opset first', nodes: [] };
    const picks = graph.nodes.some(({ op, domain }) => domain === '' && (op === 'Gather' || op === 'Slice'));
    return picks ? null : { reason: 'no Gather or Slice takes a part of anything', nodes: [] };
  },
  apply: async (model, _, { signal }: Pick<Context, 'signal'>): Promise<TechniqueResult> => {
    signal.throwIfAborted();
    // What nothing needs must not count as a reader.
    const { model: after, changes, left, held } = takePlaces(swept(model), { exact: true });
    const skipped = [...left, ...held].map(({ node, reason }) => ({ reason, nodes: [labelOf(node)] }));
    if (changes.length > 0) return { model: swept(after), changes, skipped };
    const nothing = { reason: 'nothing takes one fixed place of a sequence, such as the first token', nodes: [] };
    return { model, changes, skipped: skipped.length > 0 ? skipped : [nothing] };
  },
});
