import type { Rule } from '../types.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { lookup } from './gather.ts';
import { layout } from './layout.ts';
import { linear } from './linear.ts';
import { normalize } from './normalize.ts';
import { reduce } from './reduce.ts';
import { unary } from './unary.ts';

/** Operator of ai.onnx → its rule. */
export const rules: Readonly<Record<string, Rule>> = {
  ...elementwise,
  ...unary,
  ...linear,
  ...layout,
  ...lookup,
  ...normalize,
  ...reduce,
  ...convolution,
};

/** Operators whose outputs do not change with small changes of float inputs: no gradient passes them. */
export const flat: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'IsNaN',
  'IsInf',
  'NonZero',
  'Sign',
  'Floor',
  'Ceil',
  'Round',
  'ConstantOfShape',
  'RandomUniformLike',
  'RandomNormalLike',
]);
