import { expect, test } from 'vitest';
import { closest } from './closest.ts';

test('names what was probably meant, and nothing when nothing is near', () => {
  const known = ['accuracy', 'latency-p50', 'size'];
  expect(closest('acuracy', known)).toBe('accuracy');
  expect(closest('latency-p05', known)).toBe('latency-p50');
  expect(closest('Size', known)).toBe('size');
  expect(closest('throughput', known)).toBeNull();
  expect(closest('x'.repeat(10_000), known)).toBeNull();
});
