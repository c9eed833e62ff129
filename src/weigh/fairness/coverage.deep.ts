import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { gapVersus, worstVersus, type GroupPairs } from './extremes.ts';
import { worstLoss, worstShare } from './worst.ts';

const group = (n: number, before: number, b: number, c: number): GroupPairs => ({
  n,
  b,
  c,
  before,
  now: before - b + c,
});

describe('false claims at a stated error of 5 %, 2,000 simulated data sets each', () => {
  const random = seeded(8, 'extremes');
  const draw = (n: number, before: number, lost: number, won: number): GroupPairs => {
    let [b, c, right] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.next();
      if (u < before) right++;
      if (u < lost) b++;
      else if (u >= before && u < before + won) c++;
    }
    return group(n, right, b, c);
  };
  const sizes = [40, 60, 200];
  // Share right before, then lost by each group. A bootstrap of the minima is wrong in 18 % of the second case.
  test.each([
    ['all alike, nothing changes', [0.9, 0.9, 0.9], [0.03, 0.03, 0.03]],
    ['all alike, the smallest loses', [0.9, 0.9, 0.9], [0.12, 0.03, 0.03]],
    ['another one becomes the worst', [0.7, 0.9, 0.9], [0.03, 0.03, 0.27]],
  ])('%s', (_, before, lost) => {
    const won = 0.03;
    const after = before.map((share, at) => share - lost[at]! + won);
    const worst = Math.min(...after) - Math.min(...before);
    const gap = Math.max(...after) - Math.min(...after) - (Math.max(...before) - Math.min(...before));
    const wrong = [0, 0, 0, 0];
    for (let run = 0; run < 2000; run++) {
      const groups = sizes.map((n, at) => draw(n, before[at]!, lost[at]!, won));
      const one = worstVersus(groups, 0.9);
      const two = gapVersus(groups, [[0, 1, 2]], 0.9);
      wrong[0]! += one.low > worst ? 1 : 0;
      wrong[1]! += one.high < worst ? 1 : 0;
      wrong[2]! += two.low > gap ? 1 : 0;
      wrong[3]! += two.high < gap ? 1 : 0;
    }
    // 5 % of 2,000 and three standard errors.
    for (const count of wrong) expect(count).toBeLessThanOrEqual(100 + 30);
  });
});

describe('coverage of the truth, 2,000 simulated data sets each', () => {
  const random = seeded(3, 'worst coverage');
  const draw = (n: number, share: number): number => {
    let count = 0;
    for (let i = 0; i < n; i++) if (random.next() < share) count++;
    return count;
  };
  const sizes = [40, 60, 200];

  test.each([
    ['all groups alike', [0.9, 0.9, 0.9]],
    ['one far behind', [0.6, 0.9, 0.95]],
  ])('worst share: %s', (_, shares) => {
    const truth = Math.min(...shares);
    let [below, above] = [0, 0];
    for (let run = 0; run < 2000; run++) {
      const { low, high } = worstShare(
        sizes.map((n, at) => draw(n, shares[at]!)),
        sizes,
        0.95,
      );
      if (low > truth) below++;
      if (high < truth) above++;
    }
    // Each side may err in 2.5 % (and Wilson’s own error); three standard errors of the simulation are 1 %.
    expect(below / 2000).toBeLessThan(0.04);
    expect(above / 2000).toBeLessThan(0.04);
  });

  test.each([
    ['nobody loses', [0.05, 0.05, 0.05]],
    ['one loses', [0.05, 0.2, 0.05]],
  ])('worst loss: %s', (_, harmed) => {
    const truth = Math.max(...harmed) - 0.05;
    let [below, above] = [0, 0];
    for (let run = 0; run < 2000; run++) {
      const pairs = sizes.map((n, at) => ({ b: draw(n, harmed[at]!), c: draw(n, 0.05), n }));
      const { low, high } = worstLoss(pairs, 0.95);
      if (low > truth) below++;
      if (high < truth) above++;
    }
    expect(below / 2000).toBeLessThan(0.04);
    expect(above / 2000).toBeLessThan(0.04);
  });
});
