import { expect, test } from 'vitest';
import type { ChoiceRecord, Comparison, Gate, Measurement } from '../../contracts/index.ts';
import { confirm, decide, type Contender } from '../../decide/index.ts';
import { metrics } from '../../weigh/index.ts';
import { settle } from './settle.ts';

const against = (lost: number, n: number): Comparison => ({
  kind: 'difference',
  value: -lost / n,
  low: -lost / n,
  high: -lost / n,
  evidence: { kind: 'pairs', onlyBaselineRight: lost, onlyCandidateRight: 0, bothWrong: 50, bothRight: n - 50 - lost },
  method: '',
});
const accuracy = (lost: number, n = 2000): Measurement => ({
  metric: 'accuracy',
  unit: 'proportion',
  value: 0.9,
  low: 0.89,
  high: 0.91,
  confidence: 0.95,
  samples: n,
  versus: against(lost, n),
});
const size = (share: number): Measurement => ({
  metric: 'size',
  unit: 'bytes',
  value: share * 1e6,
  low: share * 1e6,
  high: share * 1e6,
  confidence: 0.95,
  samples: 1,
  versus: { kind: 'ratio', value: share, low: share, high: share, evidence: { kind: 'exact' }, method: '' },
});
const version = (id: string, share: number): Contender => ({ id, steps: 1, measurements: [accuracy(2), size(share)] });
const original: Contender = { id: 'baseline', steps: 0, measurements: [accuracy(0), size(1)] };
const gates: readonly Gate[] = [{ metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.01 } }];

/** Decide among versions and check them by how many answers each loses on held-back data. */
const run = async (
  contenders: readonly Contender[],
  lost: Readonly<Record<string, number>>,
  must: readonly Gate[] = gates,
) => {
  const levels: number[] = [];
  const settled = await settle(
    (except) => decide(must, ['size'], original, contenders, metrics, 0.95, except),
    'baseline',
    0.95,
    (id, confidence): Promise<ChoiceRecord['confirmation']> => {
      levels.push(confidence);
      return Promise.resolve(confirm(must, [accuracy(0)], [accuracy(lost[id]!)], metrics, confidence));
    },
  );
  return { ...settled, levels };
};
const three = [version('a', 0.2), version('b', 0.3), version('c', 0.5)];

test('the best that is confirmed is chosen, each check at its part of the error rate', async () => {
  const { decision, confirmation, checks, plannedChecks, levels } = await run(three, { a: 60, b: 3, c: 0 });
  expect(decision.chosen).toBe('b');
  expect(confirmation?.verdict).toBe('pass');
  expect(plannedChecks).toBe(3);
  expect(checks).toEqual([
    { id: 'a', verdict: 'fail' },
    { id: 'b', verdict: 'pass' },
  ]);
  for (const level of levels) expect(level).toBeCloseTo(1 - 0.05 / 3, 12);
  expect(decision.why[0]).toContain('a was preferred and is not confirmed on held-back data (check 1 of at most 3)');
});

test('a single passing version has the whole error rate', async () => {
  const { levels, checks } = await run([version('a', 0.2)], { a: 2 });
  expect(levels[0]).toBeCloseTo(0.95, 12);
  expect(checks).toEqual([{ id: 'a', verdict: 'pass' }]);
});

test('what is not confirmed gives way to the original where that meets the conditions', async () => {
  const { decision, confirmation } = await run([version('a', 0.2)], { a: 60 });
  expect(decision.chosen).toBe('baseline');
  expect(confirmation).toBeNull();
  expect(decision.why[0]).toContain('a was preferred');
  const many = await run([...three, version('d', 0.6)], { a: 60, b: 60, c: 60, d: 0 });
  expect(many.decision.chosen).toBe('baseline');
  // No more than the planned checks, although d would have held.
  expect(many.checks.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('where the original does not qualify either, the first stands unconfirmed', async () => {
  const smaller: Gate = { metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.2 } };
  const { decision, confirmation } = await run(three, { a: 60, b: 60, c: 60 }, [...gates, smaller]);
  expect(decision.chosen).toBe('a');
  expect(confirmation?.verdict).toBe('fail');
  expect(decision.why.join('; ')).toContain('c was preferred');
});

test('conditions that nothing on held-back data decides are no check: none is recorded, none is claimed', async () => {
  const small: readonly Gate[] = [{ metric: 'size', limit: { kind: 'worse-by-at-most', value: -0.4 } }];
  const { decision, confirmation, checks } = await run(three, {}, small);
  expect(decision.chosen).toBe('a');
  expect(confirmation).toBeNull();
  expect(checks).toEqual([]);
});
