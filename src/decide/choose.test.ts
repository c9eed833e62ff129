import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Comparison, Gate, Measurement, MetricSpec } from '../contracts/index.ts';
import { confirm, decide, type Contender } from './choose.ts';

const metrics: MetricSpec[] = [
  { id: 'accuracy', title: 'Accuracy', unit: 'proportion', better: 'higher', versus: 'difference', definition: '' },
  { id: 'latency', title: 'Latency', unit: 'ms', better: 'lower', versus: 'ratio', definition: '' },
  { id: 'size', title: 'Size', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' },
];
const pairs = (b: number, c: number, n = 2000): Comparison => ({
  kind: 'difference',
  value: (c - b) / n,
  low: (c - b) / n - 0.003,
  high: (c - b) / n + 0.003,
  evidence: { kind: 'pairs', bothRight: n - 100 - b - c, onlyBaselineRight: b, onlyCandidateRight: c, bothWrong: 100 },
  method: '',
});
const exact = (value: number): Comparison => ({
  kind: 'ratio',
  value,
  low: value,
  high: value,
  evidence: { kind: 'exact' },
  method: '',
});
const timed = (value: number, half: number): Comparison => ({
  kind: 'ratio',
  value,
  low: value - half,
  high: value + half,
  evidence: { kind: 'bootstrap', probabilities: [0, 0.5, 1], values: [value - half, value, value + half] },
  method: '',
});
const number = (metric: string, value: number, versus?: Comparison): Measurement => ({
  metric,
  unit: metrics.find(({ id }) => id === metric)!.unit,
  value,
  low: value,
  high: value,
  confidence: 0.95,
  samples: 2000,
  ...(versus === undefined ? {} : { versus }),
});
const version = (id: string, lost: number, latency: Comparison, size: number, steps = 1): Contender => ({
  id,
  steps,
  measurements: [
    number('accuracy', 0.9, pairs(lost, 3)),
    number('latency', latency.value * 10, latency),
    number('size', size * 1e7, exact(size)),
  ],
});
const original: Contender = {
  id: 'baseline',
  steps: 0,
  measurements: [number('accuracy', 0.9), number('latency', 10), number('size', 1e7)],
};
const gates: Gate[] = [{ metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.01 } }];
const run = (contenders: readonly Contender[], prefer = ['latency', 'size'], must = gates) =>
  decide(must, prefer, original, contenders, metrics, 0.95);

