import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createContext } from '../../engine/run/context.ts';
import { parseText, printLine } from '../../model/graph/index.ts';
import { readTensorSync, viewOf } from '../../model/tensor/index.ts';
import { constantModel, evaluateFolds } from './evaluate.ts';
import { planFolding } from './foldable.ts';

const context = createContext({ seed: 1, workFolder: mkdtempSync(join(tmpdir(), 'steelyard-evaluate-')) });

test('the model of constants holds just what the values need', () => {
  const model = parseText(
    'w = float32[2] {1.0, 2.0}; v = float32[2] {3.0, 4.0}; a = Neg(w); b = Add(a, x); c = Abs(v); y = Mul(b, c)',
  );
  const plan = planFolding(model, 0);
  expect(
    printLine(
      constantModel(
        model,
        plan,
        plan.folds.filter(({ name }) => name === 'a'),
      ),
    ),
  ).toBe('graph "constants"; w = float32[2] {1.0, 2.0}; a = Neg(w)');
});

test('an operator that does not run is found, the others are computed', async () => {
  const model = parseText(`w = float32[2] {1.0, -2.0}; big = int64[1] {7}; bad = float32[3] {1.0, 2.0, 3.0}
    a = Abs(w); b = Gather(bad, big); c = Neg(w); y = my.Use(x, a, b, c)`);
  const { tensors, skipped } = await evaluateFolds(model, planFolding(model, 1000), context);
  expect(
    [...tensors].map(([name, value]) => [name, Array.from(viewOf(value.dtype, readTensorSync(value)) as Float32Array)]),
  ).toEqual([
    ['a', [1, 2]],
    ['c', [-1, 2]],
  ]);
  expect(skipped).toEqual([{ reason: expect.stringMatching(/^it does not run: /), nodes: ['b'] }]);
});
