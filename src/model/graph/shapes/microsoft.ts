import type { Dim } from '../../../contracts/index.ts';
import { intOf, intsOf } from '../attributes.ts';
import { axisOf, broadcast, productOf, sumOf } from './dims.ts';
import { gemmShape, matMulShape } from './linear.ts';
import { quantized } from './quantized.ts';
import { gatherShape } from './selection.ts';
import { known } from './types.ts';
import type { Rule, RuleInput, Rules } from './types.ts';

const like: Rule = (at) => [known(at.dtype(0), at.dims(0))];

const lastBecomes = (dims: readonly Dim[] | null, last: Dim): readonly Dim[] | null =>
  dims && dims.length > 0 ? [...dims.slice(0, -1), last] : null;

/** B is [N, blocks, bytes]: only the attribute tells N. */
const matMulNBits: Rule = (at) => [known(at.dtype(0), lastBecomes(at.dims(0), intOf(at.node, 'N', null)))];

const product =
  (dtype: (at: RuleInput) => ReturnType<RuleInput['dtype']>): Rule =>
  (at) => [known(dtype(at), matMulShape(at.dims(0), at.dims(1)))];

const swapLast = (dims: readonly Dim[] | null, swap: boolean): readonly Dim[] | null =>
  dims && swap && dims.length > 1 ? [...dims.slice(0, -2), dims.at(-1) ?? null, dims.at(-2) ?? null] : dims;

const fusedMatMul: Rule = (at) => {
  if (intOf(at.node, 'transBatchA', 0) === 1 || intOf(at.node, 'transBatchB', 0) === 1)
    return [known(at.dtype(0), null)];
  const a = swapLast(at.dims(0), intOf(at.node, 'transA', 0) === 1);
  const b = swapLast(at.dims(1), intOf(at.node, 'transB', 0) === 1);
  return [known(at.dtype(0), matMulShape(a, b))];
};

const fusedGemm: Rule = (at) => [known(at.dtype(0), gemmShape(at))];

const qGemm: Rule = (at) => {
  const [a, b] = [at.dims(0), at.dims(3)];
  const rows = a?.length === 2 ? (a[intOf(at.node, 'transA', 0) === 0 ? 0 : 1] ?? null) : null;
  const columns = b?.length === 2 ? (b[intOf(at.node, 'transB', 0) === 0 ? 1 : 0] ?? null) : null;
  return [known(at.has(8) ? at.dtype(8) : at.has(7) ? null : 'float32', [rows, columns])];
};

/** Outputs: sum normalized; mean and inverse deviation (training only, not claimed); the sum itself. */
const skipNormalization: Rule = (at) => [known(at.dtype(0), at.dims(0)), null, null, known(at.dtype(0), at.dims(0))];

const embedNormalization: Rule = (at) => {
  const ids = at.dims(0);
  const width = at.dims(2)?.[1] ?? null;
  const whole = ids && known(at.dtype(2), [...ids, width]);
  return [whole, known('int32', null), whole];
};

/** Attention packs query, key and value: [batch, sequence, width]; without qkv_hidden_sizes value is a third of the bias. */
const attention: Rule = (at) => {
  const sizes = intsOf(at.node, 'qkv_hidden_sizes', null);
  const packed = at.dims(2)?.[0] ?? at.dims(1)?.[1] ?? null;
  const width = sizes ? (sizes[2] ?? null) : typeof packed === 'number' ? packed / 3 : null;
  return [known(at.node.op === 'QAttention' ? 'float32' : at.dtype(0), lastBecomes(at.dims(0), width))];
};

/** Past rows [batch, heads, rows, width] with the new ones behind them. */
const present = (past: readonly Dim[] | null, added: Dim): readonly Dim[] | null =>
  past?.length === 4 ? [past[0] ?? null, past[1] ?? null, sumOf([past[2] ?? null, added]), past[3] ?? null] : null;

/** Keys and values are [batch, rows, width], or [batch, heads, rows, width of a head]. */
const multiHeadAttention: Rule = (at) => {
  const [query, value] = [at.dims(0), at.dims(2)];
  const dtype = at.dtype(0);
  const open = [known(dtype, null), known(dtype, null), known(dtype, null)];
  if (query?.length !== 3 || (value?.length !== 3 && value?.length !== 4)) return open;
  const width = value.length === 3 ? (value[2] ?? null) : productOf([value[1] ?? null, value[3] ?? null]);
  const rows = value[1] ?? null;
  // A past in a buffer of its own length keeps that length.
  const kept = (position: number): readonly Dim[] | null =>
    value.length === 3 && !at.has(8) ? present(at.dims(position), rows) : null;
  return [known(dtype, [query[0] ?? null, query[1] ?? null, width]), known(dtype, kept(6)), known(dtype, kept(7))];
};