describe('decide', () => {
  test('the fastest version that passes', () => {
    const decision = run([
      version('a', 3, timed(0.8, 0.02), 0.5),
      version('b', 3, timed(0.5, 0.02), 0.6),
      version('wrong', 300, timed(0.2, 0.01), 0.1),
    ]);
    expect(decision.chosen).toBe('b');
    expect(decision.candidates.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
      'a pass',
      'b pass',
      'wrong fail',
    ]);
    expect(decision.why.join('. ')).toContain('2 of 3 versions meet every condition');
    expect(decision.why.join('. ')).toContain('50 % lower');
  });

  test('equals within the noise go on to the next metric, then to the simpler one', () => {
    expect(run([version('a', 3, timed(0.5, 0.05), 0.6), version('b', 3, timed(0.53, 0.05), 0.3)]).chosen).toBe('b');
    expect(
      run([version('long', 3, timed(0.5, 0.05), 0.3, 4), version('short', 3, timed(0.51, 0.05), 0.3, 1)]).chosen,
    ).toBe('short');
  });

  test('the original stays when no version is better than it, or none passes', () => {
    const slower = run([version('a', 3, timed(1.4, 0.05), 1.2)]);
    expect(slower.chosen).toBe('baseline');
    expect(slower.why.join('. ')).toContain('so it stays');
    expect(run([version('a', 300, timed(0.4, 0.02), 0.3)]).chosen).toBe('baseline');
  });

  test('when a gain is demanded and nothing reaches it, nothing is chosen and the nearest miss is named', () => {
    const demanding: Gate[] = [...gates, { metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.8 } }];
    const decision = run(
      [version('a', 3, timed(0.5, 0.02), 0.3), version('b', 300, timed(0.5, 0.02), 0.3)],
      ['size'],
      demanding,
    );
    expect(decision.chosen).toBeNull();
    expect(decision.nearest).toBe('a');
    expect(decision.why.join(' ')).toContain('size is 70 % lower; demanded 80 % lower or better');
  });

  test('of several near misses the smallest is named', () => {
    const demanding: Gate[] = [{ metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.8 } }];
    const versions = [version('far', 3, timed(0.5, 0.02), 0.9, 1), version('near', 3, timed(0.5, 0.02), 0.25, 4)];
    expect(run(versions, ['latency'], demanding)).toMatchObject({ chosen: null, nearest: 'near' });
  });

  test('a version that does not qualify dominates nobody', () => {
    const decision = run([version('a', 9, timed(0.5, 0.02), 0.5), version('wrong', 300, timed(0.1, 0.01), 0.1)]);
    expect(decision.candidates.find(({ id }) => id === 'a')).toMatchObject({ onFront: true, dominatedBy: [] });
    expect(decision.candidates.find(({ id }) => id === 'wrong')!.onFront).toBe(false);
    expect(decision.front).toEqual(['a', 'baseline']);
  });

  test('complete equals: the smaller, then the first by name', () => {
    const equals = [version('z', 3, timed(0.5, 0.05), 0.3), version('y', 3, timed(0.5, 0.05), 0.31)];
    const decision = run(equals, ['latency']);
    expect(decision.chosen).toBe('z');
    expect(decision.why).toContain('among equals the smaller one is taken');
    const twins = [version('z', 3, timed(0.5, 0.05), 0.3), version('y', 3, timed(0.5, 0.05), 0.3)];
    expect(run(twins, ['latency']).chosen).toBe('y');
  });

  test('a metric that nobody measured decides nothing and is named', () => {
    const without = (one: Contender): Contender => ({
      ...one,
      measurements: one.measurements.filter(({ metric }) => metric !== 'latency'),
    });
    const decision = decide(
      gates,
      ['latency', 'size'],
      without(original),
      [without(version('a', 3, timed(0.5, 0.02), 0.5)), without(version('b', 3, timed(0.5, 0.02), 0.3))],
      metrics.filter(({ id }) => id !== 'latency').concat({ ...metrics[1]!, versus: 'none' }),
      0.95,
    );
    expect(decision.chosen).toBe('b');
    expect(decision.why.join('. ')).toContain('latency was not measured, so it decides nothing');
  });

  test('no contenders at all', () => {
    const decision = run([], ['latency'], [{ metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.1 } }]);
    expect(decision).toMatchObject({ chosen: null, nearest: null, candidates: [] });
  });

  test('dominated versions name what beats them; the front includes the original when it is the most accurate', () => {
    const decision = run([version('a', 3, timed(0.5, 0.02), 0.5), version('b', 9, timed(0.6, 0.02), 0.6)]);
    expect(decision.candidates.find(({ id }) => id === 'b')!.dominatedBy).toEqual(['a']);
    expect(decision.front).toContain('a');
    expect(decision.front).not.toContain('b');
  });

  test('whatever the versions: the order does not matter, the chosen one passes, only passing ones dominate', () => {
    const some = fc.array(
      fc.record({
        lost: fc.nat(60),
        latency: fc.integer({ min: 2, max: 15 }),
        size: fc.integer({ min: 1, max: 12 }),
        steps: fc.nat(3),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(some, (all) => {
        const versions = all.map(({ lost, latency, size, steps }, index) =>
          version(`v${index}`, lost, timed(latency / 10, 0.03), size / 10, steps),
        );
        const decision = run(versions);
        expect(run(versions.toReversed())).toMatchObject({ chosen: decision.chosen, nearest: decision.nearest });
        const chosen = decision.candidates.find(({ id }) => id === decision.chosen);
        expect(chosen?.verdict ?? 'pass').toBe('pass');
        // The only gate is met by the original itself: there is always something to keep.
        expect(decision.chosen).not.toBeNull();
        for (const { onFront, dominatedBy, verdict } of decision.candidates) {
          expect(onFront).toBe(verdict === 'pass' && dominatedBy.length === 0);
          for (const id of dominatedBy)
            expect(id === 'baseline' || decision.candidates.find((one) => one.id === id)!.verdict === 'pass').toBe(
              true,
            );
        }
        expect(decision.front.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  test('the order of the versions does not matter', () => {
    const versions = [
      version('a', 3, timed(0.5, 0.05), 0.6),
      version('b', 3, timed(0.53, 0.05), 0.3),
      version('c', 3, timed(0.9, 0.02), 0.2),
    ];
    expect(run(versions.toReversed()).chosen).toBe(run(versions).chosen);
  });
});

test('confirm re-tests only what was measured on the held-back data', () => {
  const both: Gate[] = [...gates, { metric: 'latency', limit: { kind: 'at-most', value: 1 } }];
  const held = [number('accuracy', 0.9, pairs(3, 3))];
  const result = confirm(both, original.measurements, held, metrics, 0.95);
  expect(result?.verdict).toBe('pass');
  expect(result?.gates).toHaveLength(1);
  expect(confirm(both, original.measurements, [number('accuracy', 0.8, pairs(300, 3))], metrics, 0.95)?.verdict).toBe(
    'fail',
  );
  expect(confirm([both[1]!], original.measurements, held, metrics, 0.95)).toBeNull();
});
