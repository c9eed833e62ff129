import { expect, test } from 'vitest';
import { inverse, megabytes, table, times } from './table.ts';

test('a table is aligned, short rows are filled, bars do not break it', () => {
  expect(table(['version', 'speed'], [['a|b', '2.00×'], ['long name']])).toBe(
    ['| version   | speed |', '|-----------|-------|', '| a\\|b      | 2.00× |', '| long name |       |'].join('\n'),
  );
});

test('ratios turn round with their interval', () => {
  expect(times(inverse({ value: 0.5, low: 0.4, high: 0.8 }))).toBe('2.00× [1.25, 2.50]');
  expect(times(inverse({ value: 0.5, low: 0, high: Number.POSITIVE_INFINITY }))).toBe('2.00× [too few rounds]');
  expect(megabytes(44_517_554)).toBe('44.5 MB');
});
