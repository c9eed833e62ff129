import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { innerSum, isPlainNorm, isSkipNorm, normsOf } from './norms.ts';
import { viewOf } from './walk.ts';

test('operators, fused sums and what is spelled out', () => {
  const view = viewOf(
    model(`x: float32[B, S, 8]; ids: int32[B, S]
      g = float32[8] {...}; w = float32[9, 8] {...}; two = float32[] {2.0}; eps = float32[] {0.00001}
      a = LayerNormalization(x, g, g); i = Identity(a)
      s, _, _, t = com.microsoft.SkipLayerNormalization(a, x, g, g); u = com.microsoft.SkipLayerNormalization(a, x, g, g)
      q = Pow(x, two); m = ReduceMean(q) {axes: [-1]}; e = Add(m, eps); r = Sqrt(e); d = Div(x, r); rms = Mul(d, g)
      p, _, k = com.microsoft.EmbedLayerNormalization(ids, _, w, w, _, g, g)
      o = Relu(x)
      -> i, s, t, u, rms, p, k, o`),
  );
  const norms = normsOf(view);
  expect(['i', 's', 'u', 'rms', 'p', 'o'].map((value) => norms.sourceOf(value))).toEqual([
    'x',
    't',
    'sum inside u',
    'x',
    'k',
    null,
  ]);
  expect(norms.of('x').toSorted()).toEqual(['a', 'rms']);
  // The inner part of what is spelled out is no normalization of its own.
  expect(norms.sourceOf('d')).toBeNull();
  const [plain, skip] = [view.draft.producer('a')!, view.draft.producer('u')!];
  expect([isPlainNorm(plain), isSkipNorm(plain), isSkipNorm(skip)]).toEqual([true, false, true]);
  expect(innerSum(view.draft.producer('s')!)).toBe('t');
});
