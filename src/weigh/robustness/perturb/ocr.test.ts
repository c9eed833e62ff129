import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { ocr } from './ocr.ts';

test('shapes become what they are taken for', () => {
  const all = { strength: 1 };
  expect(applied(ocr, 'rn m cl d O 0 B', all)).toBe('m rn d cl 0 O 8');
  for (let seed = 0; seed < 10; seed++) expect(['1', 'I']).toContain(applied(ocr, 'l', all, seed));
  expect(applied(ocr, 'xyz 79', all)).toBe('xyz 79');
});

test('three shapes in a hundred by default', () => {
  const count = applied(ocr, 'm '.repeat(10_000)).match(/rn/g)!.length;
  expect(Math.abs(count / 10_000 - 0.03)).toBeLessThan(0.006);
});
