import type { Context, Node } from '../../../contracts/index.ts';
import { floatOf, intOf, labelOf } from '../../../model/graph/index.ts';
import { headsOf, keysOf, maker, through, type Heads, type View } from './heads.ts';
import { numbersOf, scalarOf } from './scalars.ts';

/** What is added to the scores: a value, or a choice between 0 and a number that no score can outweigh. */
export type Term =
  | { readonly kind: 'value'; readonly name: string; readonly negated?: boolean }
  /** `blocked` where `condition` is `when`, 0 elsewhere. */
  | { readonly kind: 'choice'; readonly condition: string; readonly when: boolean; readonly blocked: string };

/** softmax(scale · Q · Kᵀ + terms) · V as the graph spells it out. */
export interface Attention {
  readonly softmax: Node;
  /** The product with the values. */
  readonly product: Node;
  readonly query: Heads;
  readonly key: Heads;
  /** Set where only [batch, rows, heads, width] of the keys is at hand. */
  readonly keyTurned: string | null;
  readonly value: Heads;
  readonly scale: number;
  readonly terms: readonly Term[];
  /** Rows that are not a number (everything masked by −∞) are replaced by 0. */
  readonly guarded: boolean;
  /** Values of the shape of the scores that disappear. */
  readonly inner: readonly string[];
}

export type Found =
  | { readonly attention: Attention }
  /** Looks like attention, but: */
  | { readonly reason: string }
  /** No attention. */
  | null;

/** Scores plus this are this: no float32 score that a network computes is as large. */
const beyondScores = -1e30;

const isStandard = (node: Node | null | undefined, ...ops: string[]): boolean =>
  node !== null && node !== undefined && node.domain === '' && ops.includes(node.op);

/** The only node that uses a value, apart from those that ask for its shape; null when there are others, or when the value is
 *  an output or captured. */
export const onlyUse = ({ draft }: View, name: string): Node | null => {
  const users = draft.consumers(name).filter((one) => !isStandard(one, 'Shape'));
  return users.length === 1 && !draft.isOutput(name) && !draft.capturedBySubgraph(name) ? (users[0] ?? null) : null;
};

/** A value times constants: the value without them, and their product. */
const unscaled = async (view: View, start: string, context: Context): Promise<{ name: string; scale: number }> => {
  let name = through(view, start);
  let scale = 1;
  for (let steps = 0; steps < 8; steps++) {
    const node = view.draft.producer(name);
    if (!node || !isStandard(node, 'Mul', 'Div')) break;
    const [a = '', b = ''] = node.inputs;
    const right = await scalarOf(b, view.draft, view.sizes, context);
    const left = node.op === 'Mul' && right === null ? await scalarOf(a, view.draft, view.sizes, context) : null;
    const factor = right ?? left;
    if (factor === null) break;
    const next = right === null ? b : a;
    if ((view.sizes.dims(next)?.length ?? 0) !== (view.sizes.dims(name)?.length ?? -1)) break;
    scale = node.op === 'Mul' ? scale * factor : scale / factor;
    name = through(view, next);
  }
  return { name, scale };
};

/** Whether a constant holds zeros above the diagonal, ones on it and below. */
const isLowerTriangle = async (view: View, name: string, context: Context): Promise<boolean> => {
  const tensor = view.draft.constant(name);
  const [rows = 0, columns = 0] = tensor?.dims.slice(-2) ?? [];
  const leading = tensor?.dims.slice(0, -2) ?? [2];
  if (!tensor || rows !== columns || rows === 0 || leading.some((dim) => dim !== 1)) return false;
  if (rows > 1 << 12) return false;
  const numbers = await numbersOf(tensor, context);
  if (!numbers || numbers.length !== rows * columns) return false;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (numbers[row * columns + column] !== (column <= row ? 1 : 0)) return false;
  return true;
};

