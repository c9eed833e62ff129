import { describe, expect, test } from 'vitest';
import type { Feeds, Saturation, Tensor, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { tensor, rawTensor } from '../../model/tensor/index.ts';
import { readMachine, saturatesU8S8 } from '../../runtime/index.ts';
import { seeded } from '../../statistics/index.ts';
import { context, run } from '../../optimize/testing/quantized.ts';
import { integerProducts, weightsOf } from './integer-products.ts';
import { sampleRows } from './sample.ts';
import { canSaturate, requantize, saturatedProducts } from './saturation.ts';
import { receiptOf, trap } from './testing/traps.ts';

const { instructionSets } = await readMachine();
const saturating = saturatesU8S8(instructionSets);
if (!saturating)
  process.stderr.write(`skipped: the int8 kernels of this CPU do not saturate (${instructionSets.join(' ')})\n`);
const onSaturatingCpu = test.skipIf(!saturating);
/** Instruction sets under which the check looks, whatever this machine is. */
const avx2 = ['avx2'];

const codes = (count: number, label: string): Uint8Array => {
  const random = seeded(3, label);
  return Uint8Array.from({ length: count }, () => random.integer(256));
};
const int8 = (dims: readonly number[], label: string): Tensor =>
  rawTensor(
    'int8',
    dims,
    codes(
      dims.reduce((a, b) => a * b, 1),
      label,
    ),
  );

describe('pairs of products', () => {
  test('k and k + 1 share 16 bits, an odd last one stands alone', () => {
    const full = saturatedProducts(new Uint8Array(64).fill(255), new Int8Array(64).fill(127), 1, 1, 64);
    expect(full).toMatchObject({ pairs: 32, saturated: 32 });
    expect(full.exact[0]).toBe(2_072_640);
    expect(full.exact[0]! + full.difference[0]!).toBe(32 * 32_767);
    const odd = saturatedProducts(Uint8Array.of(255, 0, 255), Int8Array.of(127, 127, 127), 1, 1, 3);
    expect(odd).toMatchObject({ pairs: 2, saturated: 0 });
    const low = saturatedProducts(Uint8Array.of(255, 255), Int8Array.of(-128, -128), 1, 1, 2);
    expect(low.exact[0]! + low.difference[0]!).toBe(-32_768);
  });

  test('weights of 7 bits cannot saturate, larger ones of one sign can', () => {
    expect(canSaturate(new Int8Array(8).fill(64), 2, 4)).toBe(false);
    expect(canSaturate(new Int8Array(8).fill(-64), 2, 4)).toBe(false);
    expect(canSaturate(Int8Array.of(65, 64), 1, 2)).toBe(true);
    expect(canSaturate(Int8Array.of(127, -127), 1, 2)).toBe(false);
    expect(canSaturate(Int8Array.of(-65, -64), 1, 2)).toBe(true);
    // Neighbors across a column's end are no pair.
    expect(canSaturate(Int8Array.of(0, 0, 127, 127, 0, 0), 2, 3)).toBe(false);
  });

  test('requantized weights mean the same numbers', () => {
    const weights = {
      codes: Int8Array.of(127, -100, 3, 10, 20, -127),
      scales: Float32Array.of(0.1, 0.001),
      zeroPoints: Int8Array.of(0, 2),
      n: 2,
      k: 3,
    };
    for (const how of ['per-tensor', '7-bit'] as const) {
      const next = requantize(weights, how);
      for (let i = 0; i < 6; i++) {
        const column = Math.floor(i / 3);
        const before = (weights.codes[i]! - weights.zeroPoints[column]!) * weights.scales[column]!;
        expect(Math.abs(next.codes[i]! * next.scales[column]! - before)).toBeLessThanOrEqual(
          next.scales[column]! * 0.51,
        );
      }
      expect(Math.max(...next.codes.map(Math.abs))).toBeLessThanOrEqual(how === '7-bit' ? 64 : 127);
    }
    expect(
      requantize({ ...weights, codes: new Int8Array(6), zeroPoints: new Int8Array(2) }, 'per-tensor').scales,
    ).toEqual(weights.scales);
  });
});

describe('the model of saturation is what ONNX Runtime computes on this machine', () => {
  const product = async (text: string, tensors: Readonly<Record<string, Tensor>>, feeds: Feeds) => {
    const model = parseText(text, { tensors });
    const outputs = await run(await context(), model, feeds);
    return { actual: outputs['y']!, found: integerProducts(model).products };
  };

  onSaturatingCpu.each([
    [1, 64, 32],
    [1, 7, 5],
    [5, 67, 35],
    [16, 768, 64],
    [33, 130, 17],
  ])('MatMulInteger of %i rows, k = %i, n = %i', async (rows, k, n) => {
    const a = codes(rows * k, `a${k}`);
    const value: Value = { dtype: 'uint8', dims: [rows, k], data: a };
    const { actual, found } = await product(
      `a: uint8[M, ${k}]; w = int8[${k}, ${n}] {...}; y = MatMulInteger(a, w); -> y: int32`,
      { w: int8([k, n], `w${k}`) },
      { a: value },
    );
    const weights = weightsOf(found[0]!);
    const { exact, difference, saturated } = saturatedProducts(a, weights.codes, rows, n, k);
    expect(actual.data).toEqual(exact.map((sum, at) => sum + difference[at]!));
    if (k > 60) expect(saturated).toBeGreaterThan(0);
  });

  onSaturatingCpu.each([0, 1])('QGemm with transB %i', async (transB) => {
    const [rows, k, n] = [6, 50, 20];
    const a = codes(rows * k, 'gemm');
    const { actual, found } = await product(
      `a: uint8[M, ${k}]; s = float32[] {1}; z = uint8[] {0}; w = int8[${transB ? `${n}, ${k}` : `${k}, ${n}`}] {...}; wz = int8[] {0}; y = com.microsoft.QGemm(a, s, z, w, s, wz) {transB: ${transB}}; -> y: float32`,
      { w: int8(transB ? [n, k] : [k, n], 'gemm w') },
      { a: { dtype: 'uint8', dims: [rows, k], data: a } },
    );
    const { exact, difference } = saturatedProducts(a, weightsOf(found[0]!).codes, rows, n, k);
    expect([...(actual.data as Float32Array)]).toEqual(Array.from(exact, (sum, at) => sum + difference[at]!));
  });

  onSaturatingCpu.each([
    ['channels last', 8, 12, 3, 1, 'pads: [1, 1, 1, 1], channels_last: 1'],
    ['channels first', 8, 16, 3, 1, 'pads: [1, 1, 1, 1]'],
    ['odd channels, stride 2', 3, 5, 3, 1, 'pads: [1, 0, 0, 1], strides: [2, 2]'],
    ['groups', 12, 24, 3, 3, 'group: 3'],
    ['one tap', 16, 8, 1, 1, 'pads: [0, 0, 0, 0]'],
    ['dilated', 4, 6, 3, 1, 'dilations: [2, 2], pads: [2, 2, 2, 2]'],
    ['padded to the same size, stride 2', 4, 6, 3, 1, 'strides: [2, 2], auto_pad: "SAME_UPPER"'],
    ['padded to the same size, more before', 4, 6, 3, 1, 'strides: [2, 2], auto_pad: "SAME_LOWER"'],
  ])('QLinearConv %s', async (_, channels, filters, taps, groups, attributes) => {
    const size = 7;
    const last = attributes.includes('channels_last');
    const zero = 10;
    const a = codes(channels * size * size, `conv ${attributes}`);
    const dims = last ? [1, size, size, channels] : [1, channels, size, size];
    const value: Value = { dtype: 'uint8', dims, data: a };
    // One step of the output is many sums: 8 bits of it are seen.
    const step = 900 * Math.sqrt((channels / groups) * taps * taps);
    const { actual, found } = await product(
      `a: uint8[${dims.join(', ')}]; s = float32[] {1}; z = uint8[] {${zero}}; w = int8[${filters}, ${channels / groups}, ${taps}, ${taps}] {...}; wz = int8[] {0}; ys = float32[] {${step}}; yz = uint8[] {128}; y = ${last ? 'com.microsoft.' : ''}QLinearConv(a, s, z, w, s, wz, ys, yz) {${attributes}}; -> y: uint8`,
      { w: int8([filters, channels / groups, taps, taps], `conv w ${attributes}`) },
      { a: value },
    );
    const weights = weightsOf(found[0]!);
    const per = filters / groups;
    let different = 0;
    let seen = 0;
    let exactToo = 0;
    const got = actual.data as Uint8Array;
    for (const { group, codes: rows, rows: count } of sampleRows(found[0]!, value, zero, 100_000, seeded(1, 'all'))) {
      const part = weights.codes.subarray(group * per * weights.k, (group + 1) * per * weights.k);
      const { exact, difference } = saturatedProducts(rows, part, count, per, weights.k);
      for (let row = 0; row < count; row++)
        for (let column = 0; column < per; column++) {
          let sum = 0;
          for (let i = 0; i < weights.k; i++) sum += part[column * weights.k + i]!;
          const at = row * per + column;
          const code = (total: number): number =>
            Math.max(0, Math.min(255, Math.round((total - zero * sum) / step) + 128));
          const filter = group * per + column;
          const actualCode = got[last ? row * filters + filter : filter * count + row]!;
          seen++;
          if (Math.abs(code(exact[at]! + difference[at]!) - actualCode) > 0) different++;
          if (code(exact[at]!) === actualCode) exactToo++;
        }
    }
    expect(seen).toBe(got.length);
    // Halves may round to either side.
    expect(different).toBeLessThanOrEqual(seen * 0.002);
    if (groups * 1 === 1 && taps > 1) expect(exactToo).toBeLessThan(seen * 0.95);
  });

  onSaturatingCpu('int8 inputs, uint8 weights and session.x64quantprecision are exact', async () => {
    const a = codes(5 * 64, 'exact');
    const signed = Int8Array.from(a, (code) => code - 128);
    const w = int8([64, 32], 'exact w');
    const model = parseText('a: int8[M, 64]; w = int8[64, 32] {...}; y = MatMulInteger(a, w); -> y: int32', {
      tensors: { w },
    });
    expect(integerProducts(model).products.length).toBe(1);
    const [found] = integerProducts(model).products;
    const { exact } = saturatedProducts(a, weightsOf(found!).codes, 5, 32, 64);
    const sums = Array.from({ length: 32 }, (_, n) =>
      weightsOf(found!)
        .codes.subarray(n * 64, n * 64 + 64)
        .reduce((x, y) => x + y, 0),
    );
    const outputs = await run(await context(), model, { a: { dtype: 'int8', dims: [5, 64], data: signed } });
    expect(outputs['y']!.data).toEqual(exact.map((sum, at) => sum - 128 * sums[at % 32]!));
  });
});

const large = (dims: readonly number[]): Value => {
  const random = seeded(5, 'large');
  return {
    dtype: 'float32',
    dims,
    // Mostly large and of one sign: the codes are near 255.
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 + random.normal() * 0.1),
  };
};
const checked = (saturation: Saturation): Extract<Saturation, { kind: 'checked' }> => {
  if (saturation.kind !== 'checked') throw new Error(`${saturation.kind}: ${saturation.reason}`);
  return saturation;
};