/** Without keys the query holds all three side by side. */
const groupQueryAttention: Rule = (at) => {
  const query = at.dims(0);
  const dtype = at.dtype(0);
  const rows = query?.[1] ?? null;
  const [heads, shared] = [intOf(at.node, 'num_heads', null), intOf(at.node, 'kv_num_heads', null)];
  const whole = query?.[2] ?? null;
  const head =
    typeof whole === 'number' && heads !== null && shared !== null
      ? whole / (at.has(1) ? heads : heads + 2 * shared)
      : null;
  // How many rows are kept depends on the lengths that are handed in.
  const kept = query && [query[0] ?? null, shared, null, head];
  const width = head === null || heads === null ? null : head * heads;
  return [known(dtype, query && [query[0] ?? null, rows, width]), known(dtype, kept), known(dtype, kept)];
};

/** uint8 data holds 8 / bits values a byte along the last axis, which is then longer in the output. */
const gatherBlockQuantized: Rule = (at) => {
  const data = at.dims(0);
  const packed = at.dtype(0) === 'uint8' ? 8 / intOf(at.node, 'bits', 4) : 1;
  const last = data?.at(-1);
  const full =
    data && lastBecomes(data, typeof last === 'number' ? last * packed : packed === 1 ? (last ?? null) : null);
  return [known(at.dtype(2), gatherShape(full, at.dims(1), intOf(at.node, 'gather_axis', 0)))];
};

const binary: Rule = (at) => [known(at.dtype(0), broadcast(at.dims(0), at.dims(3)))];

const dynamicQuantizeLstm: Rule = (at) => {
  const x = at.dims(0);
  const directions = at.dims(1)?.[0] ?? null;
  const hidden = intOf(at.node, 'hidden_size', null);
  const batch = x?.[1] ?? null;
  const last = known('float32', [directions, batch, hidden]);
  return [known('float32', [x?.[0] ?? null, directions, batch, hidden]), last, last];
};

const qLinearConcat: Rule = (at) => {
  const shapes = at.node.inputs.map((_, i) => at.dims(i)).filter((_, i) => i >= 2 && (i - 2) % 3 === 0);
  const [first] = shapes;
  if (!first || shapes.some((shape) => shape === null)) return [known(at.dtype(1), null)];
  const axis = axisOf(intOf(at.node, 'axis', 0), first.length);
  let sum: Dim = 0;
  for (const shape of shapes) {
    const dim: Dim = axis === null ? null : (shape?.[axis] ?? null);
    sum = typeof dim === 'number' && sum !== null ? Number(sum) + dim : null;
  }
  return [
    known(
      at.dtype(1),
      first.map((dim, i) => (i === axis ? sum : dim)),
    ),
  ];
};

/** Operators of ONNX Runtime's own domain. Source: ONNX Runtime, ContribOperators.md. */
export const microsoft: Rules = {
  ...quantized,
  ...Object.fromEntries(
    'Gelu FastGelu QuickGelu BiasGelu BiasSoftmax BiasAdd RotaryEmbedding QLinearSigmoid QLinearLeakyRelu QLinearSoftmax FusedActivation'
      .split(' ')
      .map((name) => [name, like]),
  ),
  MatMulNBits: matMulNBits,
  MatMulBnb4: matMulNBits,
  DynamicQuantizeMatMul: product(() => 'float32'),
  MatMulIntegerToFloat: product((at) => at.dtype(2) ?? 'float32'),
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  FusedGemm: fusedGemm,
  QGemm: qGemm,
  SkipLayerNormalization: skipNormalization,
  SkipSimplifiedLayerNormalization: skipNormalization,
  EmbedLayerNormalization: embedNormalization,
  Attention: attention,
  QAttention: attention,
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupQueryAttention,
  GatherBlockQuantized: gatherBlockQuantized,
  DynamicQuantizeLSTM: dynamicQuantizeLstm,
  QLinearAdd: binary,
  QLinearMul: binary,
  QLinearConcat: qLinearConcat,
};
