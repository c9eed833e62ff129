import { expect, test } from 'vitest';
import type { Gate, Measurement, MetricSpec } from '../contracts/index.ts';
import { normalCdf, seeded } from '../statistics/index.ts';
import { lookLevels, standing } from './standing.ts';

const metrics: MetricSpec[] = [
  { id: 'accuracy', title: 'Accuracy', unit: 'proportion', better: 'higher', versus: 'difference', definition: '' },
  { id: 'size', title: 'Size', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' },
  { id: 'latency', title: 'Latency', unit: 'ms', better: 'lower', versus: 'ratio', definition: '' },
];
const accuracy = (n: number, lost: number, won: number): Measurement => ({
  metric: 'accuracy',
  unit: 'proportion',
  value: 0.9,
  low: 0.88,
  high: 0.92,
  confidence: 0.95,
  samples: n,
  versus: {
    kind: 'difference',
    value: (won - lost) / n,
    low: 0,
    high: 0,
    evidence: {
      kind: 'pairs',
      onlyBaselineRight: lost,
      onlyCandidateRight: won,
      bothWrong: 5,
      bothRight: n - 5 - lost - won,
    },
    method: '',
  },
});
const size = (ratio: number): Measurement => ({
  metric: 'size',
  unit: 'bytes',
  value: ratio * 1e6,
  low: ratio * 1e6,
  high: ratio * 1e6,
  confidence: 0.95,
  samples: 1,
  versus: { kind: 'ratio', value: ratio, low: ratio, high: ratio, evidence: { kind: 'exact' }, method: '' },
});
const gates: Gate[] = [
  { metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.02 } },
  { metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.5 } },
  { metric: 'latency', limit: { kind: 'at-most', value: 5 } },
];
const rows = [64, 250, 1000];
const ofRows = (metric: string): boolean => metric === 'accuracy';
const at = (look: number, measured: readonly Measurement[]) =>
  standing(gates, [], measured, metrics, 0.95, { rows, at: look, ofRows });

test('what is met has no misses, and what was not measured says nothing', () => {
  expect(at(0, [accuracy(64, 0, 0), size(0.4)])).toEqual({ misses: 0, hopeless: false });
});

test('an exact number on the wrong side is hopeless, by how much it misses', () => {
  const { misses, hopeless } = at(0, [accuracy(64, 0, 0), size(0.6)]);
  expect(hopeless).toBe(true);
  // 0.1 of the original too much, of the 0.5 that are demanded.
  expect(misses).toBeCloseTo(0.2, 10);
});

test('few rows get the benefit of the doubt, the last look demands a proof', () => {
  // 3 of 64 lost: 4.7 points with an error of 2.6.
  expect(at(0, [accuracy(64, 3, 0), size(0.4)]).misses).toBeLessThan(0.1);
  // The same share of 1,000 rows is surely too much.
  const last = at(2, [accuracy(1000, 47, 0), size(0.4)]);
  expect(last.misses).toBeGreaterThan(1);
  expect(last.hopeless).toBe(true);
  // 15 of 1,000: within the limit, yet not proven.
  const open = at(2, [accuracy(1000, 15, 0), size(0.4)]);
  expect(open.hopeless).toBe(false);
  expect(open.misses).toBeGreaterThan(0);
  expect(at(2, [accuracy(1000, 5, 3), size(0.4)]).misses).toBe(0);
});

test('a broken version is dropped at the first look, and never on a handful of changed answers', () => {
  expect(at(0, [accuracy(64, 30, 0), size(0.4)]).hopeless).toBe(true);
  expect(at(0, [accuracy(64, 15, 0), size(0.4)]).hopeless).toBe(false);
});

test('a version exactly at its limit is dropped at any look with at most the stated probability', () => {
  const alpha = 0.05;
  const levels = lookLevels(rows, alpha);
  const random = seeded(5, 'looks');
  let dropped = 0;
  const runs = 4_000;
  for (let run = 0; run < runs; run++) {
    let [sum, seen] = [0, 0];
    for (const [look, n] of rows.entries()) {
      sum += random.normal() * Math.sqrt(n - seen);
      seen = n;
      if (1 - normalCdf(sum / Math.sqrt(n)) > levels[look]!) continue;
      dropped++;
      break;
    }
  }
  // Three standard errors of 4,000 runs.
  expect(dropped / runs).toBeLessThan(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs));
  expect(dropped / runs).toBeGreaterThan(alpha - 3 * Math.sqrt((alpha * (1 - alpha)) / runs));
  expect(levels[0]).toBeLessThan(levels[2]!);
});
