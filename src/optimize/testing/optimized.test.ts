import { expect, test } from 'vitest';
import { optimized } from './optimized.ts';
import { model, operators } from './quantized.ts';

test('what ONNX Runtime fuses is fused', async () => {
  const graph = model(
    'x: float32[2, 4]; w = float32[4, 4]{...}; b = float32[4]{...}; h = MatMul(x, w); a = Add(h, b); y = Relu(a)',
  );
  expect(operators(await optimized(graph))).toEqual({ FusedGemm: 1 });
});
