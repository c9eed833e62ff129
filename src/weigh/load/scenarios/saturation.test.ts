import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { poissonArrivals } from '../schedule/index.ts';
import { playedOf, queueOf } from '../testing/played.ts';
import { isSaturated } from './saturation.ts';

const arrivals = (rate: number, seed: number): Float64Array =>
  poissonArrivals(rate, { minMs: 5_000, minCount: 1, maxMs: 5_000, maxCount: 1e5 }, seeded(seed, 'arrivals'));

test('a queue that grows is found; a busy one that does not is not', () => {
  let [found, wrongly] = [0, 0];
  for (let seed = 0; seed < 60; seed++) {
    // 5 ms a request: 200 a second is all there is.
    if (isSaturated(queueOf(arrivals(240, seed), 5))) found++;
    if (isSaturated(queueOf(arrivals(100, seed), 5))) wrongly++;
  }
  expect(found).toBeGreaterThan(57);
  expect(wrongly).toBeLessThan(3);
});

test('requests that are never answered pile up too; a handful of requests says nothing', () => {
  const at = Array.from({ length: 200 }, (_, i) => (i + 1) * 10);
  // The second half is never answered: it has waited until the end at least.
  expect(
    isSaturated(
      playedOf(
        at,
        at.map((_, i) => (i < 100 ? 2 : undefined)),
      ),
    ),
  ).toBe(true);
  expect(isSaturated(queueOf(at.slice(0, 20), 100))).toBe(false);
  expect(isSaturated(playedOf(Array(100).fill(0), Array(100).fill(1)))).toBe(false);
});
