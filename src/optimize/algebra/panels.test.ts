import { expect, test } from 'vitest';
import { addProduct, addProductRow, lanes } from './panels.ts';
import { normals } from '../quantize/blocks/testing/matrices.ts';

test('two rows at once, one row, and plain sums agree', () => {
  const stride = 11;
  const table = normals(4 * stride, 'table');
  const source = Float64Array.from(normals(5 + stride * lanes, 'source'));
  const [pair, single] = [new Float64Array(3 + 4 * lanes).fill(1), new Float64Array(3 + 4 * lanes).fill(1)];
  addProduct(table, stride, 2, 3, 9, source, 5, pair, 3);
  for (const j of [2, 3]) addProductRow(table, stride, j, 3, 9, source, 5, single, 3);
  pair.forEach((value, at) => {
    const [j, lane] = [Math.floor((at - 3) / lanes), (at - 3) % lanes];
    let expected = 1;
    if (at >= 3 && j >= 2)
      for (let i = 3; i < 9; i++) expected += table[j * stride + i]! * source[5 + i * lanes + lane]!;
    expect(value).toBeCloseTo(expected, 10);
    expect(single[at]).toBeCloseTo(expected, 10);
  });
});
