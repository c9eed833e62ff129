import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { classifierObjective } from './objective.ts';
import { evaluate } from './testing/differences.ts';

const scores = parseText('x: float32[N, 3]; y = Identity(x); -> y: float32[N, 3]');

test('cross-entropy with smoothing and the share of right answers', async () => {
  const objective = classifierObjective(scores, 'y', 3, 0.3);
  expect(checkModel(objective)).toEqual([]);
  const run = await evaluate(objective);
  const outputs = await run({
    x: { dtype: 'float32', dims: [2, 3], data: Float32Array.of(1, 2, 0, 0, 0, 5) },
    labels: { dtype: 'int64', dims: [2], data: BigInt64Array.of(1n, 0n) },
  });
  const logSum = (row: number[]): number => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  const loss = (row: number[], label: number): number =>
    row.reduce((sum, x, i) => sum - (i === label ? 0.8 : 0.1) * (x - logSum(row)), 0);
  const expected = (loss([1, 2, 0], 1) + loss([0, 0, 5], 0)) / 2;
  expect((outputs['loss']!.data as Float32Array)[0]).toBeCloseTo(expected, 5);
  expect((outputs['accuracy']!.data as Float32Array)[0]).toBe(0.5);
});

test('an unknown output and an input of the same name are refused', () => {
  const taken = parseText('labels: float32[N, 3]; y = Identity(labels); -> y: float32[N, 3]');
  for (const [model, output] of [
    [scores, 'z'],
    [taken, 'y'],
  ] as const)
    expect(() => classifierObjective(model, output, 3, 0)).toThrowError(
      expect.objectContaining({ code: 'training/output' }),
    );
});