/** A part of a lower triangle whose every row keeps its one on the diagonal: rows up to n, columns from 0 to the same n. */
export const isTrianglePart = async (view: View, name: string, context: Context, exact = false): Promise<boolean> => {
  const ends = new Map<number, unknown>();
  let at = through(view, name);
  for (let steps = 0; steps < 4; steps++) {
    const slice = maker(view, at, 'Slice');
    if (!slice) break;
    const contents = (i: number): readonly unknown[] | null => view.sizes.contents(slice.inputs[i] ?? '');
    const [axes, end, start] = [contents(3), contents(2), contents(1)];
    const step = slice.inputs[4] ? contents(4) : [1];
    if (axes?.length !== 1 || end?.length !== 1 || step?.[0] !== 1) return false;
    const axis = Number(axes[0]);
    if (axis !== 2 && axis !== 3 && axis !== -1 && axis !== -2) {
      const whole = start?.[0] === 0 && typeof end[0] === 'number' && end[0] >= 2 ** 31 - 1;
      if (!whole) return false;
    } else {
      if ((axis === 3 || axis === -1) && start?.[0] !== 0) return false;
      ends.set(axis === 3 || axis === -1 ? 1 : 0, end[0]);
    }
    at = through(view, slice.inputs[0] ?? '');
  }
  const agree = ends.get(0) === ends.get(1) && ends.get(0) !== null && (!exact || ends.size === 2);
  return agree && isLowerTriangle(view, at, context);
};

/** s · b − (1 − b) · c with b a lower triangle of ones: the scores s and what is taken off them. */
const multiplied = async (
  view: View,
  node: Node,
  context: Context,
): Promise<{ scores: string; taken: string } | null> => {
  const kept = maker(view, node.inputs[0] ?? '', 'Mul');
  const taken = maker(view, node.inputs[1] ?? '', 'Mul');
  const rest = taken && maker(view, taken.inputs[0] ?? '', 'Sub');
  if (!kept || !taken || !rest) return null;
  const [scores = '', triangle = ''] = kept.inputs;
  const one = await scalarOf(rest.inputs[0] ?? '', view.draft, view.sizes, context);
  const amount = await scalarOf(taken.inputs[1] ?? '', view.draft, view.sizes, context);
  if (one !== 1 || rest.inputs[1] !== triangle || amount === null || amount < 1e4) return null;
  return (await isTrianglePart(view, triangle, context)) ? { scores, taken: taken.outputs[0] ?? '' } : null;
};

/** Whether a term adds nothing or so much that no score shows beside it: then it does not matter what is added first. */
const drowns = async (view: View, term: Term, context: Context): Promise<boolean> => {
  if (term.kind === 'choice') return true;
  const node = view.draft.producer(through(view, term.name));
  if (!node || !isStandard(node, 'Mul', 'Where') || term.negated) return false;
  const amounts = await Promise.all(
    node.inputs.slice(-2).map((input) => scalarOf(input, view.draft, view.sizes, context)),
  );
  const low = amounts.some((amount) => amount !== null && amount <= beyondScores);
  return low && (node.op === 'Mul' || amounts.includes(0));
};

