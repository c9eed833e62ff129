import { viewOf } from '../../../anatomy/walk.ts';
import { model } from '../../../testing/quantized.ts';
import { spreadFrom, stuckAt } from '../spread.ts';

/** Where a cut of an axis of `value` leads in a model from text: value or weight → axis → units, as plain lists; the reason where it is
 *  stuck. `units`: the unit of each place. */
export const reach = (
  text: string,
  value: string,
  axis: number,
  units: readonly number[],
): Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> | string => {
  const found = spreadFrom(viewOf(model(text)), [{ value, axis, units: Int32Array.from(units) }]);
  if ('reason' in found) return stuckAt(found);
  const result: Record<string, Record<number, readonly number[]>> = {};
  for (const [name, axes] of found.values) for (const [place, list] of axes) (result[name] ??= {})[place] = [...list];
  for (const { node, input, axis: place, units: list } of found.cuts)
    (result[node.inputs[input] ?? ''] ??= {})[place] = [...list];
  return result;
};
