import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Descent, Feeds, Trained, TrainingSession, Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { encode } from '../../../model/onnx/index.ts';
import { openTraining } from '../index.ts';

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-training-'));
  path = join(folder, 'model.onnx');
  // y = w·x: its gradient by w is x.
  const text =
    'x: float32[2]; w: float32[2]; p = Mul(w, x); y = ReduceSum(p) {keepdims: 0}; g = Identity(x); -> y: float32[], g: float32[2]';
  await writeFile(path, await encode(parseText(text)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const floats = (...data: number[]): Value => ({ dtype: 'float32', dims: [data.length], data: Float32Array.from(data) });
const weight: Trained = { weight: 'w', gradient: 'g', dims: [2], rateFactor: 1, decays: false };
/** So that a weight moves by 1 against the sign of its gradient. */
const move: Descent = {
  share: 1,
  move: { clip: Infinity, keepFirst: 0, keepSecond: 0, take: 1, epsilon: 1e-9, size: 1, decay: 0, keepMean: 0.5 },
};
const withSession = async (use: (session: TrainingSession) => Promise<void>, averages = false): Promise<void> => {
  const session = await openTraining(path, { weights: [weight], averages });
  await use(session).finally(() => session.close());
};
const y = ({ outputs }: { outputs: Feeds }): number => Number(outputs['y']!.data[0]);

test('a run descends with the weights as they are, and the next one sees them moved', () =>
  withSession(async (session) => {
    await session.writeWeights({ w: floats(10, 20) });
    const first = await session.descend({ x: floats(3, -4) }, move, ['y']);
    expect([y(first), first.norm]).toEqual([-50, 5]);
    expect(Object.keys(first.outputs)).toEqual(['y']);
    expect(await session.readWeights(['w', 'w/mean'])).toEqual({ w: floats(9, 21), 'w/mean': floats(9.5, 20.5) });
    // A plain run moves nothing.
    expect(y(await session.run({ x: floats(1, 1) }, { fetch: ['y'] }))).toBe(30);
    expect(await session.readWeights(['w'])).toEqual({ w: floats(9, 21) });
  }, true));

test('calls without values in the process, or by other names, are refused and harm nothing', () =>
  withSession(async (session) => {
    await expect(session.descend({ x: floats(1, 1) }, move, ['y'])).rejects.toMatchObject({
      code: 'runtime/run',
      message: expect.stringContaining('"w" was not fed'),
    });
    await expect(session.writeWeights({ w: floats(1, 2, 3) })).rejects.toMatchObject({
      message: expect.stringContaining('"w" holds 2 float32 numbers, but 3 of float32 were written'),
    });
    await expect(session.writeWeights({ 'w/mean': floats(1, 2) })).rejects.toMatchObject({
      message: expect.stringContaining('no value is kept by the name "w/mean"'),
    });
    await session.writeWeights({ w: floats(1, 2) });
    await expect(session.readWeights(['v'])).rejects.toMatchObject({ code: 'runtime/run' });
    expect(y(await session.descend({ x: floats(1, 1) }, move, ['y']))).toBe(3);
  }));

test.each([
  ['an input that is not there', { ...weight, weight: 'v' }, 'there is no input "v" to learn by'],
  ['a gradient that is not there', { ...weight, gradient: 'h' }, 'there is no output "h" to learn by'],
])('refused: %s', async (_, trained, message) => {
  await expect(openTraining(path, { weights: [trained], averages: false })).rejects.toMatchObject({
    code: 'runtime/run',
    message: expect.stringContaining(message),
  });
});
