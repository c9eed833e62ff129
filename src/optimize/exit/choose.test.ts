import { expect, test } from 'vitest';
import { chooseThreshold, lossesOf, lossName, percent } from './choose.ts';
import { vectorRows } from './testing/rows.ts';

test('what counts as a loss', () => {
  const [early, late] = [
    [0, 1, 2, 0],
    [0, 0, 0, 1],
  ];
  expect(lossesOf(early, late, [null, null, null, null], 'labels')).toEqual([0, 1, 1, 1]);
  // Right only late; wrong both; right only early; nobody said.
  expect(lossesOf(early, late, [0, 0, 2, null], 'labels')).toEqual([0, 1, 0, 1]);
  expect(lossesOf(early, late, [0, 0, 2, null], 'answers')).toEqual([0, 1, 1, 1]);
});

const answers = (best: readonly number[]) => ({
  width: 2,
  values: Float32Array.from(best.flatMap((one) => (one === 0 ? [1, 0] : [0, 1]))),
});

test('a threshold with its rows, or why there is none', () => {
  const rows = vectorRows(100, 1, () => null);
  const early = answers(Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : 1)));
  const late = answers(Array.from({ length: 100 }, () => 0));
  const sure = Float32Array.from({ length: 100 }, (_, i) => 1 - i / 100);
  const aim = { risk: 0.05, confidence: 0.9, judge: 'labels', leastKept: 0.1 };
  expect(chooseThreshold(early, late, sure, rows, aim)).toMatchObject({ rows: 100, kept: 81 });
  expect(chooseThreshold(early, late, new Float32Array(100).fill(0.5), rows, aim)).toBe(
    'no threshold keeps a risk of 5 % with 90 % confidence: even the surest answers are too often worse',
  );
  expect(chooseThreshold(early, late, sure, rows, { ...aim, leastKept: 0.9 })).toBe(
    'only 81 % of the rows could be answered early at a risk of 5 %, fewer than 90 % (leastKept)',
  );
  expect(chooseThreshold(early, late, sure, rows, { ...aim, risk: 0.01 })).toBe(
    'a risk of 1 % with 90 % confidence takes 230 validation rows at least, and there are 100: give more, or allow a larger risk',
  );
});

test('words', () => {
  expect(percent(0.01234)).toBe('1.23 %');
  expect(percent(1)).toBe('100 %');
  expect(
    lossName(
      vectorRows(2, 1, () => 1),
      'labels',
    ),
  ).toContain('wrongly');
  expect(
    lossName(
      vectorRows(2, 1, () => 1),
      'answers',
    ),
  ).toContain('differently');
  expect(
    lossName(
      vectorRows(2, 1, () => null),
      'labels',
    ),
  ).toContain('differently');
});
