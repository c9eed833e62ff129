import { expect, test } from 'vitest';
import type { Feeds, Value } from '../../contracts/index.ts';
import { hasRows, withRows } from './rows.ts';

const list = (...dims: number[]): Value => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
});

test('a batch has rows where one of its lists holds a value', () => {
  expect(hasRows({ x: list(2, 3) })).toBe(true);
  expect(hasRows({ x: list(2, 3), past: list(2, 4, 0, 8) })).toBe(true);
  expect(hasRows({ x: list(0, 3), mask: list(0), rate: list() })).toBe(false);
  expect(hasRows({ rate: list() })).toBe(true);
});

test('batches without rows are passed over', async () => {
  const batches = async function* (): AsyncIterable<Feeds> {
    for (const rows of [0, 2, 0, 1]) yield { x: list(rows, 3) };
  };
  const seen: number[] = [];
  for await (const { x } of withRows(batches())) seen.push(x!.dims[0]!);
  expect(seen).toEqual([2, 1]);
});
