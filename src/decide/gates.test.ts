import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Comparison, Gate, Measurement, MetricSpec } from '../contracts/index.ts';
import { seeded, thinQuantiles } from '../statistics/index.ts';
import { expandGates, judge, verdictOf } from './gates.ts';

const spec = (id: string, rest: Partial<MetricSpec>): MetricSpec => ({
  id,
  title: id,
  unit: 'proportion',
  better: 'higher',
  versus: 'difference',
  definition: '',
  ...rest,
});
const metrics = [
  spec('accuracy', {}),
  spec('latency', { unit: 'ms', better: 'lower', versus: 'ratio' }),
  spec('throughput', { unit: 'requests/s', versus: 'ratio' }),
  spec('size', { unit: 'bytes', better: 'lower', versus: 'ratio' }),
  spec('flips', { better: 'lower', versus: 'none' }),
];

const pairs = (b: number, c: number, n: number): Comparison => ({
  kind: 'difference',
  value: (c - b) / n,
  low: 0,
  high: 0,
  evidence: { kind: 'pairs', bothRight: n - b - c - 10, onlyBaselineRight: b, onlyCandidateRight: c, bothWrong: 10 },
  method: 'Tango score',
});
const ratio = (value: number, spread: number): Comparison => {
  const random = seeded(1, `${value}`);
  const draws = Float64Array.from({ length: 10_000 }, () => value + spread * random.normal()).sort();
  return {
    kind: 'ratio',
    value,
    low: value - 1.96 * spread,
    high: value + 1.96 * spread,
    evidence: thinQuantiles(draws),
    method: 'bootstrap',
  };
};
const measured = (metric: string, value: number, rest: Partial<Measurement> = {}): Measurement => ({
  metric,
  unit: metrics.find(({ id }) => id === metric)!.unit,
  value,
  low: value,
  high: value,
  confidence: 0.95,
  samples: 1000,
  ...rest,
});
const gate = (metric: string, kind: Gate['limit']['kind'], value: number, slice?: string): Gate => ({
  metric,
  limit: { kind, value },
  ...(slice === undefined ? {} : { slice }),
});
const verdicts = (gates: readonly Gate[], measurements: readonly Measurement[], confidence = 0.95) =>
  judge(gates, measurements, metrics, confidence).map(({ verdict }) => verdict);

describe('judge', () => {
  const accuracy = (b: number, c: number, n: number) =>
    measured('accuracy', 0.9, { versus: pairs(b, c, n), samples: n });

  test.each([
    ['proven not worse', 3, 3, 2000, 'pass'],
    ['proven worse', 200, 20, 2000, 'fail'],
    ['too few answers', 3, 3, 100, 'undecided'],
  ])('accuracy, 1 point allowed: %s', (_, b, c, n, expected) => {
    expect(verdicts([gate('accuracy', 'worse-by-at-most', 0.01)], [accuracy(b, c, n)])).toEqual([expected]);
  });

  test('an undecided gate says how much data would decide it', () => {
    const [result] = judge([gate('accuracy', 'worse-by-at-most', 0.01)], [accuracy(3, 3, 100)], metrics, 0.95);
    // (1.645 + 0.842)² · 6 % / 1 point².
    expect(result!.samplesNeeded).toBe(3710);
    expect(result!.reason).toContain('of 100 answers 3 became wrong and 3 became right');
    expect(result!.reason).toContain('about 3,800 samples would decide it');
  });

  test('ratios: lower is better for latency, higher for throughput; a demanded gain must be proven', () => {
    const latency = measured('latency', 5, { versus: ratio(0.6, 0.01) });
    const throughput = measured('throughput', 100, { versus: ratio(1.5, 0.02) });
    expect(
      verdicts(
        [
          gate('latency', 'worse-by-at-most', -0.3),
          gate('latency', 'worse-by-at-most', -0.5),
          gate('throughput', 'worse-by-at-most', -0.4),
          gate('throughput', 'worse-by-at-most', -0.6),
          gate('latency', 'worse-by-at-most', -0.4),
        ],
        [latency, throughput],
      ),
    ).toEqual(['pass', 'fail', 'pass', 'fail', 'undecided']);
  });

  test('exact numbers need no proof, and meeting a limit exactly meets it', () => {
    const size = measured('size', 10e6, { versus: { ...ratio(0.5, 0), value: 0.5, evidence: { kind: 'exact' } } });
    expect(
      verdicts(
        [
          gate('size', 'at-most', 10e6),
          gate('size', 'at-most', 9e6),
          gate('size', 'worse-by-at-most', -0.5),
          gate('size', 'worse-by-at-most', -0.51),
        ],
        [size],
      ),
    ).toEqual(['pass', 'fail', 'pass', 'fail']);
  });

  test('an own value is judged by its interval', () => {
    const flips = measured('flips', 0.02, { low: 0.015, high: 0.026 });
    expect(verdicts([gate('flips', 'at-most', 0.05)], [flips])).toEqual(['pass']);
    expect(verdicts([gate('flips', 'at-most', 0.021)], [flips])).toEqual(['undecided']);
    expect(verdicts([gate('flips', 'at-most', 0.01)], [flips])).toEqual(['fail']);
  });

  test('nothing that was not measured passes', () => {
    expect(verdicts([gate('latency', 'at-most', 10)], [])).toEqual(['undecided']);
    expect(verdicts([gate('latency', 'worse-by-at-most', 0.1)], [measured('latency', 5)])).toEqual(['undecided']);
    expect(verdicts([gate('latency', 'at-most', 10)], [measured('latency', Number.NaN)])).toEqual(['undecided']);
  });

  test('timing from a disturbed session is judged by its widened interval', () => {
    const caveat = 'unreliable session: …';
    const clear = measured('latency', 5, { versus: ratio(0.5, 0.05), caveat });
    const unclear = measured('latency', 5, { versus: ratio(0.95, 0.05), caveat });
    expect(verdicts([gate('latency', 'worse-by-at-most', -0.1)], [clear])).toEqual(['pass']);
    expect(verdicts([gate('latency', 'worse-by-at-most', -0.1)], [unclear])).toEqual(['undecided']);
  });

  test('many gates at once need stronger evidence each (Holm)', () => {
    // One-sided p is about 0.03 alone.
    const slight = accuracy(14, 14, 1000);
    const one = gate('accuracy', 'worse-by-at-most', 0.01);
    expect(verdicts([one], [slight])).toEqual(['pass']);
    expect(verdicts([one, one, one], [slight])).toEqual(['undecided', 'undecided', 'undecided']);
  });

  test('a wider margin never turns a pass into something worse', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.integer({ min: 150, max: 5000 }), (b, c, n) => {
        const order = { fail: 0, undecided: 1, pass: 2 };
        const at = (margin: number) =>
          order[verdicts([gate('accuracy', 'worse-by-at-most', margin)], [accuracy(b, c, n)])[0]!];
        expect(at(0.02)).toBeGreaterThanOrEqual(at(0.01));
        expect(at(0.05)).toBeGreaterThanOrEqual(at(0.02));
      }),
    );
  });
});

