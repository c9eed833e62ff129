import { expect, test } from 'vitest';
import { SteelyardError, type LearningRows } from '../contracts/index.ts';
import { answersOf, bestOf, feedsFor, floatsOf, unless } from './answers.ts';
import { context, model } from './testing/quantized.ts';

const rows: LearningRows = {
  count: 70,
  label: () => null,
  length: (row) => 1 + ((row * 7) % 5),
  tokens: () => null,
  feeds: (picked) => ({
    x: { dtype: 'float32', dims: [picked.length, 2], data: Float32Array.from(picked.flatMap((row) => [row, -row])) },
    other: { dtype: 'float32', dims: [1], data: new Float32Array(1) },
  }),
};

test('answers come in the order of the rows, whatever was run together', async () => {
  const world = await context();
  const session = await world.open(model('x: float32[N, 2]; y = Neg(x); k = int64[1] {1}; s = ReduceSum(x, k)'));
  const wanted = [69, 3, 10, 0, 41];
  const found = await answersOf(session, ['y', 's'], rows, wanted, world, 'test');
  expect([...found.get('y')!.values]).toEqual(wanted.flatMap((row) => [-row, row]).map((one) => one + 0 || one));
  expect(found.get('s')!.width).toBe(1);
  const all = await answersOf(
    session,
    ['y'],
    rows,
    Array.from({ length: 70 }, (_, i) => i),
    world,
    'test',
  );
  expect(all.get('y')!.values[2 * 33]).toBe(-33);
  expect(Object.keys(feedsFor(session, rows.feeds([1])))).toEqual(['x']);
  await session.close();
  const wrong = await world.open(model('x: float32[N, 2]; k = int64[1] {0}; y = ReduceSum(x, k)'));
  await expect(answersOf(wrong, ['y'], rows, [1, 2], world, 'test')).rejects.toMatchObject({ code: 'optimize/scores' });
  await wrong.close();
});

test('the largest of each row; float types', () => {
  expect([...bestOf({ width: 3, values: Float32Array.of(1, 3, 2, 0, 0, 0, -2, -3, -1) })]).toEqual([1, 0, 2]);
  expect([...floatsOf('y', { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) })]).toEqual([1, -2]);
  expect([...floatsOf('y', { dtype: 'float64', dims: [1], data: Float64Array.of(0.5) })]).toEqual([0.5]);
  expect(() => floatsOf('y', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) })).toThrow(
    /expected a float type/,
  );
});

test('faults that mean another kind of model become reasons, others stay faults', async () => {
  const subject = model('x: float32[N]; y = Neg(x)');
  const fail = (): never => {
    throw new SteelyardError('a/b', 'it is odd', 'look');
  };
  expect(await unless(['a/b'], subject, async () => fail())).toEqual({
    model: subject,
    changes: [],
    skipped: [{ reason: 'it is odd: look', nodes: [] }],
  });
  await expect(unless(['c/d'], subject, async () => fail())).rejects.toMatchObject({ code: 'a/b' });
});