/** From the input of Softmax back to Q · Kᵀ. */
const scoresOf = async (
  view: View,
  softmax: Node,
  context: Context,
): Promise<{ matmul: Node; scale: number; terms: Term[]; inner: string[]; turned: boolean } | string | null> => {
  const { draft, sizes } = view;
  const terms: Term[] = [];
  const inner: string[] = [];
  let scale = 1;
  let name = softmax.inputs[0] ?? '';
  for (let steps = 0; steps < 16; steps++) {
    inner.push(name);
    const node = draft.producer(name);
    if (!node) return null;
    if (isFusedProduct(node)) {
      const turned = intOf(node, 'transB', 0) === 1;
      return { matmul: node, scale: scale * floatOf(node, 'alpha', 1), terms, inner, turned };
    }
    if (node.domain !== '') return null;
    const [a = '', b = '', c = ''] = node.inputs;
    if (node.op === 'MatMul') return { matmul: node, scale, terms, inner, turned: false };
    if (isStandard(node, 'Identity', 'Cast') && through(view, name) !== name) name = a;
    else if (isStandard(node, 'Mul', 'Div')) {
      const right = await scalarOf(b, draft, sizes, context);
      const left = node.op === 'Mul' && right === null ? await scalarOf(a, draft, sizes, context) : null;
      const factor = right ?? left;
      if (factor === null)
        return (await leads(view, a)) || (await leads(view, b))
          ? 'its scores are multiplied by something that is computed'
          : null;
      scale = node.op === 'Mul' ? scale * factor : scale / factor;
      name = right === null ? b : a;
    } else if (node.op === 'Add') {
      if (scale !== 1) return 'the mask is scaled together with the scores';
      const left = await leads(view, a);
      const right = await leads(view, b);
      if (left === right) return left ? 'both sides of an Add come from a product' : null;
      terms.push({ kind: 'value', name: left ? b : a });
      name = left ? a : b;
    } else if (node.op === 'Where') {
      if (scale !== 1) return 'the mask is scaled together with the scores';
      const [yes, no] = [await scalarOf(b, draft, sizes, context), await scalarOf(c, draft, sizes, context)];
      const blocked = yes ?? no;
      if (blocked === null || (yes !== null && no !== null)) return null;
      if (blocked > beyondScores)
        return `masked scores become ${blocked}, which is not below every score: a row with nothing left to see would differ`;
      terms.push({ kind: 'choice', condition: a, when: yes !== null, blocked: yes === null ? c : b });
      name = yes === null ? b : c;
    } else if (node.op === 'Sub') {
      if (scale !== 1) return 'the mask is scaled together with the scores';
      const triangle = await multiplied(view, node, context);
      if (triangle === null) {
        if (!(await leads(view, a))) return null;
        return 'something is subtracted from the scores that is no mask of a known form';
      }
      terms.push({ kind: 'value', name: triangle.taken, negated: true });
      inner.push(node.inputs[0] ?? '');
      name = triangle.scores;
    } else return null;
  }
  return null;
};

/** ONNX Runtime's own product with a scale, as it writes it into optimized graphs: alpha · A · B or alpha · A · Bᵀ. */
const isFusedProduct = (node: Node): boolean =>
  node.domain === 'com.microsoft' &&
  node.op === 'FusedMatMul' &&
  ['transA', 'transBatchA', 'transBatchB'].every((name) => intOf(node, name, 0) === 0);

/** Whether a value comes from a product of two computed matrices, over a few elementwise steps. */
const leads = async (view: View, start: string, depth = 0): Promise<boolean> => {
  const node = view.draft.producer(start);
  if (!node || depth > 8) return false;
  if (isStandard(node, 'MatMul') || isFusedProduct(node))
    return view.draft.constant(node.inputs[0] ?? '') === null && view.draft.constant(node.inputs[1] ?? '') === null;
  if (!isStandard(node, 'Mul', 'Div', 'Add', 'Sub', 'Where', 'Identity', 'Cast')) return false;
  for (const input of node.inputs) if (await leads(view, input, depth + 1)) return true;
  return false;
};

/** From Softmax on to the product with the values: Dropout of inference, and a guard that makes rows of NaN zero. */
const productOf = async (
  view: View,
  softmax: Node,
  context: Context,
): Promise<{ product: Node; guarded: boolean; inner: string[] } | string | null> => {
  let name = softmax.outputs[0] ?? '';
  const inner: string[] = [];
  let guarded = false;
  for (let steps = 0; steps < 8; steps++) {
    const users = view.draft.consumers(name).filter((one) => !isStandard(one, 'Shape'));
    inner.push(name);
    const guard = users.find((one) => isStandard(one, 'Where') && one.inputs[2] === name);
    const check = users.find((one) => isStandard(one, 'IsNaN'));
    if (guard && check && users.length === 2 && guard.inputs[0] === check.outputs[0]) {
      if ((await scalarOf(guard.inputs[1] ?? '', view.draft, view.sizes, context)) !== 0) return null;
      if (view.draft.isOutput(name) || view.draft.capturedBySubgraph(name))
        return 'its attention weights are used elsewhere';
      if (onlyUse(view, check.outputs[0] ?? '') !== guard) return 'its attention weights are used elsewhere';
      guarded = true;
      name = guard.outputs[0] ?? '';
      continue;
    }
    const product = users.find((one) => isStandard(one, 'MatMul') && one.inputs[0] === name);
    const next = onlyUse(view, name);
    if (product && next === null) return 'its attention weights are used elsewhere';
    if (product) return { product, guarded, inner };
    if (next && isStandard(next, 'Dropout') && through(view, next.outputs[0] ?? '') === next.outputs[0])
      return 'its Dropout runs in training mode: it drops attention weights at random';
    if (!next || through(view, next.outputs[0] ?? '') === next.outputs[0]) return null;
    name = next.outputs[0] ?? '';
  }
  return null;
};

