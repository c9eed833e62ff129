import { expect, test } from 'vitest';
import { tooFew, type Comparison, type Gate, type Measurement, type MetricSpec } from '../contracts/index.ts';
import { thinQuantiles, wilson } from '../statistics/index.ts';
import { hold, type Demand } from './demand.ts';

const metrics: MetricSpec[] = [
  { id: 'accuracy', title: 'Accuracy', unit: 'proportion', better: 'higher', versus: 'difference', definition: '' },
  { id: 'f1', title: 'Macro F1', unit: 'proportion', better: 'higher', versus: 'difference', definition: '' },
  { id: 'flips', title: 'Changed answers', unit: 'proportion', better: 'lower', versus: 'none', definition: '' },
  { id: 'failures', title: 'Failures', unit: 'proportion', better: 'lower', versus: 'difference', definition: '' },
  { id: 'memory', title: 'Memory', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' },
  { id: 'length', title: 'Length', unit: 'count', better: 'neither', versus: 'difference', definition: '' },
];
const number = (metric: string, value: number, rest: Partial<Measurement> = {}): Measurement => ({
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
const held = (one: Gate, measured: readonly Measurement[]): Demand => hold(one, measured, metrics, 0.95);
const tested = (one: Demand) => {
  if (one.kind !== 'tested') throw new Error(`expected a test, found ${JSON.stringify(one)}`);
  return one;
};
const reason = (one: Demand) => (one.kind === 'open' ? one.reason : one.sentence);

const still = (kind: Comparison['kind'], value: number): Comparison => ({
  kind,
  value,
  low: value,
  high: value,
  evidence: thinQuantiles(new Float64Array(2000).fill(value)),
  method: '',
});

test('no seen change among few examples proves no small margin', () => {
  const few = tested(
    held(gate('f1', 'worse-by-at-most', 0.01), [number('f1', 0.9, { samples: 60, versus: still('difference', 0) })]),
  );
  expect(few.pass).toBeGreaterThan(0.05);
  expect(few.sentence).toBe(
    'macro F1 is the same, with 95 % confidence at worst 4.31 points lower; allowed 1 point lower',
  );
  const many = tested(
    held(gate('f1', 'worse-by-at-most', 0.01), [number('f1', 0.9, { samples: 3000, versus: still('difference', 0) })]),
  );
  expect(many.pass).toBeLessThan(0.001);
});

test('a share of none is a count, and no share of none is proven', () => {
  const flips = (of: number) => number('flips', 0, { ...wilson(0, of, 0.95), samples: of });
  expect(tested(held(gate('flips', 'at-most', 0), [flips(50)])).pass).toBe(1);
  expect(tested(held(gate('flips', 'at-most', 0.01), [flips(200)])).pass).toBeGreaterThan(0.05);
  expect(tested(held(gate('flips', 'at-most', 0.01), [flips(400)])).pass).toBeLessThan(0.05);
  // 1 − 0.05 to the power of 1 / 400.
  expect(tested(held(gate('flips', 'at-most', 0.01), [flips(400)])).bound).toBeCloseTo(1 - 0.05 ** (1 / 400), 6);
});

test('three processes leave more open than sixty', () => {
  const random = Float64Array.from({ length: 1999 }, (_, i) => 0.8 + 0.01 * (i / 999 - 1)).sort();
  const versus: Comparison = { ...still('ratio', 0.8), low: 0.79, high: 0.81, evidence: thinQuantiles(random) };
  const at = (samples: number) =>
    tested(held(gate('memory', 'worse-by-at-most', -0.185), [number('memory', 8e7, { samples, versus })]));
  expect(at(3).pass).toBeGreaterThan(0.05);
  expect(at(60).pass).toBeLessThan(0.02);
  expect(at(3).bound).toBeGreaterThan(at(60).bound);
});

test('an exact limit met exactly is met, whatever rounding says', () => {
  const versus: Comparison = { ...still('ratio', 0.2), evidence: { kind: 'exact' } };
  // 1 − 0.8 is a little less than 0.2.
  expect(held(gate('memory', 'worse-by-at-most', -0.8), [number('memory', 2e7, { versus })])).toMatchObject({
    kind: 'known',
    met: true,
  });
});

test('needed samples: to the nearer proof, and none when the value lies on the limit', () => {
  const share = (successes: number, of: number) =>
    number('flips', successes / of, { ...wilson(successes, of, 0.95), samples: of });
  expect(tested(held(gate('flips', 'at-most', 0.02), [share(10, 1000)])).needed(0.05)).toBeGreaterThan(800);
  expect(tested(held(gate('flips', 'at-most', 0.01), [share(10, 1000)])).needed(0.05)).toBeNull();
  const versus: Comparison = {
    ...still('difference', -0.005),
    evidence: { kind: 'pairs', bothRight: 900, onlyBaselineRight: 15, onlyCandidateRight: 10, bothWrong: 75 },
  };
  const accuracy = tested(held(gate('accuracy', 'worse-by-at-most', 0.01), [number('accuracy', 0.91, { versus })]));
  // 6.18 · 2.5 % / (0.5 points)².
  expect(accuracy.needed(0.05)).toBe(6183);
  expect(accuracy.needed(0.01)).toBeGreaterThan(6183);
  expect(accuracy.sentence).toContain('(of 1,000 answers 15 became wrong and 10 became right)');
  // Pairs of a metric that counts what is wrong: what counts under the original alone was mended.
  const failures = tested(held(gate('failures', 'worse-by-at-most', 0.01), [number('failures', 0.1, { versus })]));
  expect(failures.sentence).toContain('(of 1,000 answers 10 became wrong and 15 became right)');
});

test('a record from before, with the refusal only in its caveat: still open, without the reason', () => {
  const old = number('accuracy', 0.9, { caveat: 'style=slang has 12 examples, 30 are needed to report it' });
  expect(reason(held(gate('accuracy', 'worse-by-at-most', 0.01, 'style=slang'), [old]))).toBe(
    'accuracy for style=slang was not measured',
  );
});

test('what cannot be judged says why', () => {
  const whole = number('accuracy', 0.9, { refused: [tooFew('style=slang', 12)] });
  expect(reason(held(gate('accuracy', 'worse-by-at-most', 0.01, 'style=slang'), [whole]))).toContain('30 are needed');
  // Refused where its kinds are counted.
  const count = number('memory', 9, { refused: [tooFew('kind=a', 1, 'text')] });
  expect(reason(held(gate('accuracy', 'worse-by-at-most', 0.01, 'kind=a'), [count, whole]))).toContain('kind=a has 1');
  // However good a share of a handful is, it proves nothing.
  const none = (samples: number) => number('flips', 0, { ...wilson(0, samples, 0.95), samples, slice: 'test=a' });
  expect(reason(held(gate('flips', 'at-most', 0.5, 'test=a'), [none(29)]))).toContain('29 of the 30 it takes');
  expect(held(gate('flips', 'at-most', 0.5, 'test=a'), [none(30)]).kind).toBe('tested');
  expect(reason(held(gate('accuracy', 'worse-by-at-most', 0.01, 'style=formal'), [whole]))).toBe(
    'accuracy for style=formal was not measured',
  );
  const open = { low: Number.NaN, high: Number.NaN, caveat: 'it needs 662 calls and there were 600' };
  expect(reason(held(gate('accuracy', 'at-least', 0.5), [number('accuracy', Number.NaN, open)]))).toBe(
    'accuracy has no value: it needs 662 calls and there were 600',
  );
  expect(reason(held(gate('speed', 'at-most', 1), []))).toBe('no evaluator measures "speed"');
  expect(reason(held(gate('length', 'worse-by-at-most', 0.1), [number('length', 3)]))).toContain('no better side');
  expect(
    reason(
      held(gate('memory', 'worse-by-at-most', 0), [
        number('memory', 3, { versus: { ...still('ratio', 1), value: Number.NaN } }),
      ]),
    ),
  ).toContain('has no value against the original');
});