describe('a model’s own inputs', () => {
  const dynamic = (w: string): string =>
    `x: float32[N, S, 64]; ${w}; wz = int8[] {0}; xq, s, z = DynamicQuantizeLinear(x); i = MatMulInteger(xq, w, z, wz) as "mm"; f = Cast(i) {to: 1}; c = Mul(s, ws); y = Mul(f, c); -> y: float32`;
  const positive = (text: string, most: number, scales: Float32Array): ReturnType<typeof trap> => {
    const random = seeded(6, 'w');
    const w = tensor(
      'int8',
      [64, 32],
      Int8Array.from({ length: 64 * 32 }, () => Math.round(most * (0.8 + 0.2 * random.next()))),
    );
    return parseText(text, { tensors: { w, ws: tensor('float32', [32], scales) } });
  };
  const uneven = Float32Array.from({ length: 32 }, (_, at) => (at === 0 ? 0.05 : 0.01));
  const perChannel = dynamic('w = int8[64, 32] {...}; ws = float32[32] {...}');

  test('large inputs and weights saturate; the change is computed and the cheapest remedy proposed', async () => {
    const model = positive(perChannel, 127, uneven);
    const receipt = await receiptOf(model, { instructionSets: avx2, feeds: [{ x: large([1, 8, 64]) }] });
    const found = checked(receipt.saturation);
    const [row] = found.rows;
    expect(row).toMatchObject({ node: 'mm', pairs: 8 * 32 * 32, outputs: 8 * 32 });
    expect(row!.saturated / row!.pairs).toBeGreaterThan(0.9);
    expect(row!.touched).toBe(row!.outputs);
    expect(row!.change).toBeGreaterThan(0.2);
    expect(found.remedies.map(({ id }) => id)).toEqual([
      'per-tensor',
      '7-bit',
      'uint8',
      'x64quantprecision',
      'exclude',
    ]);
    const errors = Object.fromEntries(found.remedies.map(({ id, error }) => [id, error]));
    expect(errors).toMatchObject({ uint8: 0, x64quantprecision: 0, exclude: 0 });
    expect(errors['7-bit']).toBeLessThan(0.02);
    expect(errors['7-bit']).toBeGreaterThan(0);
    // One scale for all: four fifths of the columns become small, the large one still saturates.
    expect(errors['per-tensor']).toBeGreaterThan(0);
    expect(['per-tensor', '7-bit']).toContain(found.proposed);
  });

  onSaturatingCpu('the computed change is the one that this machine makes', async () => {
    const model = positive(perChannel, 127, uneven);
    const feeds = { x: large([1, 8, 64]) };
    const { change } = checked((await receiptOf(model, { instructionSets: avx2, feeds: [feeds] })).saturation);
    const world = await context();
    const answer = async (config: Readonly<Record<string, string>>): Promise<Float32Array> => {
      const session = await world.open(model, { config });
      try {
        return (await session.run(feeds)).outputs['y']!.data as Float32Array;
      } finally {
        await session.close();
      }
    };
    const [cut, exact] = [await answer({}), await answer({ 'session.x64quantprecision': '1' })];
    let error = 0;
    let size = 0;
    for (const [at, value] of exact.entries()) {
      error += (cut[at]! - value) ** 2;
      size += value ** 2;
    }
    expect(change).toBeCloseTo(Math.sqrt(error / size), 3);
  });

  test('small weights cannot saturate, whatever the input', async () => {
    const receipt = await receiptOf(positive(perChannel, 64, uneven), {
      instructionSets: avx2,
      feeds: [{ x: large([1, 8, 64]) }],
    });
    expect(receipt.saturation).toMatchObject({
      kind: 'exact',
      reason: expect.stringContaining('small enough') as string,
    });
  });

  test('inputs of small codes leave full-range weights alone, and nothing is proposed', async () => {
    const x = large([1, 8, 64]);
    const centred = {
      ...x,
      data: (x.data as Float32Array).map((value, at) => (at % 2 === 0 ? value : -value) * (at === 0 ? 9 : 0.5)),
    };
    const found = checked(
      (await receiptOf(positive(perChannel, 127, uneven), { instructionSets: avx2, feeds: [{ x: centred }] }))
        .saturation,
    );
    expect(found.change).toBeLessThan(found.rows[0]!.change + 1e-9);
    expect(found.rows[0]!.saturated / found.rows[0]!.pairs).toBeLessThan(0.5);
  });

  test('exact kernels are said to be exact', async () => {
    const model = positive(perChannel, 127, uneven);
    for (const sets of [
      ['avx2', 'avx_vnni'],
      ['asimd', 'asimddp'],
    ]) {
      const { saturation } = await receiptOf(model, { instructionSets: sets, feeds: [{ x: large([1, 8, 64]) }] });
      expect(saturation).toMatchObject({ kind: 'exact', reason: expect.stringContaining('add in 32 bits') as string });
    }
    const floating = await receiptOf(
      trap('x: float32[N, 64]; w = float32[64, 32] {...}; y = MatMul(x, w); -> y: float32'),
      { instructionSets: avx2 },
    );
    expect(floating.saturation).toMatchObject({ kind: 'exact', reason: 'no operation multiplies uint8 by int8' });
  });

  test('what cannot be looked at is named', async () => {
    const receipt = await receiptOf(
      trap(
        'x: float32[4, 1, 16]; s = float32[1] {0.01}; z = int8[1] {0}; wq = int8[1, 16, 64] {...}; rq = int8[1, 16, 64] {...}; y, h, c = com.microsoft.DynamicQuantizeLSTM(x, wq, rq, _, _, _, _, _, s, z, s, z) {hidden_size: 16} as "lstm"; -> y: float32',
      ),
      { instructionSets: avx2 },
    );
    expect(checked(receipt.saturation)).toMatchObject({
      rows: [],
      proposed: null,
      unchecked: [{ node: 'lstm', reason: expect.stringContaining('cannot be seen') as string }],
    });
  });

  test('static quantization of all forms is looked at', async () => {
    const scales =
      'xs = float32[] {0.02}; xz = uint8[] {0}; ys = float32[] {0.5}; yz = uint8[] {0}; ws = float32[] {0.01}; wz = int8[] {0}';
    const quantized = 'xq = QuantizeLinear(x, xs, xz); xd = DequantizeLinear(xq, xs, xz)';
    const cases: readonly string[] = [
      `x: float32[1, 8, 64]; ${scales}; w = int8[64, 32] {...}; ${quantized}; wd = DequantizeLinear(w, ws, wz); m = MatMul(xd, wd) as "op"; mq = QuantizeLinear(m, ys, yz); y = DequantizeLinear(mq, ys, yz); -> y: float32`,
      `x: float32[1, 8, 64]; ${scales}; w = int8[64, 32] {...}; ${quantized}; wd = DequantizeLinear(w, ws, wz); y = MatMul(xd, wd) as "op"; -> y: float32`,
      `x: float32[8, 64]; ${scales}; w = int8[64, 32] {...}; ${quantized}; wd = DequantizeLinear(w, ws, wz); y = Gemm(xd, wd) as "op"; -> y: float32`,
      `x: float32[1, 8, 6, 6]; ${scales}; w = int8[8, 8, 3, 3] {...}; ${quantized}; wd = DequantizeLinear(w, ws, wz); c = Conv(xd, wd) as "op"; cq = QuantizeLinear(c, ys, yz); y = DequantizeLinear(cq, ys, yz); -> y: float32`,
    ];
    for (const text of cases) {
      const model = trap(text);
      const dims = model.graph.inputs[0]!.type?.kind === 'tensor' ? (model.graph.inputs[0]!.type.dims as number[]) : [];
      const found = checked(
        (await receiptOf(model, { instructionSets: avx2, feeds: [{ x: large(dims) }] })).saturation,
      );
      expect(found.rows).toMatchObject([{ node: 'op' }]);
      expect(found.rows[0]!.pairs).toBeGreaterThan(0);
      expect(found.unchecked).toEqual([]);
    }
  });
});
