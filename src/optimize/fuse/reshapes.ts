import type { Dim } from '../../contracts/index.ts';

/** A constant for Reshape (0 copies a size, −1 is what is left) that gives `after` from `before` in every run; null when none
 *  is certain to. `free` tells whether a single unknown size may stand beside copied ones: as −1, which fails where a copied size
 *  is 0 in some run. Shapes: sizes of the result → as many integers. Source: ONNX operator specification, Reshape. */
export const targetOf = (
  after: readonly Dim[] | null,
  before: readonly Dim[] | null,
  free = false,
): readonly number[] | null => {
  if (after === null || after.includes(0)) return null;
  if (after.some((dim) => typeof dim === 'number' && dim < 0)) return null;
  const target = after.map((dim, i) => (typeof dim === 'number' ? dim : dim !== null && dim === before?.[i] ? 0 : -1));
  const rest = target.filter((one) => one === -1).length;
  return rest === 0 || (rest === 1 && (free || !target.includes(0))) ? target : null;
};

/** The order of axes of one Transpose behind another. */
export const composed = (first: readonly number[], second: readonly number[]): readonly number[] | null => {
  const order = second.map((axis) => first[axis] ?? -1);
  const whole = first.length === second.length && new Set(order).size === order.length && !order.includes(-1);
  return whole ? order : null;
};
