import type { DataType, Dim } from '../../../contracts/index.ts';
import { broadcast } from './dims.ts';
import { known, typeAttribute } from './types.ts';
import type { Inferred, Rule, RuleInput, Rules } from './types.ts';

/** Same shape and type as the first input; contents pass through. */
export const same: Rule = (at) => [at.input(0)];

/** Same shape and type as the first input, other contents. */
const like: Rule = (at) => {
  const x = at.input(0);
  return [x && known(x.dtype, x.dims)];
};

const typed =
  (dtype: DataType): Rule =>
  (at) => [known(dtype, at.dims(0))];

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => (b === 0 ? Number.NaN : Math.trunc(a / b)),
};

/** Contents of an elementwise sum, product, … of small integers; a name survives only +0, −0, ×1 and ÷1. */
const combine = (op: string, a: Dim, b: Dim): Dim => {
  const apply = arithmetic[op];
  if (typeof a === 'number' && typeof b === 'number' && apply) {
    const value = apply(a, b);
    return Number.isSafeInteger(value) ? value : null;
  }
  const neutral = op === 'Add' || op === 'Sub' ? 0 : 1;
  if (b === neutral && apply) return a;
  if (a === neutral && (op === 'Add' || op === 'Mul')) return b;
  return null;
};

/** Whether two contents are the same: 1, 0 or unknown. A name stands for a size, which is never negative. */
const alike = (a: Dim, b: Dim): Dim => {
  if (a === null || b === null) return null;
  // Contents further out are told as the outermost number: two of them need not be the same.
  if (a === b) return Math.abs(Number(a)) === Number.MAX_SAFE_INTEGER ? null : 1;
  const numbers = [a, b].filter((one) => typeof one === 'number');
  return numbers.length === 2 || numbers.some((one) => one < 0) ? 0 : null;
};

/** Contents of inputs, element by element; a single one stands beside each of the others. */
const zipped = (at: RuleInput, count: number, of: (...parts: readonly Dim[]) => Dim): readonly Dim[] | undefined => {
  const parts = Array.from({ length: count }, (_, i) => at.data(i));
  const length = Math.max(...parts.map((part) => (part === null || part.length === 0 ? 0 : part.length)));
  if (!parts.every((part) => part !== null && (part.length === length || part.length === 1))) return undefined;
  return Array.from({ length }, (_, i) => of(...parts.map((part) => part![part!.length === 1 ? 0 : i] ?? null)));
};

const contents = (at: RuleInput): readonly Dim[] | undefined =>
  Object.hasOwn(arithmetic, at.node.op)
    ? zipped(at, 2, (a, b) => combine(at.node.op, a ?? null, b ?? null))
    : undefined;

const shapeOfAll = (at: RuleInput): readonly Dim[] | null => {
  // Before opset 7 a `broadcast` attribute with an `axis` aligned the second input to the first.
  if (at.node.domain === '' && at.opset < 7) return at.dims(0);
  return broadcast(...at.node.inputs.map((_, i) => at.dims(i)));
};

const binary: Rule = (at) => {
  const dtype = at.dtype(0) ?? at.dtype(1);
  return [known(dtype, shapeOfAll(at), contents(at))];
};

const comparison: Rule = (at) => [known('bool', shapeOfAll(at))];

const equal: Rule = (at) => [
  known('bool', shapeOfAll(at), at.opset < 7 ? undefined : zipped(at, 2, (a, b) => alike(a ?? null, b ?? null))),
];

const where: Rule = (at) => [
  known(
    at.dtype(1) ?? at.dtype(2),
    broadcast(at.dims(0), at.dims(1), at.dims(2)),
    zipped(at, 3, (condition = null, yes = null, no = null) =>
      condition === null ? (yes === no ? yes : null) : condition === 0 ? no : yes,
    ),
  ),
];

const cast: Rule = (at) => {
  const x = at.input(0);
  const to = typeAttribute(at.node, 'to');
  const integer = to === 'int64' || to === 'int32';
  return [known(to, x?.dims ?? null, integer ? x?.data : undefined)];
};

const castLike: Rule = (at) => [known(at.dtype(1), at.dims(0))];

const dropout: Rule = (at): readonly (Inferred | null)[] => {
  const x = at.input(0);
  const mask = at.opset >= 10 ? 'bool' : (x?.dtype ?? null);
  return [x && known(x.dtype, x.dims), known(mask, x?.dims ?? null)];
};

const all = (names: string, rule: Rule): Rules => Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** Operators that work element by element. Source: ONNX operator specification. */
export const elementwise: Rules = {
  ...all('Identity', same),
  ...all(
    'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish ' +
      'LeakyRelu Log Mish Neg Not PRelu Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt ' +
      'Swish Tan Tanh ThresholdedRelu BitwiseNot Softmax LogSoftmax Hardmax CumSum Trilu LpNormalization ' +
      'MeanVarianceNormalization InstanceNormalization GroupNormalization RMSNormalization LRN ReverseSequence RotaryEmbedding',
    like,
  ),
  ...all('Add Sub Mul Div Mod Pow Max Min Mean Sum BitShift BitwiseAnd BitwiseOr BitwiseXor', binary),
  ...all('And Or Xor Greater GreaterOrEqual Less LessOrEqual', comparison),
  ...all('IsNaN IsInf', typed('bool')),
  Equal: equal,
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
};
