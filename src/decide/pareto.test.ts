import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dominates, dominators, objectiveOf, type Objective } from './pareto.ts';

const lower = (value: number): Objective => ({
  metric: 'm',
  value,
  low: value,
  high: value,
  better: 'lower',
  exact: true,
});

test('dominance needs to be as good everywhere and better somewhere', () => {
  expect(dominates([lower(1), lower(2)], [lower(1), lower(3)])).toBe(true);
  expect(dominates([lower(1), lower(2)], [lower(1), lower(2)])).toBe(false);
  expect(dominates([lower(1), lower(4)], [lower(1), lower(3)])).toBe(false);
  expect(dominates([{ ...lower(5), better: 'higher' }], [{ ...lower(3), better: 'higher' }])).toBe(true);
});

test('a version with a missing number dominates nobody, and is dominated by one that has it', () => {
  expect(dominates([null, lower(1)], [lower(9), lower(9)])).toBe(false);
  expect(dominates([lower(9), lower(1)], [null, lower(1)])).toBe(true);
});

test('the front is never empty, its members do not dominate each other, and everyone else is dominated by one of them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6)), { minLength: 1, maxLength: 14 }), (points) => {
      const versions = points.map((point, index) => ({ id: String(index), objectives: point.map(lower) }));
      const above = dominators(versions);
      const front = versions.filter(({ id }) => above.get(id)!.length === 0);
      expect(front.length).toBeGreaterThan(0);
      for (const a of front) for (const b of front) expect(dominates(a.objectives, b.objectives)).toBe(false);
      for (const { id } of versions)
        if (above.get(id)!.length > 0) expect(front.some((one) => above.get(id)!.includes(one.id))).toBe(true);
    }),
  );
});

test('an objective is the comparison with the original where there is one', () => {
  const spec = { id: 'm', title: 'M', unit: 'ms', better: 'lower', versus: 'ratio', definition: '' } as const;
  const own = { metric: 'm', unit: 'ms', value: 8, low: 7, high: 9, confidence: 0.95, samples: 60 } as const;
  expect(objectiveOf(spec, [own])?.value).toBe(8);
  const versus = { kind: 'ratio', value: 0.5, low: 0.4, high: 0.6, evidence: { kind: 'exact' }, method: '' } as const;
  expect(objectiveOf(spec, [{ ...own, versus }])?.value).toBe(0.5);
  expect(objectiveOf(spec, [{ ...own, slice: 'a=b' }])).toBeNull();
  expect(objectiveOf({ ...spec, better: 'neither' }, [own])).toBeNull();
});
