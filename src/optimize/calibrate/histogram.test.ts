import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { histogram } from './histogram.ts';

const value = (...numbers: number[]) => ({
  dtype: 'float32' as const,
  dims: [numbers.length],
  data: Float32Array.from(numbers),
});

test('widening keeps every count in its place', () => {
  const random = seeded(1, 'histogram');
  const numbers = Array.from({ length: 5000 }, () => random.normal());
  const stream = histogram(64);
  for (let start = 0; start < numbers.length; start += 100)
    stream.add(value(...numbers.slice(start, start + 100).map((one) => one * (1 + start / 1000))));
  const { counts, limit, total } = stream.result();
  const scaled = numbers.map((one, i) => Math.fround(one * (1 + Math.floor(i / 100) / 10)));
  const direct = new Float64Array(64);
  for (const one of scaled) direct[Math.min(63, Math.floor((one / (2 * limit)) * 64) + 32)]!++;
  expect(total).toBe(5000);
  // A value that lies on an edge within rounding may be counted on either side.
  let moved = 0;
  for (let i = 0; i < 64; i++) moved += Math.abs(counts[i]! - direct[i]!);
  expect(moved).toBeLessThanOrEqual(4);
});

test('nothing but zeros, then something', () => {
  const stream = histogram(8);
  stream.add(value(0, 0, 0));
  expect(stream.result()).toMatchObject({ total: 3, limit: 0, low: 0, high: 0 });
  stream.add(value(-3, 1));
  const { counts, limit } = stream.result();
  expect(limit).toBe(3);
  expect([...counts]).toEqual([1, 0, 0, 0, 3, 1, 0, 0]);
});

test('bins that cannot merge are a bug', () => {
  expect(() => histogram(6)).toThrow('merge in pairs');
});
