import { describe, expect, test } from 'vitest';
import { pAbove, pBelow, tangoInterval, tangoTest } from '../../statistics/index.ts';
import { gapOwn, gapVersus, worstVersus, type GroupPairs } from './extremes.ts';

const group = (n: number, before: number, b: number, c: number): GroupPairs => ({
  n,
  b,
  c,
  before,
  now: before - b + c,
});

describe('the worst group against the original’s', () => {
  test('one group: its Tango interval and test, but for the fifth of the error that is kept for overlooking a group', () => {
    const versus = worstVersus([group(200, 180, 9, 2)], 0.95);
    expect(versus.value).toBeCloseTo(-7 / 200, 12);
    const { low, high } = tangoInterval({ b: 9, c: 2, n: 200 }, 1 - 2 * 0.02);
    expect(versus.low).toBeCloseTo(low, 12);
    expect(versus.high).toBeCloseTo(high, 12);
    for (const margin of [0.06, 0.08]) {
      const exact = tangoTest({ b: 9, c: 2, n: 200 }, margin).p;
      expect(pAbove(versus, -margin) / exact).toBeGreaterThan(1.1);
      expect(pAbove(versus, -margin) / exact).toBeLessThan(1.35);
    }
    expect(pBelow(versus, 0)).toBeLessThan(0.05);
  });

  test('a clear worst group: the others do not matter', () => {
    const alone = worstVersus([group(200, 120, 9, 2)], 0.95);
    const beside = worstVersus([group(200, 120, 9, 2), group(300, 290, 1, 1), group(300, 280, 20, 0)], 0.95);
    expect([beside.low, beside.high]).toEqual([alone.low, alone.high]);
    expect(beside.method).toContain('(1 of 3)');
  });

  test('groups alike: whichever may be the worst', () => {
    const versus = worstVersus([group(60, 54, 6, 0), group(200, 180, 1, 1)], 0.95);
    expect(versus.low).toBeLessThan(tangoInterval({ b: 6, c: 0, n: 60 }, 0.95).low + 1e-9);
    expect(versus.high).toBeGreaterThan(0);
  });

  test('nothing changes: zero, and what the groups leave open', () => {
    const versus = worstVersus([group(40, 36, 0, 0), group(90, 85, 0, 0)], 0.95);
    expect(versus.value).toBe(0);
    expect(versus.low).toBeLessThan(-0.05);
    expect(pAbove(versus, -0.01)).toBeGreaterThan(0.05);
  });
});

describe('the gap between groups', () => {
  test('by hand: 90 % and 70 % are 20 points apart; of two columns the wider gap counts', () => {
    const groups = [group(100, 90, 0, 0), group(100, 70, 0, 0), group(100, 80, 0, 0), group(100, 82, 0, 0)];
    const own = gapOwn(
      groups,
      [
        [0, 1],
        [2, 3],
      ],
      0.95,
    );
    expect(own.value).toBeCloseTo(0.2, 12);
    expect(own.low).toBeGreaterThanOrEqual(0);
    expect(own.high).toBeGreaterThan(0.3);
    expect(gapOwn(groups.slice(2), [[0, 1]], 0.95).low).toBe(0);
  });

  test('the version widens it', () => {
    const versus = gapVersus([group(300, 285, 0, 0), group(300, 240, 60, 0)], [[0, 1]], 0.95);
    expect(versus.value).toBeCloseTo(60 / 300, 12);
    expect(versus.low).toBeGreaterThan(0.14);
    expect(versus.high).toBeGreaterThan(0.24);
    expect(pAbove(versus, 0.1)).toBeLessThan(0.01);
    // Where either group may have been the better one, the gap may as well have turned around.
    expect(gapVersus([group(300, 270, 0, 0), group(300, 265, 60, 0)], [[0, 1]], 0.95).low).toBeLessThan(0);
  });

  test('quantiles of the evidence never fall', () => {
    const groups = [group(50, 40, 3, 1), group(70, 60, 1, 4), group(40, 30, 2, 2)];
    for (const { evidence } of [gapVersus(groups, [[0, 1, 2]], 0.95), worstVersus(groups, 0.95)]) {
      if (evidence.kind !== 'bootstrap') throw new Error(evidence.kind);
      for (const list of [evidence.values, evidence.probabilities])
        for (const [at, one] of list.slice(1).entries()) expect(one).toBeGreaterThanOrEqual(list[at]!);
      expect(evidence.values).toHaveLength(evidence.probabilities.length);
    }
  });
});
