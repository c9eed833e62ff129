import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Dim, Node } from '../../contracts/index.ts';
import {
  editEach,
  graphsOf,
  int,
  intOf,
  ints,
  labelOf,
  oneOf,
  op,
  rewrite,
  shape,
  value,
} from '../../model/graph/index.ts';
import type { Match, NodeInit, OpPattern, Rewrite } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { headsOf, sameSize, splitOf, through, type View } from './attention/heads.ts';
import { sizesOf } from './attention/sizes.ts';
import { repeats, tablesOf, type Spread, type Tables } from './attention/tables.ts';

const slice = (as: string): OpPattern => op('Slice', [value('x')], { as, more: true });
const part = (output: number): OpPattern => op('Split', [value('x')], { as: 'split', output, more: true });

/** x · cos + turned · sin */
const rotated = (turned: OpPattern): OpPattern =>
  op('Add', [op('Mul', [turned, value('sin')]), op('Mul', [value('x'), value('cos')])]);

/** The second half of x with its sign changed, then the first. */
const halves = shape(
  'RotaryEmbedding',
  rotated(
    op('Concat', [oneOf(op('Neg', [slice('late')]), op('Neg', [part(1)])), oneOf(slice('early'), part(0))], {
      as: 'join',
    }),
  ),
  { near: 5 },
);

/** Neighbours exchanged, the second with its sign changed in front. */
const pairs = shape(
  'RotaryEmbedding of neighbours',
  rotated(
    op(
      'Reshape',
      [
        op(
          'Concat',
          [
            op('Unsqueeze', [op('Neg', [slice('late')])], { more: true }),
            op('Unsqueeze', [slice('early')], { more: true }),
          ],
          { as: 'join' },
        ),
      ],
      { more: true },
    ),
  ),
  { near: 5 },
);

const isSlice = (view: View, node: Node, from: number, to: number, step: number): boolean => {
  const { sizes } = view;
  const at = (i: number): Dim | undefined => (node.inputs[i] ? sizes.contents(node.inputs[i])?.[0] : undefined);
  const only = sizes.contents(node.inputs[1] ?? '')?.length === 1;
  const end = at(2);
  const ends = typeof end === 'number' && (end === to || (end > to && to === -1));
  return only && (at(3) === 3 || at(3) === -1) && at(1) === from && ends && (at(4) ?? 1) === step;
};

/** Why the pieces are not those of a rotation; null when they are. */
const wrongPieces = (view: View, match: Match, width: number, spread: Spread): string | null => {
  const join = match.node('join');
  const axis = intOf(join, 'axis', 0);
  const split = match.maybeNode('split');
  if (spread === 'pairs') {
    const [early, late] = [match.node('early'), match.node('late')];
    const whole = (node: Node, from: number): boolean =>
      isSlice(view, node, from, -1, 2) || isSlice(view, node, from, width, 2);
    const stacked = view.sizes.dims(join.outputs[0] ?? '');
    if (stacked?.length !== 5 || stacked[4] !== 2) return 'the neighbours are not put side by side';
    return whole(early, 0) && whole(late, 1) ? null : 'its pieces are not every other number of the last axis';
  }
  if (axis !== -1 && axis !== 3) return `the halves are joined along axis ${axis}, not the last one`;
  if (split) {
    const sizes = split.outputs.map((name) => view.sizes.dims(name)?.[3]);
    const last = [3, -1].includes(intOf(split, 'axis', 0));
    return last && sizes.length === 2 && sizes.every((size) => size === width / 2) ? null : 'its parts are no halves';
  }
  const [early, late] = [match.maybeNode('early'), match.maybeNode('late')];
  if (!early || !late) return 'its halves come from different operators';
  const second = isSlice(view, late, width / 2, -1, 1) || isSlice(view, late, width / 2, width, 1);
  return isSlice(view, early, 0, width / 2, 1) && second ? null : 'its pieces are not the halves of the last axis';
};

