import { expect, test } from 'vitest';
import { pairClusters } from './pairs.ts';
import type { GoldRow } from './types.ts';

const rowsOf = (...hypotheses: string[]): GoldRow[] =>
  hypotheses.map((hypothesis, at) => ({ id: String(at), fields: { hypothesis }, label: 0 }));

test('rows that follow each other with the same hypothesis are a pair', () => {
  expect(pairClusters(rowsOf('a', 'a', 'b', 'b', 'b', 'b'), 'f').map(({ cluster }) => cluster)).toEqual([
    '0',
    '0',
    '1',
    '1',
    '2',
    '2',
  ]);
});

test.each([
  [['a', 'a', 'b'], 'row 2 has no partner'],
  [['a', 'b', 'b', 'a'], 'row 0 has no partner'],
  [[], 'no pairs'],
])('%j is refused, never a number such as −1', (hypotheses, message) => {
  expect(() => pairClusters(rowsOf(...hypotheses), 'f')).toThrow(message);
});
