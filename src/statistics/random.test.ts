import { expect, test } from 'vitest';
import { seeded } from './random.ts';

test('the same seed and label give the same stream, others another', () => {
  const draw = (seed: number, label: string) => Array.from({ length: 5 }, seeded(seed, label).next);
  expect(draw(1, 'a')).toEqual(draw(1, 'a'));
  expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
  expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
});

test('uniform, integer and normal have their moments', () => {
  const random = seeded(7, 'moments');
  const n = 50_000;
  const uniform = Array.from({ length: n }, () => random.next());
  expect(uniform.reduce((a, b) => a + b) / n).toBeCloseTo(0.5, 2);
  expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(0);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < n; i++) counts[random.integer(7)]!++;
  const chi = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
  // χ² with 6 degrees of freedom: 22.46 is its 99.9 % point.
  expect(chi).toBeLessThan(22.46);
  const normal = Array.from({ length: n }, () => random.normal());
  expect(normal.reduce((a, b) => a + b) / n).toBeCloseTo(0, 1);
  expect(normal.reduce((a, b) => a + b * b, 0) / n).toBeCloseTo(1, 1);
});

test('shuffle keeps the items and leaves its input alone', () => {
  const items = [1, 2, 3, 4, 5, 6];
  const shuffled = seeded(1, 'shuffle').shuffle(items);
  expect(items).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...shuffled].sort()).toEqual(items);
  expect(() => seeded(1, 'x').integer(0)).toThrow(/integer\(0\)/);
});
