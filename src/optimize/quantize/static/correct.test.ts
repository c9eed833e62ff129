import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { observe, parametersOf } from '../../calibrate/index.ts';
import { context, input, model, run } from '../../testing/quantized.ts';
import { float32, inline } from '../../linear.ts';
import { convGap, productGap, zeroPointOf } from './correct.ts';
import { observeInputs } from './observe.ts';
import { targetsOf } from './targets.ts';
import { codeWeight, readWeight } from './weights.ts';

test.each([
  ['MatMul', 'x: float32[B, 5, 8]; w = float32[8, 4]{...}; y = MatMul(x, w)', [3, 5, 8]],
  [
    'Gemm',
    'x: float32[N, 8]; w = float32[4, 8]{...}; b = float32[4]{...}; y = Gemm(x, w, b) {transB: 1, beta: 3.0}',
    [9, 8],
  ],
  [
    'Conv',
    'x: float32[N, 8, 5, 5]; w = float32[4, 8, 3, 3]{...}; b = float32[4]{...}; y = Conv(x, w, b)',
    [2, 8, 5, 5],
  ],
] as const)('the mean gap is that between the two products: %s', async (_, text, dims) => {
  const graph = model(text);
  const feeds = [{ x: input(dims, 'a') }, { x: input(dims, 'b') }];
  const world = await context(async function* () {
    yield* feeds;
  });
  const [target] = targetsOf(edit(graph), [], false);
  const view = (await readWeight(target!.weight!, world))!;
  // Three steps for all weights: a gap that nobody overlooks.
  const weight = codeWeight(view, { type: 'int8', perChannel: false, bits: 7 }, () => 0.3);
  const parameters = parametersOf({ low: -4, high: 4 }, 'uint8');
  let gap: Float64Array;
  if (target!.kind === 'conv') {
    const statistic = convGap(target!, parameters, {
      codes: inline('int8', view.dims, weight.codes),
      scale: float32([], weight.scales),
      zeroPoint: inline('int8', [], weight.zeroPoints),
      axis: view.axis,
    });
    await observe(graph, [{ value: 'y', statistic }], world);
    gap = statistic.mean();
  } else {
    const { means } = await observeInputs(
      graph,
      [],
      new Map([['x', parameters]]),
      (value) => value,
      new Map([['x', 8]]),
      { activationType: 'uint8', method: 'minmax', percentile: 99.9 },
      world,
    );
    const { mean, shift } = means.get('x')!;
    gap = productGap(view, weight, mean, shift);
  }

  const coarse = weight.codes as Int8Array;
  const rounded = Float32Array.from(coarse, (code) => code * weight.scales[0]!);
  const back = target!.weight!.linear?.transB
    ? Float32Array.from({ length: 32 }, (_one, i) => rounded[(i % 8) * 4 + Math.floor(i / 8)]!)
    : rounded;
  const twin = { ...graph, graph: { ...graph.graph, initializers: new Map(graph.graph.initializers) } };
  twin.graph.initializers.set('w', float32(target!.weight!.tensor.dims, back));
  const sums = new Float64Array(4);
  let count = 0;
  for (const feed of feeds) {
    const [one, two] = [(await run(world, graph, feed))['y']!, (await run(world, twin, feed))['y']!];
    const stride = dims.length === 4 ? one.dims[2]! * one.dims[3]! : 1;
    for (let i = 0; i < one.data.length; i++)
      sums[Math.floor(i / stride) % 4]! += (one.data as Float32Array)[i]! - (two.data as Float32Array)[i]!;
    count += one.data.length / 4;
  }
  // The input is rounded too, to steps of 8 / 255: far less than the weights.
  sums.forEach((sum, i) => expect(Math.abs(gap[i]! - sum / count)).toBeLessThan(0.02));
  expect(Math.max(...sums.map((sum) => Math.abs(sum / count)))).toBeGreaterThan(0.02);
});

test('a zero point is a scalar of its type', () => {
  expect(zeroPointOf({ type: 'int8', scale: 1, zeroPoint: -128 })).toMatchObject({ dtype: 'int8', dims: [] });
  expect(zeroPointOf({ type: 'uint8', scale: 1, zeroPoint: 255 })).toMatchObject({ dtype: 'uint8', dims: [] });
});
