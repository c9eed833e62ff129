import { expect, test } from 'vitest';
import { jobs } from './jobs.ts';

test('names tell the family, and estimates grow with the work', () => {
  for (const name of Object.keys(jobs)) expect(name).toMatch(/^[a-z-]+\/[a-z-]+$/);
  const slab = (values: number) =>
    jobs['blocks/slab'].steps({
      weight: new Float32Array(values),
      columns: 1,
      byColumn: false,
      alpha: 1,
      scheme: { bits: 4, blockSize: 32, symmetric: true },
      method: 'rtn',
      importance: null,
      packed: true,
    });
  expect(slab(2000)).toBe(2 * slab(1000));
  const factor = (k: number) =>
    jobs['blocks/factor'].steps({ gram: new Float32Array(0), k, damping: 0, actOrder: false, inputScale: null });
  expect(factor(200) / factor(100)).toBe(8);
});
