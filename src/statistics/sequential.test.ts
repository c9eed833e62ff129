import { expect, test } from 'vitest';
import { lookBoundaries } from './golden.ts';
import { seeded } from './random.ts';
import { boundariesOf, obrienFleming, planLooks, powerSpending, sequentialLook } from './sequential.ts';
import { normalQuantile } from './special.ts';
import { tangoInterval } from './tango.ts';

// Lan–DeMets boundaries of O'Brien–Fleming type, five even looks, one-sided 2.5 %: Jennison & Turnbull 2000; R package ldbounds.
test('published boundaries', () => {
  const boundaries = boundariesOf([0.2, 0.4, 0.6, 0.8, 1], 0.025, obrienFleming);
  for (const [i, expected] of lookBoundaries.entries()) expect(boundaries[i]).toBeCloseTo(expected, 3);
});

test('one look at the end is the ordinary test, and everything is spent at the end', () => {
  expect(boundariesOf([1], 0.05, powerSpending(2))[0]).toBeCloseTo(normalQuantile(0.95), 8);
  expect(obrienFleming(1, 0.05)).toBeCloseTo(0.05, 12);
  expect(powerSpending(2)(0.5, 0.04)).toBeCloseTo(0.01, 12);
});

test('boundaries are crossed with probability α by a sum without drift', () => {
  const times = [0.1, 0.3, 0.55, 0.8, 1];
  const boundaries = boundariesOf(times, 0.05, powerSpending(2));
  const runs = 20_000;
  const random = seeded(1, 'boundaries');
  let crossed = 0;
  for (let run = 0; run < runs; run++) {
    let [sum, before] = [0, 0];
    for (const [i, time] of times.entries()) {
      sum += Math.sqrt(time - before) * random.normal();
      before = time;
      if (sum >= boundaries[i]! * Math.sqrt(time)) {
        crossed++;
        break;
      }
    }
  }
  expect(Math.abs(crossed / runs - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / runs));
});

test('plans: looks after at least 100 answers, the last after all', () => {
  expect(planLooks(50).looks).toEqual([50]);
  expect(planLooks(350).looks).toEqual([117, 233, 350]);
  expect(planLooks(5000).looks).toHaveLength(10);
  expect(planLooks(300, { looks: [40, 300] }).looks).toEqual([40, 300]);
  for (const looks of [[100], [100, 100, 300], [200, 100, 300], [0, 300]])
    expect(() => planLooks(300, { looks })).toThrow('300 answers');
  const { boundaries } = planLooks(1000);
  expect(boundaries).toEqual(boundaries.toSorted((a, b) => b - a));
});

test('a look decides, goes on, or ends undecided', () => {
  const plan = planLooks(2000, { looks: [500, 1000, 2000] });
  expect(sequentialLook(plan, { b: 0, c: 0, n: 1000 }, 0.01).decision).toBe('not-worse');
  expect(sequentialLook(plan, { b: 40, c: 2, n: 500 }, 0.01).decision).toBe('worse');
  expect(sequentialLook(plan, { b: 8, c: 6, n: 500 }, 0.01).decision).toBe('continue');
  // Early and with few flips "worse" waits; "not worse" does not.
  expect(sequentialLook(plan, { b: 19, c: 0, n: 500 }, 0.01)).toMatchObject({ decision: 'continue' });
  expect(sequentialLook(plan, { b: 21, c: 0, n: 500 }, 0.01).decision).toBe('worse');
  expect(sequentialLook(plan, { b: 40, c: 26, n: 2000 }, 0.01).decision).toBe('undecided');
  expect(() => sequentialLook(plan, { b: 0, c: 0, n: 600 }, 0.01)).toThrow('600 answers');
});

test('the interval turns where the decision does, and is wider than that of one look', () => {
  const plan = planLooks(2000, { looks: [500, 1000, 2000] });
  const pairs = { b: 9, c: 5, n: 1000 };
  const { low, high, boundary } = sequentialLook(plan, pairs, 0.01);
  expect(sequentialLook(plan, pairs, -low).z).toBeCloseTo(boundary, 6);
  const once = tangoInterval(pairs, 0.9);
  expect(low).toBeLessThan(once.low);
  expect(high).toBeGreaterThan(once.high);
});

test('a clear answer comes early', () => {
  const plan = planLooks(10_000);
  const random = seeded(1, 'early');
  let [b, c, at] = [0, 0, 0];
  for (const n of plan.looks) {
    for (; at < n; at++) {
      const u = random.next();
      if (u < 0.01) b++;
      else if (u < 0.02) c++;
    }
    if (sequentialLook(plan, { b, c, n }, 0.02).decision === 'not-worse') break;
  }
  expect(at).toBeLessThan(3000);
});
