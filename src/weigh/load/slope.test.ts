import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { growthSlope, leastSquaresSlope } from './slope.ts';

test('agrees with scipy.stats.linregress: slope and t interval', () => {
  // scipy.stats.linregress([1,2,3,4,5], [1.1,1.9,3.2,3.8,5.3]): slope 1.03, stderr 0.0737111; t(0.975, 3) = 3.182446.
  const { value, low, high } = leastSquaresSlope([1, 2, 3, 4, 5], [1.1, 1.9, 3.2, 3.8, 5.3], 0.95);
  expect(value).toBeCloseTo(1.03, 10);
  expect(high - value).toBeCloseTo(3.182446 * 0.0737111, 4);
  expect(value - low).toBeCloseTo(high - value, 12);
});

test('says nothing from two points or one place', () => {
  expect(leastSquaresSlope([1, 2], [1, 2], 0.95).value).toBeNaN();
  expect(leastSquaresSlope([2, 2, 2], [1, 2, 3], 0.95).low).toBeNaN();
});

test('covers the true slope about as often as it says', () => {
  let inside = 0;
  for (let run = 0; run < 400; run++) {
    const random = seeded(run, 'slope');
    const x = Array.from({ length: 20 }, (_, i) => i);
    const { low, high } = leastSquaresSlope(
      x,
      x.map((at) => 0.5 * at + random.normal()),
      0.95,
    );
    if (low <= 0.5 && high >= 0.5) inside++;
  }
  expect(inside).toBeGreaterThan(365);
  expect(inside).toBeLessThan(395);
});

test('steps that add up by chance are no growth, a steady one is', () => {
  const x = Array.from({ length: 45 }, (_, i) => 16 * i);
  let [wrongly, naively, found] = [0, 0, 0];
  for (let run = 0; run < 200; run++) {
    const random = seeded(run, 'walk');
    let at = 0;
    const walk = x.map(() => (at += random.normal()));
    if (growthSlope(x, walk, 0.95).low > 0) wrongly++;
    if (leastSquaresSlope(x, walk, 0.95).low > 0) naively++;
    if (
      growthSlope(
        x,
        walk.map((one, i) => one + i),
        0.95,
      ).low > 0
    )
      found++;
  }
  expect(wrongly).toBeLessThan(20);
  expect(naively).toBeGreaterThan(60);
  expect(found).toBeGreaterThan(190);
  expect(growthSlope([1, 2], [1, 2], 0.95).value).toBeNaN();
});
