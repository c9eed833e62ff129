import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { embedding } from './embedding.ts';
import { context, model, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(embedding.id, embedding.options, raw);
const ids = { dtype: 'int64' as const, dims: [2, 3], data: BigInt64Array.of(0n, 5n, 99n, 42n, 42n, 7n) };

describe('quantize/embedding', () => {
  test.each([
    ['row', { Gather: 2, Cast: 1, Mul: 1 }],
    ['table', { Gather: 1, DequantizeLinear: 1 }],
  ])('granularity %s keeps the rows within half a step', async (granularity, expected) => {
    const world = await context();
    const before = model('ids: int64[B, S]; t = float32[100, 64]{...}; y = Gather(t, ids)');
    const { model: after } = await embedding.apply(before, options({ granularity }), world);
    expect(operators(after)).toEqual(expected);
    const error = relativeError((await run(world, before, { ids }))['y']!, (await run(world, after, { ids }))['y']!);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.02);
  });

  test('two Gathers of one table share it', async () => {
    const { model: after } = await embedding.apply(
      model('a: int64[N]; b: int64[N]; t = float32[100, 64]{...}; y = Gather(t, a); z = Gather(t, b)'),
      options({ granularity: 'table' }),
      await context(),
    );
    expect([...after.graph.initializers.values()].map(({ dtype }) => dtype).sort()).toEqual(['float32', 'int8']);
  });

  test('a table tied to the output layer, a small one and a computed one stay', async () => {
    const { changes, skipped } = await embedding.apply(
      model(
        'ids: int64[N]; x: float32[N, 100]; t = float32[100, 64]{...}; s = float32[4, 4]{...}; c: float32[9, 9]; a = Gather(t, ids); m = MatMul(x, t) as "head"; b = Gather(s, ids); d = Gather(c, ids)',
      ),
      options(),
      await context(),
    );
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'its table is also used by head',
      'its table has fewer than 4096 values',
      'its table is not constant',
    ]);
  });

  const branches = `ids: int64[2, 3]; p: bool[]; t = float32[100, 64]{...}; u = float32[100, 64]{...}
    top = Gather(u, ids)
    y = If(p) {
      then_branch: graph "then" { v = float32[100, 64]{...}; a = Gather(v, ids); b = Add(a, top); -> b },
      else_branch: graph "else" { c = Gather(t, ids) as "captures"; -> c } }
    -> y: float32[2, 3, 64]`;

  test.each(['row', 'table'])(
    'tables of a body, %s; one that a body captures stays, with a reason',
    async (granularity) => {
      const world = await context();
      const before = model(branches);
      const { model: after, changes, skipped } = await embedding.apply(before, options({ granularity }), world);
      expect(changes).toHaveLength(2);
      expect(skipped).toEqual([
        { reason: 'its table t is a weight of the graph around its body', nodes: ['captures'] },
      ]);
      for (const flag of [0, 1]) {
        const feeds = { ids, p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(flag) } };
        const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
        expect(error).toBeLessThan(0.02);
        expect(error > 0).toBe(flag === 1);
      }
    },
  );

  test('an older operator set is raised; with nothing to do the model stays as it was', async () => {
    const world = await context();
    const text = 'opset 9; ids: int64[2, 3]; t = float32[100, 64]{...}; g = Gather(t, ids); y = Softmax(g) {axis: 1}';
    const before = model(text);
    expect(embedding.check(before, options())).toBeNull();
    const { model: after, changes } = await embedding.apply(before, options({ granularity: 'table' }), world);
    expect(after.opsets.get('')).toBe(10);
    expect(changes.map(({ what }) => what)).toEqual(['opset 9 raised to 10', 'Gather from an int8 table']);
    const error = relativeError((await run(world, before, { ids }))['y']!, (await run(world, after, { ids }))['y']!);
    expect(error).toBeLessThan(0.02);
    const none = await embedding.apply(before, options({ exclude: ['*'] }), world);
    expect(none.model).toBe(before);
    expect(none.changes).toEqual([]);
    expect(none.skipped[0]?.reason).toContain('excluded');
  });
});
