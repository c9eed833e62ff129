import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import type { Model, TechniqueResult } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { context, input, model, normal } from '../testing/quantized.ts';
import { withWorkers } from '../workers/index.ts';
import { pruneWeights, type SparseSettings } from './unstructured-layers.ts';

const half: SparseSettings = {
  method: 'wanda',
  pattern: { kind: 'share', share: 0.5, within: 'layer' },
  global: false,
  damping: 0.01,
  exclude: [],
};

const pruned = async (subject: Model, change: Partial<SparseSettings> = {}): Promise<TechniqueResult> => {
  const world = await context(async function* () {
    yield { x: input([40, 16], 'a') };
  });
  const draft = edit(subject);
  await withWorkers(world, (workers) => pruneWeights(draft, { ...half, ...change }, workers, world));
  return draft.done();
};

const zerosOf = (result: TechniqueResult): number[] =>
  [...result.model.graph.initializers.values()].map(({ data, dims }) => {
    if (data.kind !== 'inline') throw new Error('not inline');
    return toFloat32('float32', data.bytes).filter((value) => value === 0).length / (dims[0]! * dims[1]!);
  });

const two =
  'x: float32[N, 16]; w = float32[16, 24]{...}; v = float32[12, 24]{...}; h = MatMul(x, w); y = Gemm(h, v) {transB: 1, alpha: 2.0}';

test.each(['magnitude', 'wanda', 'sparsegpt'] as const)(
  '%s: the share of zeros is what was asked for',
  async (method) => {
    const result = await pruned(model(two), { method });
    expect(zerosOf(result)).toEqual([0.5, 0.5]);
    expect(result.model.graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Gemm']);
    expect(result.changes.map(({ what }) => what)[0]).toMatch(
      new RegExp(`^\\[16, 24\\] with 50.0 % zeros \\(${method}\\); gzip makes about \\d`),
    );
  },
);

test('one threshold for all layers: together the share, each its own', async () => {
  // Half of v is a thousand times smaller than the rest.
  const v = normal([12, 24], 'v');
  const bytes = (v.data as { bytes: Uint8Array }).bytes.slice();
  new Float32Array(bytes.buffer).forEach((value, at, all) => (all[at] = at % 2 === 0 ? value / 1000 : value));
  for (const method of ['magnitude', 'wanda', 'sparsegpt'] as const) {
    const result = await pruned(model(two, { v: { ...v, data: { kind: 'inline', bytes } } }), {
      method,
      global: true,
      pattern: { kind: 'share', share: 0.3, within: 'layer' },
    });
    const [w, other] = zerosOf(result);
    expect(other).toBeGreaterThan(w!);
    expect((w! * 384 + other! * 288) / 672).toBeCloseTo(0.3, 2);
  }
});

test('reasons: no share, no whole groups, weights of others', async () => {
  const reasons = async (subject: Model, change: Partial<SparseSettings>): Promise<string[]> => {
    const { changes, skipped } = await pruned(subject, change);
    expect(changes).toEqual([]);
    return skipped.map(({ reason }) => reason);
  };
  expect(await reasons(model(two), { pattern: { kind: 'share', share: 0, within: 'layer' } })).toEqual([
    'a sparsity of 0 asks for no zeros',
    'a sparsity of 0 asks for no zeros',
  ]);
  const odd = model(
    'x: float32[N, 16]; w = float32[16, 6]{...}; h = MatMul(x, w); v = float32[6, 8]{...}; y = MatMul(h, v)',
  );
  expect(await reasons(odd, { pattern: { kind: 'group', keep: 2, of: 4 }, exclude: ['h'] })).toEqual([
    'excluded by the exclude option',
    'its inner size 6 is no multiple of 4',
  ]);
});
