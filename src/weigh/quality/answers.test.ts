import { expect, test } from 'vitest';
import { pairsOf, pick } from './answers.ts';

test('counts the four kinds of pairs', () => {
  const truth = Int32Array.of(0, 0, 0, 0, 1, -1);
  const rows = [0, 1, 2, 3, 4];
  const before = pick(truth, Int32Array.of(0, 0, 1, 1, 1, 0), rows, 2);
  const after = pick(truth, Int32Array.of(0, 1, 0, 1, 1, 0), rows, 2);
  expect(pairsOf(before, after)).toEqual({
    kind: 'pairs',
    bothRight: 2,
    onlyBaselineRight: 1,
    onlyCandidateRight: 1,
    bothWrong: 1,
  });
});
