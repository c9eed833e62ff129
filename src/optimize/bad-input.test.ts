import { expect, test } from 'vitest';
import { parseOptions } from '../contracts/index.ts';
import { techniques } from './index.ts';
import { context, model } from './testing/quantized.ts';

// Weights that are inputs of the graph, and one that is computed from an input.
const computed =
  model(`x: float32[N, 32]; a: float32[32, 48]; b: float32[48, 32]; s: float32[]; c = float32[32, 32]{...}
  h = MatMul(x, a); r = Relu(h); m = MatMul(r, b); d = Mul(c, s); y = MatMul(m, d); -> y: float32[N, 32]`);
const constant = model(`x: float32[N, 32]; a = float32[32, 48]{...}; b = float32[48, 32]{...}
  h = MatMul(x, a); r = Relu(h); y = MatMul(r, b); -> y: float32[N, 32]`);
const value = (dims: readonly number[]) => ({
  dtype: 'float32' as const,
  dims,
  data: Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i)),
});
const feeds = { x: value([2, 32]), a: value([32, 48]), b: value([48, 32]), s: value([]) };

/** Everything a technique says instead of changing the model. */
const reasonsOf = async (id: string, raw: Readonly<Record<string, unknown>>, subject = computed): Promise<string[]> => {
  const technique = techniques.find((one) => one.id === id)!;
  const options = parseOptions(id, technique.options, raw);
  const refusal = technique.check(subject, options);
  if (refusal !== null) return [refusal.reason];
  const world = await context(async function* () {
    yield feeds;
  });
  const { changes, skipped, model: after } = await technique.apply(subject, options, { ...world, original: subject });
  expect(changes).toEqual([]);
  expect(after).toBe(subject);
  return skipped.map(({ reason }) => reason);
};

test.each([
  ['prune/unstructured', 'computed at run time', {}],
  ['prune/2-4', 'computed at run time', {}],
  ['factorize/low-rank', 'computed at run time', {}],
  ['prune/structured', 'no layer reads the outputs of another one', { heads: 1, neurons: 0.5 }],
  ['prune/layers', 'no transformer block', {}],
  ['recover/ridge', 'no linear layer with a constant float32 weight', {}],
  ['distill/student', 'no transformer block', {}],
  ['exit/early', 'no transformer block', {}],
  ['trim/vocabulary', 'looks up no table', {}],
])('%s leaves weights that are no constants as they are: "%s"', async (id, reason, raw) => {
  const reasons = await reasonsOf(id, raw);
  expect(reasons.join('; ')).toContain(reason);
});

test.each([
  ['heads', { heads: 0 }],
  ['neurons', { neurons: 0 }],
  ['width', { width: 0 }],
  ['channels', { channels: 0 }],
])('prune/structured keeps some of the %s', async (what, raw) => {
  expect(await reasonsOf('prune/structured', raw, constant)).toEqual([
    `keeping none of the ${what} would leave no model`,
  ]);
});

test('a model of no blocks, a rank of 0, and shares that are none are refused', async () => {
  expect(await reasonsOf('prune/layers', { keep: 0 }, constant)).toEqual(['keeping no block would leave no model']);
  for (const [id, raw] of [
    ['factorize/low-rank', { budget: 'rank', rank: 0 }],
    ['factorize/low-rank', { budget: 'share', share: -0.1 }],
    ['prune/unstructured', { sparsity: 1.1 }],
    ['distill/student', { layers: -1 }],
    ['exit/cascade', { risk: 0 }],
  ] as const)
    await expect(reasonsOf(id, raw)).rejects.toMatchObject({ code: 'usage/option' });
});
