import { expect, test } from 'vitest';
import type { Context, Feeds, Learning, LearningRows } from '../../contracts/index.ts';
import { context } from '../testing/quantized.ts';
import { countTokens } from './frequency.ts';

const ids = (rows: number, ...values: number[]): Feeds => ({
  ids: { dtype: 'int64', dims: [rows, values.length / rows], data: BigInt64Array.from(values, BigInt) },
  other: { dtype: 'int64', dims: [1], data: BigInt64Array.of(99n) },
});

const rows = (all: readonly (readonly number[])[], asTokens: boolean): LearningRows => ({
  count: all.length,
  label: () => 0,
  length: (row) => all[row]!.length,
  tokens: (row) => (asTokens ? all[row]! : null),
  feeds: (chosen) => ids(chosen.length, ...chosen.flatMap((row) => all[row]!)),
});

const world = async (learning: Partial<Learning> | null, feeds: readonly Feeds[] | null): Promise<Context> => ({
  ...(await context(
    feeds === null
      ? null
      : async function* calibration() {
          yield* feeds;
        },
  )),
  learning: learning as Learning | null,
});

test('counts the rows to learn from, the calibration inputs, and the validation rows apart', async () => {
  const learning = {
    train: rows(
      [
        [1, 2],
        [2, 2, 3],
      ],
      true,
    ),
    validation: rows([[5]], true),
  };
  const found = await countTokens(await world(learning, [ids(2, 7, 7, 1, 2)]), new Set(['ids']));
  expect(Object.fromEntries(found!.seen)).toEqual({ 1: 2, 2: 4, 3: 1, 7: 2 });
  expect(Object.fromEntries(found!.heldOut!)).toEqual({ 5: 1 });
  expect(found!.longest).toBe(3);
});

test('reads tensors where rows are no texts', async () => {
  const learning = {
    train: rows(
      Array.from({ length: 130 }, (_, at) => [at % 3, 4]),
      false,
    ),
    validation: rows([], false),
  };
  const found = await countTokens(await world(learning, null), new Set(['ids']));
  expect(found!.seen.get(4)).toBe(130);
  expect(found!.seen.has(99)).toBe(false);
  expect(found).toMatchObject({ heldOut: null, longest: 2 });
});

test('no data is no answer; a stop is heard', async () => {
  expect(await countTokens(await world(null, null), new Set(['ids']))).toBeNull();
  expect(await countTokens(await world(null, []), new Set(['ids']))).toBeNull();
  const stopped = { ...(await world(null, [ids(1, 1)])), signal: AbortSignal.abort() };
  await expect(countTokens(stopped, new Set(['ids']))).rejects.toThrow(/stopped/);
});
