import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Model, Node, Tensor } from '../../contracts/index.ts';
import { editEach, graphsOf, overridableOf } from '../../model/graph/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { digestOf, keyOf, outlineOf, sizeOf } from './content.ts';
import { mayVary } from './determinism.ts';

/** Where the bytes lie, when they lie in a file: the same place holds the same values, unread. */
const placeOf = ({ data }: Tensor): string | null =>
  data.kind === 'file' ? `file ${data.offset} ${data.length} ${data.path}` : null;

/** Weights by type and shape, only those outlines that more than one weight has. */
const candidatesOf = (model: Model, least: number): readonly (readonly [string, Tensor])[][] => {
  const overridable = overridableOf(model, model.graph);
  const groups = new Map<string, [string, Tensor][]>();
  for (const [name, tensor] of model.graph.initializers) {
    if (overridable.has(name) || sizeOf(tensor) < least) continue;
    const outline = outlineOf(tensor);
    const group = groups.get(outline);
    if (group) group.push([name, tensor]);
    else groups.set(outline, [[name, tensor]]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
};

const mergeWeights = async (draft: Draft, least: number, context: Context): Promise<number> => {
  let saved = 0;
  const groups = candidatesOf(draft.model, least);
  for (const [done, group] of groups.entries()) {
    context.progress({ label: 'comparing weights', done, total: groups.length });
    const kept = new Map<string, string>();
    for (const [name, tensor] of group) {
      context.signal.throwIfAborted();
      const place = placeOf(tensor);
      const digest = place !== null && kept.has(place) ? place : await digestOf(tensor, context);
      const first = kept.get(digest) ?? name;
      kept.set(digest, first);
      if (place !== null) kept.set(place, first);
      if (first === name) continue;
      const users = draft.consumers(name);
      if (users.length === 0 && !draft.capturedBySubgraph(name)) continue;
      draft.rename(name, first);
      draft.note(`weight ${name} holds the same values as ${first}, which takes its place`, users);
      if (!draft.isOutput(name)) saved += sizeOf(tensor);
    }
  }
  return saved;
};

const usedOutputs = (draft: Draft, node: Node): readonly string[] => node.outputs.filter((name) => draft.isUsed(name));

/** Let `kept` do the work of `other`. Answers false when both make graph outputs, whose names must stay. */
const mergeNodes = (draft: Draft, kept: Node, other: Node): Node | null => {
  const named = (node: Node): boolean => node.outputs.some((name) => draft.isOutput(name));
  const [stays, goes] = named(other) ? [other, kept] : [kept, other];
  if (named(goes)) return null;
  goes.outputs.forEach((name, i) => draft.rename(name, stays.outputs[i] ?? ''));
  return stays;
};

const mergeComputations = async (draft: Draft, context: Context): Promise<void> => {
  const seen = new Map<string, Node>();
  for (const original of draft.model.graph.nodes) {
    const node = draft.current(original);
    if (!node || usedOutputs(draft, node).length === 0 || mayVary(node) !== null) continue;
    context.signal.throwIfAborted();
    const key = await keyOf(node, context);
    const first = seen.get(key);
    const earlier = first && draft.current(first);
    if (!earlier) {
      seen.set(key, node);
      continue;
    }
    const stays = mergeNodes(draft, earlier, node);
    if (stays === null) {
      draft.skip(node, 'it computes the same as another operator, and both results have names that callers use');
      continue;
    }
    seen.set(key, stays);
    draft.note(`${node.op} computes the same again`, [stays === node ? earlier : node]);
  }
};

/** Merge equal weights and equal computations.
 *  Shapes and dtypes: unchanged. Errors: `model/data` when a weight cannot be read.
 *  Source: common subexpression elimination; ONNX operator specification. */
export const deduplicate = defineTechnique({
  id: 'fuse/deduplicate',
  version: 1,
  title: 'Merge equal weights and computations',
  source: 'common subexpression elimination, Aho et al., Compilers, §8.5; ONNX IR specification',
  summary:
    'Keeps one copy of weights that hold the same values, and computes once what the graph computes several times from the ' +
    'same inputs. The answers stay the same. It pays for models with tied or repeated weights, whose file becomes smaller.',
  options: {
    minimumBytes: {
      kind: 'integer',
      min: 0,
      max: 1_000_000_000,
      unit: 'bytes',
      default: 0,
      description: 'Leave weights smaller than this alone.',
    },
    computations: {
      kind: 'boolean',
      default: true,
      description: 'Also merge operators that compute the same from the same inputs.',
    },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  place: { stage: 'cleanup', saves: [], quick: true },
  tolerance: () => 1e-5,
  check: (model, options) =>
    graphsOf(model).some(
      (graph) =>
        graph.nodes.length > (options.computations ? 1 : Number.POSITIVE_INFINITY) ||
        candidatesOf({ ...model, graph }, options.minimumBytes).length > 0,
    )
      ? null
      : { reason: 'the graph has nothing that could be there twice', nodes: [] },
  async apply(model, options, context) {
    let saved = 0;
    const result = await editEach(model, async (draft) => {
      context.signal.throwIfAborted();
      saved += await mergeWeights(draft, options.minimumBytes, context);
      if (options.computations) await mergeComputations(draft, context);
    });
    if (saved > 0) context.log('info', `${saved} bytes of weights were there twice`);
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no weight and no computation is there twice', nodes: [] }] };
  },
});
