import { describe, expect, test } from 'vitest';
import { binomialCdf, seeded } from '../../statistics/index.ts';
import { drawBinomial, drawMultinomial } from './multinomial.ts';

const draws = 20_000;

describe('binomial draws have the binomial distribution', () => {
  // Both ways, and chances above a half, which are drawn from the other side.
  test.each([
    [5, 0.3],
    [50, 0.1],
    [40, 0.5],
    [1043, 0.02],
    [1043, 0.69],
    [40_430, 0.9],
  ])('n = %d, p = %d', (n, p) => {
    const random = seeded(19, `${n} ${p}`);
    const drawn = Int32Array.from({ length: draws }, () => drawBinomial(n, p, random)).sort();
    for (const share of [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]) {
      const k = drawn[Math.floor(share * draws)]!;
      const upTo = drawn.filter((one) => one <= k).length / draws;
      const expected = binomialCdf(k, n, p);
      // Four standard errors of a share.
      expect(Math.abs(upTo - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / draws) + 1e-9);
    }
    expect(drawn[0]).toBeGreaterThanOrEqual(0);
    expect(drawn.at(-1)).toBeLessThanOrEqual(n);
  });

  test('certain and impossible', () => {
    const random = seeded(1, 'edges');
    expect([drawBinomial(9, 0, random), drawBinomial(9, 1, random), drawBinomial(0, 0.5, random)]).toEqual([0, 9, 0]);
  });
});

test('kinds of rows: as many rows as there are, in proportion, and varying against each other as drawn rows do', () => {
  const counts = [60, 30, 9, 1];
  const random = seeded(4, 'kinds');
  const sample = new Int32Array(4);
  const sums = [0, 0, 0, 0];
  let product = 0;
  for (let at = 0; at < draws; at++) {
    drawMultinomial(counts, sample, random);
    if (sample.reduce((all, one) => all + one, 0) !== 100) throw new Error(`drew ${sample.join()}`);
    for (const [kind, one] of sample.entries()) sums[kind]! += one;
    product += (sample[0]! - 60) * (sample[1]! - 30);
  }
  for (const [kind, count] of counts.entries())
    expect(Math.abs(sums[kind]! / draws - count)).toBeLessThan(4 * Math.sqrt((count * (1 - count / 100)) / draws));
  // Covariance −n·p·q.
  expect(product / draws).toBeCloseTo(-18, 0);
});
