import type { Node, Random, Value } from '../../contracts/index.ts';
import type { IntegerProduct, Window } from './integer-products.ts';
import { windowOf } from './integer-products.ts';

/** Rows of codes that an operation multiplies: `rows` of them, `k` long. For a grouped convolution, those of one group. */
export interface Sampled {
  readonly group: number;
  readonly codes: Uint8Array;
  readonly rows: number;
}

const positions = (random: Random, of: number, count: number): number[] => {
  if (of <= count) return Array.from({ length: of }, (_, at) => at);
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.integer(of));
  return [...chosen].sort((a, b) => a - b);
};

const matrixRows = (value: Value, k: number, count: number, random: Random): Sampled[] => {
  const data = value.data as Uint8Array;
  const total = k === 0 ? 0 : Math.floor(data.length / k);
  const chosen = positions(random, total, count);
  const codes = new Uint8Array(chosen.length * k);
  for (const [at, row] of chosen.entries()) codes.set(data.subarray(row * k, (row + 1) * k), at * k);
  return [{ group: 0, codes, rows: chosen.length }];
};

/** The codes under one position of a convolution's window, in the order in which the kernel adds them up; padding is the zero point. */
const under = (
  value: Value,
  window: Window,
  at: { readonly image: number; readonly row: number; readonly column: number; readonly group: number },
  shape: { readonly channels: number; readonly height: number; readonly width: number; readonly per: number },
  zero: number,
  into: Uint8Array,
  offset: number,
): void => {
  const data = value.data as Uint8Array;
  const { channels, height, width, per } = shape;
  let to = offset;
  for (let i = 0; i < window.kernel[0]; i++)
    for (let j = 0; j < window.kernel[1]; j++) {
      const y = at.row * window.strides[0] - window.pads[0] + i * window.dilations[0];
      const x = at.column * window.strides[1] - window.pads[1] + j * window.dilations[1];
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      for (let c = 0; c < per; c++) {
        const channel = at.group * per + c;
        into[to++] = !inside
          ? zero
          : window.channelsLast
            ? data[((at.image * height + y) * width + x) * channels + channel]!
            : data[((at.image * channels + channel) * height + y) * width + x]!;
      }
    }
};

const convolutionRows = (
  node: Node,
  product: IntegerProduct,
  value: Value,
  zero: number,
  count: number,
  random: Random,
): Sampled[] => {
  const { dims } = value;
  const per = product.tensor.dims[1] ?? 0;
  const flat = dims.length === 3;
  const last = windowOf(node, product.tensor, 1, 1).channelsLast;
  const [images = 0] = dims;
  const spatial = last ? dims.slice(1, -1) : dims.slice(2);
  const channels = (last ? dims.at(-1) : dims[1]) ?? 0;
  const [height, width] = flat ? [1, spatial[0] ?? 0] : [spatial[0] ?? 0, spatial[1] ?? 0];
  const window = windowOf(node, product.tensor, height, width);
  const shape = { channels, height, width, per };
  const each = window.out[0] * window.out[1];
  const k = per * window.kernel[0] * window.kernel[1];
  if (images * each === 0 || k === 0) return [];
  const groups = Math.min(window.groups, 4);
  return Array.from({ length: groups }, (_, index): Sampled => {
    const group = Math.floor((index * window.groups) / groups);
    const chosen = positions(random, images * each, Math.max(1, Math.ceil(count / groups)));
    const codes = new Uint8Array(chosen.length * k);
    for (const [at, position] of chosen.entries()) {
      const inside = position % each;
      const where = {
        image: Math.floor(position / each),
        row: Math.floor(inside / window.out[1]),
        column: inside % window.out[1],
        group,
      };
      under(value, window, where, shape, zero, codes, at * k);
    }
    return { group, codes, rows: chosen.length };
  });
};

/** Draw at most `count` rows of what an operation multiplies from its input's codes. */
export const sampleRows = (
  product: IntegerProduct,
  value: Value,
  zero: number,
  count: number,
  random: Random,
): Sampled[] => {
  const { node } = product.place;
  if (product.layout === 'convolution') return convolutionRows(node, product, value, zero, count, random);
  const k = product.layout === 'nk' ? product.tensor.dims[1]! : product.tensor.dims[0]!;
  return matrixRows(value, k, count, random);
};