/** Attention around a Softmax; a reason where it looks like attention but is none that can be fused; null elsewhere. */
export const attentionAt = async (view: View, softmax: Node, context: Context): Promise<Found> => {
  const rank = view.sizes.dims(softmax.inputs[0] ?? '')?.length ?? null;
  const opset = view.draft.model.opsets.get('') ?? 1;
  const axis = intOf(softmax, 'axis', opset < 13 ? 1 : -1);
  const after = await productOf(view, softmax, context);
  if (after === null) return null;
  const before = await scoresOf(view, softmax, context);
  if (before === null) return null;
  if (typeof after === 'string') return { reason: after };
  if (typeof before === 'string') return { reason: before };
  const [left = '', right = ''] = before.matmul.inputs;
  if (view.draft.constant(left) || view.draft.constant(right)) return null;
  if (rank === null) return { reason: 'the rank of its scores is not known' };
  if (rank !== 4) return { reason: `its scores have ${rank} dimensions, not [batch, heads, rows, columns]` };
  if (axis !== -1 && axis !== 3) return { reason: `its Softmax runs along axis ${axis}, not the last one` };
  for (const name of before.inner)
    if (onlyUse(view, name) === null) return { reason: `its scores (${name}) are used elsewhere` };
  let weighty = 0;
  for (const term of before.terms) if (!(await drowns(view, term, context))) weighty++;
  if (weighty > 1)
    return {
      reason: 'two values are added to its scores: adding them up first rounds otherwise where nothing is left to see',
    };
  const query = await unscaled(view, left, context);
  const key = await unscaled(view, right, context);
  const straight = before.turned ? headsOf(view, key.name) : null;
  const found = before.turned ? straight && { keys: straight, turned: null } : keysOf(view, key.name);
  if (!found) return { reason: 'the sizes or the order of axes of its keys are not certain' };
  // A scale may stand before the keys are turned, too.
  const inside =
    found.turned === null && found.keys.flat === null ? await unscaled(view, found.keys.name, context) : null;
  const keys = inside && inside.scale !== 1 ? headsOf(view, inside.name) : found.keys;
  const queries = headsOf(view, query.name);
  const values = headsOf(view, after.product.inputs[1] ?? '');
  if (!queries) return { reason: 'the number of heads or the width of its queries is not certain' };
  if (!keys) return { reason: 'the number of heads or the width of its keys is not certain' };
  if (!values) return { reason: 'the number of heads or the width of its values is not certain' };
  const scale = before.scale * query.scale * key.scale * (inside?.scale ?? 1);
  if (!(scale > 0) || !Number.isFinite(scale) || Math.fround(scale) === 0)
    return { reason: `its scores are scaled by ${scale}, which the fused operator does not take` };
  if (view.sizes.dtype(queries.name) !== 'float32')
    return { reason: `its queries are ${view.sizes.dtype(queries.name) ?? 'of unknown type'}, not float32` };
  return {
    attention: {
      softmax,
      product: after.product,
      query: queries,
      key: keys,
      keyTurned: keys === found.keys ? found.turned : null,
      value: values,
      scale,
      terms: before.terms,
      guarded: after.guarded,
      inner: [...before.inner, ...after.inner],
    },
  };
};

/** How messages call an attention: by its Softmax. */
export const nameOf = (attention: Attention): string => labelOf(attention.softmax);
