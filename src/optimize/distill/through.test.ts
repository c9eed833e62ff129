import { expect, test } from 'vitest';
import { tensor } from '../../model/tensor/index.ts';
import { picked, valuesFrom, viewThrough } from './through.ts';

const matrix = (rows: number, columns: number, ...values: number[]) => ({
  values: Float32Array.from(values),
  rows,
  columns,
});

test('weights are filled from the upper left; the rest stays, and so does what they were made from', () => {
  const fresh = new Map([
    ['w', tensor('float32', [2, 3], Float32Array.of(9, 9, 9, 9, 9, 9))],
    ['b', tensor('float32', [2], Float32Array.of(7, 7))],
  ]);
  const values = valuesFrom(fresh);
  values.matrix('w', matrix(3, 2, 1, 2, 3, 4, 5, 6));
  values.vector('b', [1]);
  expect([...values.arrays.get('w')!]).toEqual([1, 2, 9, 3, 4, 9]);
  expect([...values.arrays.get('b')!]).toEqual([1, 7]);
  expect(values.done().get('w')).toEqual(tensor('float32', [2, 3], Float32Array.of(1, 2, 9, 3, 4, 9)));
  expect(fresh.get('b')).toEqual(tensor('float32', [2], Float32Array.of(7, 7)));
});

test('two axes of three: readers lose rows, writers columns, and lengths are made up for', () => {
  const through = viewThrough(matrix(3, 2, 1, 0, 0, 1, 0, 0));
  expect([...through.reading(matrix(3, 1, 5, 6, 7)).values]).toEqual([5, 6]);
  expect([...through.writing(matrix(1, 3, 5, 6, 7)).values]).toEqual([5, 6]);
  expect([...through.vector(Float32Array.of(1, 2, 3))]).toEqual([1, 2]);
  const scale = through.scale(Float32Array.of(1, 2, 3));
  expect(scale[0]).toBeCloseTo(Math.sqrt(1.5), 6);
  expect(scale[1]).toBeCloseTo(2 * Math.sqrt(1.5), 6);
});

test('without directions all stays as it is', () => {
  const through = viewThrough(null);
  const one = matrix(2, 2, 1, 2, 3, 4);
  expect(through.reading(one)).toBe(one);
  expect(through.writing(one)).toBe(one);
  expect(through.scale(one.values)).toBe(one.values);
  expect([...picked(one.values, [3, 0])]).toEqual([4, 1]);
});
