import { expect, test } from 'vitest';
import { context, model } from '../testing/quantized.ts';
import { cannotPrune, pruneModel, sparseOptions } from './unstructured-technique.ts';

const settings = {
  pattern: { kind: 'share', share: 0.5, within: 'layer' },
  global: false,
  damping: 0.01,
  exclude: [],
} as const;

test('a model without weights is refused; one without data keeps its weights where inputs decide', async () => {
  expect(cannotPrune(model('x: float32[N]; y = Relu(x)'))?.reason).toBe('the graph has no MatMul or Gemm');
  const subject = model('x: float32[N, 8]; w = float32[8, 8]{...}; y = MatMul(x, w)');
  expect(cannotPrune(subject)).toBeNull();
  for (const method of ['wanda', 'sparsegpt'] as const) {
    const result = await pruneModel(subject, { ...settings, method }, await context());
    expect(result.model).toBe(subject);
    expect(result.skipped[0]?.reason).toContain(`method ${method} needs calibration data`);
  }
  expect((await pruneModel(subject, { ...settings, method: 'magnitude' }, await context())).changes).toHaveLength(1);
  expect(sparseOptions.method.choices).toContain(sparseOptions.method.default);
});
