import { expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { observe } from '../calibrate/index.ts';
import { context, model, normal } from '../testing/quantized.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { contributions, magnitudesAlong, moments, patchMoments } from './structured-statistics.ts';

const image = Float32Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => Math.sin(i));
const rows = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i) + 0.5);
const feeds: Feeds[] = [
  { i: { dtype: 'float32', dims: [2, 2, 3, 3], data: image }, x: { dtype: 'float32', dims: [1, 3, 4], data: rows } },
  { i: { dtype: 'float32', dims: [2, 2, 3, 3], data: image }, x: { dtype: 'float32', dims: [3, 1, 4], data: rows } },
];
const subject = (opset: number) =>
  model(`opset ${opset}; i: float32[N, 2, 3, 3]; x: float32[N, S, 4]
    k = float32[1, 2, 2, 2] {...}; c = Conv(i, k) {strides: [1, 1], kernel_shape: [2, 2]}; ir = Relu(i); xr = Relu(x)
    -> c, ir, xr`);

test.each([7, 11, 17])(
  'moments, patches, magnitudes and contributions are those of the rows, opset %i',
  async (opset) => {
    const weight = toFloat32('float32', (normal([4, 3], 'weight').data as { bytes: Uint8Array }).bytes);
    const one = subject(opset);
    const [plain, patches] = [
      moments(4),
      patchMoments(
        one.graph.nodes.find(({ op }) => op === 'Conv')!,
        [1, 2, 2, 2],
      ),
    ];
    const [last, channel] = [magnitudesAlong(2, 3, 4), magnitudesAlong(1, 4, 2)];
    const given = contributions(weight, 2, 2, 3);
    const world = await context(async function* calibration() {
      yield* feeds;
    });
    await observe(
      one,
      [
        { value: 'x', statistic: plain },
        { value: 'i', statistic: patches },
        { value: 'x', statistic: last },
        { value: 'i', statistic: channel },
        { value: 'x', statistic: given },
      ],
      world,
    );
    const expected = new Float64Array(25);
    const sums = [0, 0];
    for (let r = 0; r < 3; r++) {
      const z = [...rows.subarray(4 * r, 4 * r + 4), 1];
      z.forEach((a, i) => z.forEach((b, j) => (expected[i * 5 + j]! += 2 * a * b)));
      for (const unit of [0, 1]) {
        const y = [0, 1, 2].map(
          (c) => z[2 * unit]! * weight[2 * unit * 3 + c]! + z[2 * unit + 1]! * weight[(2 * unit + 1) * 3 + c]!,
        );
        sums[unit]! += 2 * Math.hypot(...y);
      }
    }
    plain.matrix().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    given.sums.forEach((value, unit) => expect(value).toBeCloseTo(sums[unit]!, 4));
    expect(last.mean()[1]).toBeCloseTo((Math.abs(rows[1]!) + Math.abs(rows[5]!) + Math.abs(rows[9]!)) / 3, 5);
    const first = image.filter((_, i) => Math.floor(i / 9) % 2 === 0);
    expect(channel.mean()[0]).toBeCloseTo(first.reduce((sum, value) => sum + Math.abs(value), 0) / 18, 5);
    // Patch 1 of channel 0 is what lies right of patch 0: places (y, x + 1) for the four windows, of two images, twice.
    let product = 0;
    for (const n of [0, 1])
      for (const y of [0, 1])
        for (const x of [0, 1]) product += 2 * image[n * 18 + y * 3 + x]! * image[n * 18 + y * 3 + x + 1]!;
    expect(patches.matrix()[1]).toBeCloseTo(product, 4);
    expect(patches.matrix()[80]).toBeCloseTo(16, 5);
  },
);
