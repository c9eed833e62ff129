import { expect, test } from 'vitest';
import { fitBlocks } from './fit.ts';
import { quantizeFourColumns } from './four.ts';
import { kQuantFit } from './k-quant.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const squares = (weight: Float32Array, back: Float32Array): number =>
  weight.reduce((sum, value, at) => sum + (value - back[at]!) ** 2, 0);
const plain = { byColumn: false, packed: false } as const;

test.each([2, 4, 8] as const)('%i bits: k-quant is as close as the search in double precision', (bits) => {
  const scheme: BlockScheme = { bits, blockSize: 32, symmetric: false };
  const weight = normals(64 * 30, 'double').map((value) => value ** 3);
  const one = new Float32Array(64).fill(1);
  const made = squares(
    weight,
    decoded(
      quantizeFourColumns({ ...plain, weight, columns: 30, scheme, method: 'k-quant', importance: one }),
      30,
      scheme,
    ),
  );
  const double = squares(weight, decoded(fitBlocks(weight, 30, scheme, kQuantFit(scheme), one), 30, scheme));
  expect(made).toBeLessThan(double * 1.001);
});

test('HQQ is within one percent of the best of all scales and integer zero points', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 32, symmetric: false };
  const weight = normals(32 * 4, 'exhaustive');
  const made = squares(
    weight,
    decoded(quantizeFourColumns({ ...plain, weight, columns: 4, scheme, method: 'hqq', importance: null }), 4, scheme),
  );
  let best = 0;
  for (let column = 0; column < 4; column++) {
    const own = weight.filter((_, at) => at % 4 === column);
    let least = Infinity;
    for (let zero = 3; zero <= 12; zero++)
      for (let scale = 0.1; scale < 0.6; scale += 0.001) {
        const back = own.map((value) => (Math.min(15, Math.max(0, Math.round(value / scale) + zero)) - zero) * scale);
        least = Math.min(least, squares(own, back));
      }
    best += least;
  }
  expect(made / best).toBeLessThan(1.01);
});
