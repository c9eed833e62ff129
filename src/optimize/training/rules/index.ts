import type { Node } from '../../../contracts/index.ts';
import type { Rule } from '../types.ts';
import { activations } from './activations.ts';
import { cells } from './cells.ts';
import { convolution } from './convolution.ts';
import { tensorProduct } from './einsum.ts';
import { elementwise } from './elementwise.ts';
import { lookup } from './gather.ts';
import { layout } from './layout.ts';
import { linear } from './linear.ts';
import { microsoft, rotary } from './microsoft.ts';
import { normalize } from './normalize.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantize.ts';
import { reduce } from './reduce.ts';
import { spatial } from './spatial.ts';
import { unary } from './unary.ts';

/** Operator of ai.onnx → its rule. */
export const rules: Readonly<Record<string, Rule>> = {
  ...elementwise,
  ...unary,
  ...activations,
  ...linear,
  ...tensorProduct,
  ...layout,
  ...spatial,
  ...lookup,
  ...normalize,
  ...reduce,
  ...convolution,
  ...pooling,
  ...cells,
  ...quantization,
  RotaryEmbedding: rotary(2),
};

const byDomain: Readonly<Record<string, Readonly<Record<string, Rule>>>> = { '': rules, 'com.microsoft': microsoft };

/** The rule of a node's operator, or undefined. */
export const ruleOf = (node: Node): Rule | undefined => {
  const table = Object.hasOwn(byDomain, node.domain) ? byDomain[node.domain]! : {};
  return Object.hasOwn(table, node.op) ? table[node.op] : undefined;
};

/** Operator of com.microsoft → its rule. */
export { microsoft as microsoftRules } from './microsoft.ts';

const flat: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'And',
  'Or',
  'Not',
  'Xor',
  'IsNaN',
  'IsInf',
  'NonZero',
  'NonMaxSuppression',
  'Sign',
  'Floor',
  'Ceil',
  'Round',
  'EyeLike',
  'Hardmax',
  'ConstantOfShape',
  'RandomUniformLike',
  'RandomNormalLike',
  'Bernoulli',
  'Multinomial',
]);

/** Whether a node's outputs do not change with small changes of its float inputs: no gradient passes it. */
export const isFlat = (node: Node): boolean => node.domain === '' && flat.has(node.op);

const codes = /^(Dynamic)?QuantizeLinear$|^(MatMul|Conv)Integer$|^QLinear|^QGemm$/;

/** Whether a node computes with whole numbers that stand for real ones: the gradient follows them. QuantizeLinear has a rule;
 *  the others are named as operators without one, so that none of them passes for a constant. */
export const isStraight = (node: Node): boolean =>
  (node.domain === '' || node.domain === 'com.microsoft') && codes.test(node.op);
