import { expect, test } from 'vitest';
import type { Believed } from './beliefs.ts';
import { gainsOf, heldBy, scaleOf } from './gain.ts';

const one = (means: readonly number[], sd = 0.01, feasible = 1): Believed => ({
  point: [0],
  means,
  sds: means.map(() => sd),
  feasible,
});
const noise = [0.05, 0];
const seen = [one([0, 1]), one([0.5, 0.5]), one([1, 0]), one([-9, -9], 0.01, 0.1)];
const scale = scaleOf(seen, noise);

test('the scale is that of the front that meets the conditions', () => {
  expect(scale.low).toEqual([0, 0]);
  for (const range of scale.range) expect(range).toBeCloseTo(1.1, 12);
});

test('a point that beats the front by more than the noise gains; inside the noise it does not', () => {
  const held = heldBy(seen, scale, noise);
  const [clear, inside, behind, unlikely, unsure] = gainsOf(
    [one([-0.3, 0.2]), one([0.47, 0.501], 1e-4), one([0.8, 0.8]), one([-0.3, 0.2], 0.01, 0.2), one([0.8, 0.8], 0.4)],
    held,
    scale,
  );
  expect(clear).toBeGreaterThan(0.2);
  expect(inside!).toBeLessThan(1e-4);
  expect(behind!).toBeLessThan(1e-4);
  expect(unlikely! / clear!).toBeCloseTo(0.2, 2);
  expect(unsure!).toBeGreaterThan(1e-3);
});

test('where nothing is held, the gain is the box and the whole improvement', () => {
  const held = heldBy([], scale, noise);
  const [gain] = gainsOf([one([0, 0], 1e-9)], held, scale);
  expect(gain).toBeCloseTo(1 + 1, 4);
});

test('three objectives', () => {
  const three = [one([0, 1, 1]), one([1, 0, 1]), one([1, 1, 0])];
  const scaled = scaleOf(three, [0, 0, 0]);
  const [better, worse] = gainsOf([one([0.2, 0.2, 0.2]), one([1, 1, 1])], heldBy(three, scaled, [0, 0, 0]), scaled);
  expect(better).toBeGreaterThan(0.1);
  expect(worse!).toBeLessThan(1e-4);
});
