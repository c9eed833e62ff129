import type { Dim } from '../../../contracts/index.ts';
import { readTensorSync, toFloat32, elementCount } from '../../tensor/index.ts';
import type { Tensor } from '../../../contracts/index.ts';
import { intOf, intsOf, tensorOf } from '../attributes.ts';
import { constantValue, smallIntegers } from '../constants.ts';
import { known, typeAttribute } from './types.ts';
import type { Rule, RuleInput, Rules } from './types.ts';

const constant: Rule = (at) => {
  const value = constantValue(at.node);
  if (value === null) return [];
  return [known(value.dtype, value.dims, smallIntegers(value, readTensorSync) ?? undefined)];
};

const shapeOf = (at: RuleInput, position: number): readonly Dim[] | null => {
  const data = at.data(position);
  if (data) return data;
  const count = at.dims(position)?.[0];
  return typeof count === 'number' && count <= 64 ? Array.from({ length: count }, () => null) : null;
};

const constantOfShape: Rule = (at) => {
  const fill = tensorOf(at.node, 'value');
  const dims = shapeOf(at, 0);
  const value = fill ? smallIntegers(fill, readTensorSync)?.[0] : undefined;
  const length = dims?.length === 1 ? dims[0] : null;
  const data =
    value !== undefined && typeof length === 'number' && length <= 64 ? Array.from({ length }, () => value) : undefined;
  return [known(fill?.dtype ?? 'float32', dims, data)];
};

/** One number from a constant with one element; null otherwise. */
export const scalarAt = (at: RuleInput, position: number): number | null => {
  const [exact] = at.numbers(position) ?? [];
  if (exact !== undefined) return exact;
  const value: Tensor | null = at.tensor(position);
  if (value === null || elementCount(value.dims) !== 1 || value.dtype === 'string') return null;
  return toFloat32(value.dtype, readTensorSync(value))[0] ?? null;
};

const range: Rule = (at) => {
  const [start, limit, step] = [scalarAt(at, 0), scalarAt(at, 1), scalarAt(at, 2)];
  const counted = start === 0 && step === 1 ? (at.data(1)?.[0] ?? null) : null;
  if (start === null || limit === null || step === null || step === 0) return [known(at.dtype(0), [counted])];
  const length = Math.max(0, Math.ceil((limit - start) / step));
  const data =
    length <= 64 && (at.dtype(0) === 'int64' || at.dtype(0) === 'int32')
      ? Array.from({ length }, (_, i) => start + i * step)
      : undefined;
  return [known(at.dtype(0), [length], data)];
};

const random: Rule = (at) => [known(typeAttribute(at.node, 'dtype') ?? 'float32', intsOf(at.node, 'shape', null))];
const randomLike: Rule = (at) => [known(typeAttribute(at.node, 'dtype') ?? at.dtype(0), at.dims(0))];
const multinomial: Rule = (at) => [
  known(typeAttribute(at.node, 'dtype') ?? 'int32', [at.dims(0)?.[0] ?? null, intOf(at.node, 'sample_size', 1)]),
];

const windowFunction: Rule = (at) => [
  known(typeAttribute(at.node, 'output_datatype') ?? 'float32', [at.data(0)?.[0] ?? null]),
];

/** Operators that make values from nothing or little. Source: ONNX operator specification. */
export const making: Rules = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  RandomNormal: random,
  RandomUniform: random,
  RandomNormalLike: randomLike,
  RandomUniformLike: randomLike,
  EyeLike: randomLike,
  Bernoulli: randomLike,
  Multinomial: multinomial,
  HannWindow: windowFunction,
  HammingWindow: windowFunction,
  BlackmanWindow: windowFunction,
};