const build =
  (view: View, spread: Spread, made: Map<string, Tables>, context: Context): Rewrite['build'] =>
  async (match) => {
    const { draft, sizes } = view;
    const [x, cos, sin] = [match.value('x'), match.value('cos'), match.value('sin')];
    const dims = sizes.dims(x);
    const width = dims?.[3];
    if (dims?.length !== 4 || typeof width !== 'number') return 'the shape of what it turns is not certain';
    if (width % 2 !== 0 || width === 0) return `its width ${width} is not even`;
    if (sizes.dtype(x) !== 'float32') return `it turns ${sizes.dtype(x) ?? 'an unknown type'}, not float32`;
    const wrong = wrongPieces(view, match, width, spread);
    if (wrong !== null) return wrong;
    const [a, b] = [sizes.dims(cos), sizes.dims(sin)];
    if (a?.length !== 4 || b?.length !== 4 || a[3] !== width || b[3] !== width)
      return 'its cosines and sines are not certain to have four axes and the width of what they turn';
    const like = (rows: number, heads: number): boolean =>
      [a, b].every((table) => table[heads] === 1 && sameSize(table[rows], dims[rows]));
    const rows = like(2, 1) ? 2 : like(1, 2) ? 1 : null;
    if (rows === null) return 'its cosines and sines are not one line a position';
    if (!sameSize(a[0], b[0]) || !(a[0] === 1 || sameSize(a[0], dims[0])))
      return 'its cosines and sines are not certain to be one table, or one a batch';
    if (!(await repeats(view, cos, spread, context)) || !(await repeats(view, sin, spread, context)))
      return 'it is not certain that its cosines and sines hold every angle twice';
    const heads = headsOf(view, x);
    const flat = rows === 2 ? (heads?.flat ?? null) : splitOf(view, through(view, x));
    if (rows === 1 && flat === null) return 'its heads are not certain to be split from the last axis';
    const id = JSON.stringify([cos, sin, rows]);
    const tables = made.get(id) ?? tablesOf(view, cos, sin, rows, spread);
    made.set(id, tables);
    const output = match.root.outputs[0] ?? '';
    const count = dims[rows === 2 ? 1 : 2];
    const turned = flat === null ? output : draft.fresh(`${output}_turned`);
    const nodes: NodeInit[] = [
      {
        op: 'RotaryEmbedding',
        domain: 'com.microsoft',
        name: `${labelOf(match.root)}_rotary`,
        inputs: [flat ?? x, tables.positions, tables.cos, tables.sin],
        outputs: [turned],
        attributes: {
          interleaved: int(spread === 'pairs' ? 1 : 0),
          ...(flat !== null && typeof count === 'number' ? { num_heads: int(count) } : {}),
        },
      },
    ];
    if (flat !== null) {
      const target = tensor('int64', [4], BigInt64Array.of(0n, 0n, BigInt(Number(count)), BigInt(width)));
      const split = rows === 2 ? draft.fresh(`${output}_split`) : output;
      nodes.push({ op: 'Reshape', inputs: [turned, draft.addInitializer('split_shape', target)], outputs: [split] });
      if (rows === 2)
        nodes.push({ op: 'Transpose', inputs: [split], outputs: [output], attributes: { perm: ints([0, 2, 1, 3]) } });
    }
    draft.requireOpset('com.microsoft', 1);
    return nodes;
  };

/** x · cos + rotate(x) · sin → RotaryEmbedding, whose tables are taken from the graph's own cosines and sines.
 *  Shapes: unchanged. Errors: none.
 *  Source: ONNX Runtime contrib operator RotaryEmbedding; Su et al. 2021, RoFormer. */
export const rotary = defineTechnique({
  id: 'fuse/rotary',
  version: 1,
  title: 'Rotary position embedding in one operator',
  source: 'ONNX Runtime contrib operator com.microsoft.RotaryEmbedding; Su et al. 2021, RoFormer',
  summary:
    'Recognizes rotary position embeddings that are spelled out in Slice, Neg, Concat, Mul and Add, by halves or by neighbours, and puts ' +
    'one operator of ONNX Runtime in their place. Positions, scaling and cosines stay as the graph computes them. ' +
    'What it saves on a CPU is small and must be measured; it is also the first step towards fuse/group-query-attention.',
  fileSuffix: null,
  needs: { calibration: 'none', training: false },
  options: {},
  place: { stage: 'attention', saves: ['time'], quick: true },
  tolerance: () => 1e-4,
  check: (model) => {
    const nodes = graphsOf(model).flatMap((graph) => graph.nodes);
    if (nodes.some(({ op: name, domain }) => name === 'Neg' && domain === '')) return null;
    return nodes.some(({ op: name }) => name === 'RotaryEmbedding')
      ? { reason: 'its rotary embeddings are in fused operators already', nodes: [] }
      : { reason: 'the graph has no Neg, so no rotary embedding that is spelled out', nodes: [] };
  },
  async apply(model, _options, context) {
    const result = await editEach(model, async (draft) => {
      const view: View = { draft, sizes: sizesOf(draft) };
      const made = new Map<string, Tables>();
      await rewrite(
        draft,
        [
          { shape: halves, what: 'rotary embedding by halves', build: build(view, 'halves', made, context) },
          { shape: pairs, what: 'rotary embedding by neighbours', build: build(view, 'pairs', made, context) },
        ],
        context.signal,
      );
    });
    return result.changes.length + result.skipped.length > 0
      ? result
      : { ...result, skipped: [{ reason: 'no value is turned by cosines and sines', nodes: [] }] };
  },
});
