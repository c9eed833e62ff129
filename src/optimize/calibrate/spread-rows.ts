import type { Attribute, Node, Random, Value } from '../../contracts/index.ts';
import { int } from '../../model/graph/index.ts';
import { inline } from '../linear.ts';
import type { Statistic } from './types.ts';

/** Rows of a batch, and batches. */
const mostRows = 16;
const mostBatches = 8;

/** Of the batches up to this one, every so many are kept: 1, then 2, 4, … so that they stay spread over all. */
const strideAt = (batch: number): number => {
  let stride = 1;
  while (batch >= mostBatches * stride) stride *= 2;
  return stride;
};
const isKept = (batch: number): boolean => batch % strideAt(batch) === 0;

/** Where rows of a batch are taken: one place in each part of it, in units of a part, drawn anew for each batch and the same each time it is
 *  asked for, as in the segments of a large model; no places for a batch that would not be kept. */
export const placesOfRows = (random: Random): ((batch: number) => Value) => {
  const drawn = new Map<number, Value>();
  return (batch) => {
    if (!isKept(batch)) return { dtype: 'float32', dims: [0], data: new Float32Array(0) };
    const known = drawn.get(batch);
    if (known !== undefined) return known;
    const places: Value = {
      dtype: 'float32',
      dims: [mostRows],
      // Short of the end of its part, so that no rounding reaches the next one.
      data: Float32Array.from({ length: mostRows }, (_, part) => part + 0.99 * random.next()),
    };
    drawn.set(batch, places);
    return places;
  };
};

const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({ name: '', op, domain: '', inputs, outputs: [output], attributes });

const integers = (...values: number[]) => inline('int64', [values.length], BigInt64Array.from(values, BigInt));

/** Rows of a value from all over the calibration data: at most 16 of a batch, each from a part of its own, and all of a batch that has no more;
 *  at most 8 batches, spread evenly. Values that share `places` take the same rows.
 *  Shapes: a value […, width] → [rows, width]. Operator set 12 or later. */
export const spreadRows = (
  width: number,
  places: (batch: number) => Value,
): Statistic & { readonly rows: () => Float32Array; readonly forget: () => void } => {
  let kept: { readonly batch: number; readonly rows: Float32Array }[] = [];
  let next = 0;
  const input = 'steelyard_places_of_rows';
  return {
    kind: 'small',
    nodes: (value, output, prefix) => {
      const name = (part: string): string => `${prefix}_${part}`;
      return {
        nodes: [
          node('Reshape', [value, name('shape')], name('rows')),
          node('Shape', [name('rows')], name('size')),
          node('Gather', [name('size'), name('zero')], name('count'), { axis: int(0) }),
          node('Min', [name('count'), name('most')], name('parts')),
          node('Slice', [input, name('zero'), name('parts')], name('places')),
          node('Cast', [name('count')], name('count_float'), { to: int(1) }),
          node('Cast', [name('parts')], name('parts_float'), { to: int(1) }),
          node('Div', [name('count_float'), name('parts_float')], name('part')),
          node('Mul', [name('places'), name('part')], name('at_float')),
          node('Cast', [name('at_float')], name('at'), { to: int(7) }),
          node('Gather', [name('rows'), name('at')], output, { axis: int(0) }),
        ],
        initializers: new Map([
          [name('shape'), integers(-1, width)],
          [name('zero'), integers(0)],
          [name('most'), integers(mostRows)],
        ]),
        inputs: new Map([[input, places]]),
      };
    },
    add: ({ data }) => {
      const batch = next++;
      if (!isKept(batch)) return;
      const stride = strideAt(batch);
      kept = kept.filter((one) => one.batch % stride === 0);
      kept.push({ batch, rows: (data as Float32Array).slice() });
    },
    rows: () => {
      const all = new Float32Array(kept.reduce((length, { rows }) => length + rows.length, 0));
      let at = 0;
      for (const { rows } of kept) {
        all.set(rows, at);
        at += rows.length;
      }
      return all;
    },
    forget: () => {
      kept = [];
    },
  };
};
