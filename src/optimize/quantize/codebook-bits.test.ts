import { expect, test } from 'vitest';
import type { Model, TechniqueResult } from '../../contracts/index.ts';
import { context, input, model } from '../testing/quantized.ts';
import { fewestBits } from './codebook-bits.ts';

const network = (by: number): Model => model(`x: float32[N, 4]; s = float32[]{${by}}; y = Mul(x, s)`);
/** Outputs that are off by 2^−bits. */
const build =
  (asked: number[]) =>
  async (bits: number): Promise<TechniqueResult> => {
    asked.push(bits);
    return { model: network(1 + 2 ** -bits), changes: [{ what: 'scaled', nodes: ['y'] }], skipped: [] };
  };
const world = () =>
  context(async function* () {
    yield { x: input([3, 4], 'a') };
  });

test('bits are added until the outputs are close enough', async () => {
  const asked: number[] = [];
  const { model: made, skipped } = await fewestBits(network(1), 2, 0.04, build(asked), await world());
  expect(asked).toEqual([2, 3, 4, 5]);
  expect(made).toEqual(network(1 + 1 / 32));
  expect(skipped.map(({ reason }) => reason)).toEqual([
    '2 bits change the outputs by 25.0 %, more than 4.00 %: 3 were taken instead',
    '3 bits change the outputs by 12.5 %, more than 4.00 %: 4 were taken instead',
    '4 bits change the outputs by 6.25 %, more than 4.00 %: 5 were taken instead',
  ]);
});

test('where the most are not enough nothing is done, and why is said', async () => {
  const before = network(1);
  const { model: after, changes, skipped } = await fewestBits(before, 8, 0.001, build([]), await world());
  expect(after).toBe(before);
  expect(changes).toEqual([]);
  expect(skipped[0]!.reason).toBe('8 bits change the outputs by 0.391 %, more than 0.100 %');
});

test('without inputs the first build counts', async () => {
  const asked: number[] = [];
  await fewestBits(network(1), 1, 0.001, build(asked), await context());
  expect(asked).toEqual([1]);
});

test('no rows are a coded error', async () => {
  const empty = await context(async function* () {});
  await expect(fewestBits(network(1), 1, 0.1, build([]), empty)).rejects.toMatchObject({
    code: 'optimize/calibration',
  });
});
