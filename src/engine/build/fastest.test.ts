import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Chain } from '../../contracts/index.ts';
import { encodeFile } from '../../model/onnx/index.ts';
import { context, input, model } from '../../optimize/testing/quantized.ts';
import { openStore } from '../../records/index.ts';
import { findFastest, rankTimed, type Timed } from './fastest.ts';

const dynamic = (options: Record<string, unknown>): Chain => ({
  id: `dynamic ${JSON.stringify(options)}`,
  steps: [{ technique: 'quantize/dynamic', options }],
  session: {},
});

const timed = (
  id: string,
  interval: readonly [number, number, number],
  relativeError: number,
  options = {},
  sizeBytes = 1,
): Timed => {
  const [low, value, high] = interval;
  const chain = { ...dynamic(options), id };
  return { chain, built: null as never, sizeBytes, relativeError, ratio: { low, value, high } };
};

test('overlapping intervals are a tie: the smaller error wins, then the simpler, then the smaller', () => {
  const order = (...versions: Timed[]): string[] => rankTimed(versions).map(({ chain }) => chain.id);
  const fast = timed('fast', [0.4, 0.5, 0.6], 0.02);
  expect(order(timed('slow', [0.7, 0.8, 0.9], 0.001), fast)).toEqual(['fast', 'slow']);
  expect(order(fast, timed('as fast, closer', [0.55, 0.65, 0.7], 0.01))).toEqual(['as fast, closer', 'fast']);
  expect(
    order(timed('complex', [0.4, 0.5, 0.6], 0.02, { bits: '7' }), timed('simple', [0.5, 0.6, 0.7], 0.0201)),
  ).toEqual(['simple', 'complex']);
  expect(order(timed('large', [0.4, 0.5, 0.6], 0.02, {}, 9), fast)).toEqual(['fast', 'large']);
  expect(rankTimed([])).toEqual([]);
});

const ready = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-fastest-'));
  const store = await openStore(join(folder, 'store'));
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const modelPath = join(folder, 'model.onnx');
  await encodeFile(
    model(
      'x: float32[N, 256]; w = float32[256, 256]{...}; v = float32[256, 64]{...}; h = MatMul(x, w); r = Relu(h); y = MatMul(r, v)',
    ),
    modelPath,
  );
  const { size } = await stat(modelPath);
  return { modelPath, modelBytes: size, store, workFolder: folder, session: {}, seconds: 1 };
};

test('builds, leaves out with a reason, times the rest', async () => {
  const settings = await ready();
  const chains = [
    dynamic({}),
    dynamic({ operators: ['*'] }),
    dynamic({ operators: ['Conv'] }),
    dynamic({ bits: '7', perChannel: true }),
    { ...dynamic({}), id: 'four bits', steps: [{ technique: 'quantize/blockwise', options: {} }] },
  ];
  const inputs = [{ x: input([2, 256], 'a') }, { x: input([2, 256], 'b') }];
  const { ranked, leftOut } = await findFastest({ ...settings, chains, inputs, maxError: 0.05 }, await context());
  expect(new Set(ranked.map(({ chain }) => chain))).toEqual(new Set([chains[0], chains[3]]));
  for (const { ratio, relativeError, sizeBytes } of ranked) {
    expect(ratio.low).toBeLessThanOrEqual(ratio.value);
    expect(ratio.value).toBeLessThanOrEqual(ratio.high);
    expect(relativeError).toBeGreaterThan(0);
    expect(relativeError).toBeLessThanOrEqual(0.05);
    expect(sizeBytes).toBeLessThan(settings.modelBytes / 3);
  }
  const reasons = new Map(leftOut.map(({ chain, reason }) => [chain, reason]));
  expect(reasons.get(chains[1]!)).toBe(`the same as ${chains[0]!.id} on this model`);
  expect(reasons.get(chains[2]!)).toBe('the graph has no Conv');
  expect(reasons.get(chains[4]!)).toMatch(/outputs differ by .* more than the 5.0 % allowed/);
});

test('without inputs there is nothing to compare on', async () => {
  const settings = await ready();
  await expect(
    findFastest({ ...settings, chains: [dynamic({})], inputs: [], maxError: 1 }, await context()),
  ).rejects.toMatchObject({ code: 'data/empty' });
});
