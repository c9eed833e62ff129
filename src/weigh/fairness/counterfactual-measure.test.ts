import { describe, expect, test } from 'vitest';
import { caveatText, tooFew } from '../../contracts/index.ts';
import { seeded, tangoInterval, wilson } from '../../statistics/index.ts';
import {
  consistency,
  givenPairs,
  leaning,
  rareKinds,
  share,
  type Answered,
  type Swap,
} from './counterfactual-measure.ts';
import { answering, find } from './testing/trial.ts';

const labels = ['no', 'yes'];

test('a share and its pairs', () => {
  const now = [true, true, false, false, true];
  const before = [true, false, true, false, true];
  expect(share('pair-flips', now, before, 0.95)).toMatchObject({
    value: 0.6,
    ...wilson(3, 5, 0.95),
    versus: {
      value: 0,
      ...tangoInterval({ b: 1, c: 1, n: 5 }, 0.95),
      evidence: { kind: 'pairs', bothRight: 2, onlyBaselineRight: 1, onlyCandidateRight: 1, bothWrong: 1 },
    },
  });
});

test('a text is consistent when all of its swaps are', () => {
  // 60 texts about names, every second one also about roles, and one of those pronouns as well. Names keep the answer, the others do not.
  const swaps: Swap[] = Array.from({ length: 60 }, (_, row): Swap[] => [
    { row, at: 0, kind: 'names', from: 'a', to: 'b' },
    ...(row % 2 === 0 ? [{ row, at: 1, kind: 'roles', from: 'c', to: 'd' }] : []),
    ...(row === 0 ? [{ row, at: 2, kind: 'pronouns', from: 'e', to: 'f' }] : []),
  ]).flat();
  const now: Answered = {
    original: answering(
      labels,
      Array.from({ length: 60 }, () => 1),
    ),
    swapped: answering(labels, [1, 0, 0]),
  };
  const refused = rareKinds(swaps);
  expect(refused).toEqual([tooFew('kind=pronouns', 1, 'text')]);
  const all = consistency(swaps, now, null, 0.95, [], refused);
  expect(find(all, 'counterfactual-consistency')).toMatchObject({ value: 0.5, samples: 60, refused });
  expect(find(all, 'counterfactual-consistency', 'kind=names')).toMatchObject({ value: 1, samples: 60 });
  expect(find(all, 'counterfactual-consistency', 'kind=roles')).toMatchObject({ value: 0, samples: 30 });
  // Of one text no share is told.
  expect(all).toHaveLength(3);
});

test('of fewer than 30 texts nothing is told, and it says so', () => {
  const swaps = Array.from({ length: 29 }, (_, row): Swap => ({ row, at: 0, kind: 'names', from: 'a', to: 'b' }));
  const now: Answered = {
    original: answering(
      labels,
      swaps.map(() => 1),
    ),
    swapped: answering(labels, [1]),
  };
  const [only, ...others] = consistency(swaps, now, now, 0.95, [], rareKinds(swaps));
  expect(others).toEqual([]);
  expect(only).toMatchObject({ value: Number.NaN, samples: 29 });
  expect(only!.versus).toBeUndefined();
  expect(caveatText(only!)).toBe(
    'it needs 30 texts with somebody to swap and there are 29; kind=names has 29 texts, 30 are needed to report it',
  );
});

describe('leaning', () => {
  // 40 texts about a, made about b: the answer "yes" becomes "no" in ten of them. Scores: 4 and 0.
  const swaps = Array.from({ length: 40 }, (_, row): Swap => ({ row, at: row, kind: 'names', from: 'a', to: 'b' }));
  const even: Answered = {
    original: answering(
      labels,
      swaps.map(() => 1),
    ),
    swapped: answering(
      labels,
      swaps.map(() => 1),
    ),
  };
  const tilted: Answered = {
    ...even,
    swapped: answering(
      labels,
      swaps.map((_, at) => (at < 10 ? 0 : 1)),
    ),
  };
  const random = (label: string) => seeded(1, label);

  test('by hand: toward one group and away from the other', () => {
    const all = leaning(swaps, tilted, even, () => 1, 0.95, random);
    const sure = 1 / (1 + Math.exp(-4));
    expect(find(all, 'counterfactual-shift', 'group=names: b').value).toBeCloseTo((-10 * (2 * sure - 1)) / 40, 6);
    // The other one leans as far the other way: said once.
    expect(all).toHaveLength(1);
    const third = swaps.map((swap, at) => (at < 5 ? { ...swap, to: 'c' } : swap));
    const three = leaning(third, tilted, even, () => 1, 0.95, random);
    expect(find(three, 'counterfactual-shift', 'group=names: a').value).toBeCloseTo((10 * (2 * sure - 1)) / 40, 6);
    expect(find(three, 'counterfactual-shift', 'group=names: b').samples).toBe(35);
    expect(find(all, 'counterfactual-shift', 'group=names: b').high).toBeLessThan(0);
    expect(find(all, 'counterfactual-shift', 'group=names: b').versus!.high).toBeLessThan(0);
  });
  test('even-handed is zero; few swaps say nothing', () => {
    expect(
      find(
        leaning(swaps, even, null, () => 1, 0.95, random),
        'counterfactual-shift',
        'group=names: b',
      ),
    ).toMatchObject({
      value: 0,
      low: 0,
      high: 0,
    });
    expect(leaning(swaps.slice(0, 29), even, null, () => 1, 0.95, random)).toEqual([]);
  });
});

test('given pairs: agree, differ, both right', () => {
  const once = [
    { id: '1', rows: [0, 1], kind: 'same' },
    { id: '2', rows: [2, 3], kind: 'different' },
    { id: '3', rows: [4, 5], kind: 'unknown' },
    { id: '4', rows: [6, 7], kind: 'different' },
  ] as const;
  const pairs = Array.from({ length: 30 }, () => once).flat();
  const truth = Int32Array.from([1, 1, 0, 1, -1, 1, 1, 0]);
  const all = givenPairs(pairs, truth, Int32Array.from([0, 0, 0, 1, 1, 0, 1, 1]), null, 0.95, 2);
  expect(find(all, 'pair-consistency')).toMatchObject({ value: 0.5, samples: 60 });
  expect(find(all, 'pair-flips')).toMatchObject({ value: 0.5, samples: 60 });
  expect(find(all, 'pair-right')).toMatchObject({
    samples: 90,
    caveat: '2 values are not on exactly two rows and left out',
  });
  expect(find(all, 'pair-right').value).toBeCloseTo(1 / 3, 12);
  const few = givenPairs(once, truth, truth, truth, 0.95, 0);
  expect(few.map(({ value, caveat }) => [value, caveat])).toEqual(
    [2, 2, 3].map((count) => [Number.NaN, `it needs 30 such pairs and there are ${count}`]),
  );
  expect(givenPairs([], truth, truth, null, 0.95, 0)).toEqual([]);
});
