import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, normal, operators, relativeError, run } from '../testing/quantized.ts';
import { dynamic } from './dynamic.ts';
import { makeLstm } from './dynamic-lstm.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(dynamic.id, dynamic.options, { minValues: 1, ...raw });

const bytesOf = ({ data }: { data: unknown }): Uint8Array => (data as { bytes: Uint8Array }).bytes.slice();

test('each direction is transposed and scaled for itself', () => {
  // [2 directions, 4 columns, 2 inputs]: column c of direction d holds (d + 1) · (c + 1) and its negative half.
  const values = Float32Array.from([1, 2].flatMap((d) => [1, 2, 3, 4].flatMap((c) => [d * c, (-d * c) / 2])));
  const whole = makeLstm(values, [2, 4, 2], { type: 'int8', perChannel: false, bits: 8 });
  expect([whole.codes.dims, whole.scale.dims, whole.zeroPoint.dims]).toEqual([[2, 2, 4], [2], [2]]);
  expect([...new Int8Array(bytesOf(whole.codes).buffer)].slice(0, 8)).toEqual([32, 64, 95, 127, -16, -32, -48, -64]);
  const fine = makeLstm(values, [2, 4, 2], { type: 'uint8', perChannel: true, bits: 8 });
  expect([fine.scale.dims, fine.zeroPoint.dims]).toEqual([
    [2, 4],
    [2, 4],
  ]);
  expect([...bytesOf(fine.codes)].slice(0, 8)).toEqual([255, 255, 255, 255, 64, 64, 64, 64]);
  expect(new Set(bytesOf(fine.zeroPoint))).toEqual(new Set([128]));
});

const one = `x: float32[6, 2, 12]; w = float32[1, 64, 12]{...}; r = float32[1, 64, 16]{...}; b = float32[1, 128]{...}`;
const two = `x: float32[6, 2, 12]; w = float32[2, 64, 12]{...}; r = float32[2, 64, 16]{...}; b = float32[2, 128]{...}`;
const states = 'h: float32[1, 2, 16]; c: float32[1, 2, 16]; p = float32[1, 48]{...}; l: int32[2]';

test.each([
  ['no bias', `${one}; y = LSTM(x, w, r) {hidden_size: 16}`],
  ['all outputs', `${one}; y, yh, yc = LSTM(x, w, r, b) {hidden_size: 16}`],
  ['backwards, the last state only', `${one}; _, yh = LSTM(x, w, r, b) {hidden_size: 16, direction: "reverse"}`],
  ['both directions', `${two}; y = LSTM(x, w, r, b) {hidden_size: 16, direction: "bidirectional"}`],
  ['lengths, states, peepholes', `${one}; ${states}; y, yh, yc = LSTM(x, w, r, b, l, h, c, p) {hidden_size: 16}`],
  [
    'other activations, clipped',
    `${one}; y = LSTM(x, w, r, b) {hidden_size: 16, activations: ["Sigmoid", "Relu", "Tanh"], clip: 3.0}`,
  ],
])('%s: runs in the integer kernel and stays close to float32', async (_, text) => {
  const world = await context();
  const directions = text.includes('bidirectional') ? 2 : 1;
  const before = model(text, {
    w: normal([directions, 64, 12], 'w', 0.3),
    r: normal([directions, 64, 16], 'r', 0.3),
  });
  const feeds = {
    x: input([6, 2, 12], 'x'),
    ...(text.includes('h: float32')
      ? {
          h: input([1, 2, 16], 'h'),
          c: input([1, 2, 16], 'c'),
          l: { dtype: 'int32' as const, dims: [2], data: Int32Array.of(6, 4) },
        }
      : {}),
  };
  const expected = await run(world, before, feeds);
  for (const raw of [
    { exact: true },
    { perChannel: true, bits: '7' },
    { weightType: 'uint8' },
    { weightType: 'uint8', perChannel: true },
  ]) {
    const { model: after, changes, config = {} } = await dynamic.apply(before, options(raw), world);
    expect(changes[0]!.what).toMatch(/^LSTM \[12, 16\]/);
    expect(operators(after)).toEqual({ DynamicQuantizeLSTM: 1 });
    expect((await optimizedBy(after, config)).operators).toEqual({ DynamicQuantizeLSTM: 1 });
    const session = await world.open(after, { config });
    const { outputs } = await session.run(feeds);
    await session.close();
    for (const name of Object.keys(expected)) {
      expect(outputs[name]!.dims).toEqual(expected[name]!.dims);
      expect(relativeError(expected[name]!, outputs[name]!), `${name} ${JSON.stringify(raw)}`).toBeLessThan(0.05);
    }
  }
});

test('what the kernel cannot do stays, with the reason', async () => {
  const { changes, skipped } = await dynamic.apply(
    model(
      `${one}; g = float32[1, 48, 12]{...}; s = float32[1, 48, 16]{...}; v = Neg(w)
       y1 = LSTM(x, v, r) {hidden_size: 16}; y2 = LSTM(x, w, r) {hidden_size: 16, layout: 1}; y3 = GRU(x, g, s) {hidden_size: 16}; y4 = LSTM(x, w, s) {hidden_size: 16}`,
    ),
    options(),
    await context(),
  );
  expect(changes).toEqual([]);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    'its weight v is computed in the graph or fed: where it comes from constants, fold them first (fuse/constant-folding)',
    'its batch comes first (layout 1), which the kernel does not have',
    'ONNX Runtime has no integer kernel for GRU',
    'its weights [1, 64, 12] and [1, 48, 16] do not fit together',
  ]);
});
