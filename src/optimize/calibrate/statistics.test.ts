import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { rowSample } from './statistics.ts';

test('every row has the same chance to be kept', () => {
  const random = seeded(3, 'reservoir');
  const kept = new Float64Array(20);
  for (let round = 0; round < 4000; round++) {
    const sample = rowSample(1, 5, random);
    sample.add({ dtype: 'float32', dims: [12, 1], data: Float32Array.from({ length: 12 }, (_, i) => i) });
    sample.add({ dtype: 'float32', dims: [8, 1], data: Float32Array.from({ length: 8 }, (_, i) => 12 + i) });
    expect(sample.count()).toBe(5);
    for (const row of sample.rows()) kept[row]!++;
  }
  // 1,000 expected each, standard deviation 27.
  for (const count of kept) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27);
});
