import { defineTechnique } from '../../contracts/index.ts';
import type { Model } from '../../contracts/index.ts';
import { editEach, graphsOf, inferFacts } from '../../model/graph/index.ts';
import { copies, rearrangements } from './no-ops.ts';
import type { Certain, Proof } from './no-ops.ts';

const rulesFor = (all: boolean): Readonly<Record<string, Proof>> => (all ? { ...copies, ...rearrangements } : copies);

const proofOf = (rules: Readonly<Record<string, Proof>>, op: string): Proof | null =>
  Object.hasOwn(rules, op) ? (rules[op] ?? null) : null;

/** Drop nodes whose output always equals their input: Relu(Identity(x)) → Relu(x). Chains collapse in one run.
 *  Shapes and dtypes: unchanged. Errors: none.
 *  Source: ONNX operator specification: Identity, Dropout, Cast, Reshape, Transpose and the others named in `no-ops.ts`. */
export const dropIdentity = defineTechnique({
  id: 'fuse/drop-identity',
  version: 1,
  title: 'Drop operators that change nothing',
  source: 'ONNX operator specification: Identity, Dropout, Cast, Reshape and others',
  summary:
    'Removes operators whose output always equals their input: Identity, Dropout as it runs at inference, Cast to the type ' +
    'that is already there, and, where shapes prove it, Reshape, Transpose, Slice, Pad and others. The answers stay the same. ' +
    'It makes the graph simpler for other techniques; ONNX Runtime does much of it on its own when it loads a model.',
  options: {
    rearrangements: {
      kind: 'boolean',
      default: true,
      description:
        'Also drop Reshape, Transpose, Slice, Pad, Mul by 1 and the like where they provably change nothing.',
    },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'cleanup', saves: [], quick: true },
  tolerance: () => 1e-5,
  check: (model: Model, options) => {
    const rules = rulesFor(options.rearrangements);
    return graphsOf(model).some(({ nodes }) => nodes.some((node) => node.domain === '' && proofOf(rules, node.op)))
      ? null
      : { reason: 'the graph has no operator that could be without effect', nodes: [] };
  },
  async apply(model, options, context) {
    const rules = rulesFor(options.rearrangements);
    const opset = model.opsets.get('') ?? 1;
    const result = await editEach(model, (draft) => {
      context.signal.throwIfAborted();
      const facts = inferFacts(draft.model, { useStated: false, body: draft.body });
      const known: Certain = {
        shape: (name) => facts.get(name)?.dims ?? null,
        dtype: (name) => facts.get(name)?.dtype ?? null,
        contents: (name) => facts.get(name)?.data ?? null,
        constant: (name) => draft.constant(name),
      };
      for (const original of draft.model.graph.nodes) {
        const proof = original.domain === '' ? proofOf(rules, original.op) : null;
        const node = proof && draft.current(original);
        if (!proof || !node) continue;
        const why = proof(node, known, opset);
        if (why !== null && !draft.bypass(node, why))
          draft.skip(node, 'it stands between names that callers use, or another of its outputs is in use');
      }
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'every operator of these kinds has an effect', nodes: [] }] };
  },
});
