import { expect, test } from 'vitest';
import { gramOf, normals } from '../quantize/blocks/testing/matrices.ts';
import { factor } from './propagation.ts';

test('table and pivots are V of H = V·Vᵀ, row by row', () => {
  const k = 9;
  const gram = gramOf(normals(30 * k, 'rows'), k);
  const { table, pivots, order, damping } = factor({ gram, k, damping: 0.01, actOrder: true, inputScale: null })!;
  expect(damping).toBe(0.01);
  let mean = 0;
  for (let i = 0; i < k; i++) mean += gram[i * (k + 1)]! / k;
  /** V_ij = table_ji · V_jj above the diagonal. */
  const v = (i: number, j: number): number => (i > j ? 0 : i === j ? pivots[j]! : table[j * k + i]! * pivots[j]!);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let at = 0; at < k; at++) sum += v(i, at) * v(j, at);
      const expected = gram[order[i]! * k + order[j]!]! + (i === j ? 0.01 * mean : 0);
      expect(Math.abs(sum - expected) / mean).toBeLessThan(1e-5);
    }
});
