import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';
import { dynamic } from './dynamic.ts';
import { makeConv } from './dynamic-conv.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(dynamic.id, dynamic.options, { minValues: 1, operators: ['Conv'], ...raw });

const bytesOf = ({ data }: { data: unknown }): Uint8Array => (data as { bytes: Uint8Array }).bytes.slice();

test('kernels are symmetric around 128, one scale per output channel', () => {
  const { codes, scale, zeroPoint } = makeConv(Float32Array.of(1, -2, 0, 0, 4, 0), [3, 1, 2])!;
  expect([...bytesOf(codes)]).toEqual([192, 1, 128, 128, 255, 128]);
  expect([...bytesOf(zeroPoint)]).toEqual([128]);
  expect(scale.dims).toEqual([3, 1]);
});

test.each([
  ['one dimension', [2, 4, 11], [6, 4, 3], '{pads: [1, 1]}'],
  [
    'pads that differ, strides, dilations',
    [1, 4, 9, 10],
    [6, 4, 3, 2],
    '{pads: [2, 0, 1, 3], strides: [2, 1], dilations: [1, 2]}',
  ],
  ['groups', [2, 6, 7, 7], [6, 2, 3, 3], '{group: 3, pads: [1, 1, 1, 1]}'],
  ['same padding', [1, 3, 8, 8], [4, 3, 5, 5], '{auto_pad: "SAME_UPPER"}'],
  ['pointwise', [1, 8, 5, 5], [4, 8, 1, 1], ''],
  ['three dimensions', [1, 2, 5, 6, 4], [3, 2, 3, 3, 2], '{pads: [1, 1, 0, 1, 1, 1]}'],
])(
  '%s: the integer sums equal those of the rounded numbers, padding counts as zero',
  async (_, dims, weight, attributes) => {
    const world = await context();
    const text = `x: float32[${dims.join(', ')}]; w = float32[${weight.join(', ')}]{...}; b = float32[${weight[0]}]{...}; y = Conv(x, w, b) ${attributes}`;
    const before = model(text);
    const { model: after } = await dynamic.apply(before, options(), world);
    expect(operators(after)).toMatchObject({ DynamicQuantizeLinear: 1, ConvInteger: 1, Add: 1 });
    expect((await optimizedBy(after)).operators).toMatchObject({ ConvInteger: 1 });
    // All positive with an offset: the zero point is 0; shifted below zero: it is not.
    for (const shift of [0, 3, -1]) {
      const values = input(dims, 'x');
      const x = { ...values, data: (values.data as Float32Array).map((value) => value + shift) };
      const codes = bytesOf(after.graph.initializers.get('w_quantized')!);
      const scales = new Float32Array(bytesOf(after.graph.initializers.get('w_scale')!).buffer);
      const each = codes.length / scales.length;
      const rounded = Float32Array.from(codes, (code, i) => (code - 128) * scales[Math.floor(i / each)]!);
      const reference = model(
        text.replace('y = Conv(x,', 'q, s, z = DynamicQuantizeLinear(x); d = DequantizeLinear(q, s, z); y = Conv(d,'),
        { w: tensor('float32', weight, rounded), b: before.graph.initializers.get('b')! },
      );
      const expected = (await run(world, reference, { x }))['y']!;
      const actual = (await run(world, after, { x }))['y']!;
      expect(actual.dims).toEqual(expected.dims);
      expect(relativeError(expected, actual), `shift ${shift}`).toBeLessThan(2e-6);
      const float = (await run(world, before, { x }))['y']!;
      expect(relativeError(float, actual), `shift ${shift}`).toBeLessThan(0.03);
    }
  },
);

test('a computed bias is shaped in the graph; other forms of convolution stay, with a reason', async () => {
  const world = await context();
  const before = model(
    `x: float32[1, 3, 6, 6]; k: float32[4, 3, 3, 3]; c: float32[4]; w = float32[4, 3, 3, 3]{...}; h = float32[4, 3, 3, 3]{...}
     t = float32[3, 2, 3, 3]{...}; b = Neg(c); y = Conv(x, w, b); z = Conv(x, k); f = com.microsoft.FusedConv(x, h) {activation: "Relu"}; u = ConvTranspose(x, t)`,
  );
  const { model: after, skipped } = await dynamic.apply(before, options(), world);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    'its weight is computed at run time',
    'ONNX Runtime has fused its activation into it: quantize the model as it was before',
    'ONNX Runtime has no integer kernel for ConvTranspose',
  ]);
  const feeds = { x: input([1, 3, 6, 6], 'x'), k: input([4, 3, 3, 3], 'k'), c: input([4], 'c') };
  expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
    0.03,
  );
});

test('a weight with NaN or infinity stays', async () => {
  const values = normal([4, 3, 3], 'w');
  new Float32Array((values.data as { bytes: Uint8Array }).bytes.buffer)[5] = Number.POSITIVE_INFINITY;
  const before = model('x: float32[1, 3, 9]; w = float32[4, 3, 3]{...}; y = Conv(x, w)', { w: values });
  const { changes, skipped } = await dynamic.apply(before, options(), await context());
  expect(changes).toEqual([]);
  expect(skipped[0]!.reason).toBe('the weight w holds NaN or infinity');
});