test('a gate on every slice becomes one gate a measured slice', () => {
  const star = gate('accuracy', 'worse-by-at-most', 0.05, '*');
  const slices = ['style=casual', 'style=formal'].map((slice) => measured('accuracy', 0.9, { slice }));
  expect(expandGates([star], slices).map(({ slice }) => slice)).toEqual(['style=casual', 'style=formal']);
  expect(expandGates([star], [measured('accuracy', 0.9)])).toEqual([star]);
  expect(judge([star], [measured('accuracy', 0.9)], metrics, 0.95)[0]!.reason).toContain('names no groups');
});

test('verdictOf: one failure fails, one open question leaves it open', () => {
  const results = (...all: ('pass' | 'fail' | 'undecided')[]) => all.map((verdict) => ({ verdict }) as never);
  expect(verdictOf(results('pass', 'undecided', 'fail'))).toBe('fail');
  expect(verdictOf(results('pass', 'undecided'))).toBe('undecided');
  expect(verdictOf([])).toBe('pass');
});

test('an open verdict says when it is the number of conditions that leaves it open', () => {
  const slight = measured('accuracy', 0.9, { versus: pairs(14, 14, 1000), samples: 1000 });
  const one = gate('accuracy', 'worse-by-at-most', 0.01);
  expect(judge([one, one, one], [slight], metrics, 0.95)[0]!.reason).toContain('3 conditions are judged at once');
});

test('the order of the conditions does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(60), fc.nat(60), fc.integer({ min: 150, max: 4000 })), { maxLength: 6 }),
      (all) => {
        const slices = all.map((_, index) => `g=${index}`);
        const measurements = all.map(([b, c, n], index) =>
          measured('accuracy', 0.9, { versus: pairs(b, c, n), samples: n, slice: slices[index]! }),
        );
        const gates = slices.map((slice) => gate('accuracy', 'worse-by-at-most', 0.02, slice));
        expect(verdicts(gates.toReversed(), measurements)).toEqual(verdicts(gates, measurements).toReversed());
      },
    ),
  );
});

test('a version that is worse by exactly the margin in everything rarely passes anything', () => {
  const random = seeded(11, 'family');
  const [n, flips, margin, runs] = [800, 0.06, 0.02, 400];
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const measurements = [0, 1, 2, 3].map((index) => {
      let [b, c] = [0, 0];
      for (let i = 0; i < n; i++) {
        const u = random.next();
        if (u < (flips + margin) / 2) b++;
        else if (u < flips) c++;
      }
      return measured('accuracy', 0.9, { versus: pairs(b, c, n), samples: n, slice: `g=${index}` });
    });
    const gates = measurements.map(({ slice }) => gate('accuracy', 'worse-by-at-most', margin, slice));
    if (verdicts(gates, measurements).includes('pass')) passed++;
  }
  // The family-wise rate is 5 %; three Monte-Carlo standard errors on top.
  expect(passed / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});
