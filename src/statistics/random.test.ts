import { expect, test } from 'vitest';
import { seeded } from './random.ts';
import { chiSquaredCdf } from './special.ts';

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
  const counts = Array.from({ length: 7 }, () => 0);
  for (let i = 0; i < n; i++) counts[random.integer(7)]!++;
  const chi = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
  expect(chiSquaredCdf(chi, 6)).toBeLessThan(0.999);
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

test('whole numbers are equally likely and in range up to 2^32', () => {
  const random = seeded(3, 'range');
  for (const below of [1, 2, 3, 1000, 65_537, 2 ** 31, 2 ** 31 + 3, 2 ** 32 - 1, 2 ** 32]) {
    const drawn = Array.from({ length: 2000 }, () => random.integer(below));
    const upper = drawn.filter((value) => value >= below / 2).length;
    expect(drawn.every((value) => Number.isInteger(value) && value >= 0 && value < below)).toBe(true);
    if (below > 1000) expect(Math.abs(upper - 1000)).toBeLessThan(4 * Math.sqrt(500));
  }
  expect(() => random.integer(2 ** 32 + 1)).toThrow();
  expect(() => random.integer(1.5)).toThrow();
});

test('the stream is pinned: data and models made from a seed stay what they are', () => {
  const random = seeded(2026, 'pin');
  expect([random.integer(1000), random.integer(7), random.integer(2 ** 32)]).toEqual([658, 5, 3_688_474_538]);
  expect(random.next()).toBeCloseTo(0.6365077247755528, 15);
});
