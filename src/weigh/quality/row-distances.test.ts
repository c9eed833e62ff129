import { expect, test } from 'vitest';
import type { Predictions } from '../../contracts/index.ts';
import { rowDistances } from './row-distances.ts';

const made = (labels: readonly string[], rows: readonly (readonly number[])[]): Predictions => ({
  labels,
  truncated: 0,
  scores: Float32Array.from(rows.flat()),
  predicted: Int32Array.from(rows, (row) => row.indexOf(Math.max(...row))),
});

test('KL of two known rows, by hand: 0.5 ln 2 + 0.5 ln(2/3), and 0 for equal rows', () => {
  const { kl, same, shared } = rowDistances(
    made(
      ['a', 'b'],
      [
        [0.5, 0.5],
        [0.25, 0.75],
      ],
    ),
    made(
      ['a', 'b'],
      [
        [0.25, 0.75],
        [0.25, 0.75],
      ],
    ),
    'v',
  );
  expect(kl[0]).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 7);
  expect([kl[1], shared[1]]).toEqual([0, 1]);
  expect([...same]).toEqual([0, 1]);
});

test('classes are matched by name, and others are refused', () => {
  const original = made(['a', 'b'], [[0.9, 0.1]]);
  const turned = rowDistances(original, made(['b', 'a'], [[0.1, 0.9]]), 'v');
  expect([turned.kl[0], turned.same[0]]).toEqual([0, 1]);
  expect(() => rowDistances(original, made(['a', 'c'], [[0.9, 0.1]]), 'v')).toThrow(
    expect.objectContaining({ code: 'quality/classes' }),
  );
});
