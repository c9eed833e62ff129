import { expect, test } from 'vitest';
import type { Tried } from '../../contracts/index.ts';
import { rankCorrelation } from './rank-correlation.ts';
import { looked } from './testing/landscape.ts';

const look = (at: number, rung: number, ...objectives: number[]): Tried => ({
  point: [at],
  rung,
  outcome: looked(objectives),
  seconds: 1,
});

test('each rung and objective against the full look, on the points that have both', () => {
  const history = [
    look(0, 0, 1, 5),
    look(1, 0, 2, 4),
    look(2, 0, 3, 6),
    look(3, 0, 4, 0),
    look(0, 1, 10, 1),
    look(1, 1, 20, 1),
    look(0, 2, 7, 1),
    look(1, 2, 8, 2),
    look(2, 2, 9, 3),
    { point: [4], rung: 0, outcome: { kind: 'failed', reason: 'no' }, seconds: 1 } as const,
  ];
  const rows = rankCorrelation(history);
  expect(rows.map(({ rung, objective, points }) => [rung, objective, points])).toEqual([
    [0, 0, 3],
    [0, 1, 3],
    [1, 0, 2],
    [1, 1, 2],
  ]);
  // Ranks 2, 1, 3 against 1, 2, 3: 1 − 6·2/(3·8).
  expect(rows[0]!.correlation).toBeCloseTo(1, 12);
  expect(rows[1]!.correlation).toBeCloseTo(0.5, 12);
  expect(rows[2]!.correlation).toBeCloseTo(1, 12);
  expect(rows[3]!.correlation).toBeNaN();
});

test('says nothing where nothing was compared', () => {
  expect(rankCorrelation([])).toEqual([]);
  expect(rankCorrelation([look(0, 0, 1)])).toEqual([]);
  expect(rankCorrelation([look(0, 0, 1)], 2)).toEqual([]);
});
