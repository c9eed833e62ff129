import { describe, expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { edit } from '../../../model/graph/index.ts';
import { context, input, model, operators, relativeError, run } from '../../testing/quantized.ts';
import { assembly } from './assemble.ts';
import { emitFactors, emitUnit } from './emit.ts';
import { quantizeSlab } from './jobs.ts';
import { decoded } from './testing/matrices.ts';
import { unitsOf } from './targets.ts';
import type { BlockScheme } from './types.ts';

const shapes = [
  [64, 40],
  [72, 41],
  [12, 7],
  [300, 33],
] as const;
const schemes: readonly BlockScheme[] = ([2, 4, 8] as const).flatMap((bits) =>
  [true, false].map((symmetric) => ({ bits, blockSize: bits === 2 ? 64 : 32, symmetric })),
);

describe.each(schemes)('$bits bits in blocks of $blockSize, symmetric $symmetric', (scheme) => {
  test('the runtime computes exactly with what the codes stand for, in both forms', async () => {
    const world = await context();
    for (const [k, n] of shapes)
      for (const form of scheme.bits === 2 ? (['nbits'] as const) : (['nbits', 'qdq'] as const)) {
        const before = model(`opset 21; x: float32[N, ${k}]; w = float32[${k}, ${n}]{...}; y = MatMul(x, w)`);
        const draft = edit(before);
        const [unit] = unitsOf(draft, []);
        const data = before.graph.initializers.get('w')!.data as { bytes: Uint8Array };
        const weight = new Float32Array(data.bytes.buffer, data.bytes.byteOffset, k * n);
        const slab = {
          weight,
          columns: n,
          byColumn: false,
          alpha: 1,
          scheme,
          method: 'rtn',
          importance: null,
        } as const;
        const built = assembly(k, n, scheme, form);
        built.place(quantizeSlab({ ...slab, packed: form === 'nbits' }), k, n, 0, 0);
        await emitUnit(draft, unit!, built.done(), { scheme, form, accuracyLevel: 1, method: 'rtn' }, world);
        const back = decoded(quantizeSlab({ ...slab, packed: false }), n, scheme);
        const x = input([3, k], 'x');
        const y = new Float32Array(3 * n);
        for (let row = 0; row < 3; row++)
          for (let column = 0; column < n; column++) {
            let sum = 0;
            for (let i = 0; i < k; i++) sum += (x.data as Float32Array)[row * k + i]! * back[i * n + column]!;
            y[row * n + column] = sum;
          }
        const expected: Value = { dtype: 'float32', dims: [3, n], data: y };
        const session = await world.open(
          draft.done().model,
          form === 'qdq' ? { config: { 'session.qdq_matmulnbits_accuracy_level': '1' } } : {},
        );
        const actual = (await session.run({ x })).outputs['y']!;
        await session.close();
        expect(relativeError(expected, actual), `${form} ${k}x${n}`).toBeLessThan(1e-6);
      }
  });
});

test('factors reach the product and the bias; a unit that stays gets a Mul', async () => {
  const world = await context();
  const scheme: BlockScheme = { bits: 8, blockSize: 16, symmetric: true };
  const before = model('x: float32[N, 32]; w = float32[32, 4]{...}; b = float32[4]{...}; y = Gemm(x, w, b)');
  const factors = Float32Array.of(1, 2, -3, 0.5);
  const feeds = { x: input([3, 32], 'x') };
  const plain = (await run(world, before, feeds))['y']!;
  const expected: Value = { ...plain, data: (plain.data as Float32Array).map((value, at) => value * factors[at % 4]!) };
  const quantized = edit(before);
  const [unit] = unitsOf(quantized, []);
  const { bytes } = before.graph.initializers.get('w')!.data as { bytes: Uint8Array };
  const built = assembly(32, 4, scheme, 'nbits');
  const weight = new Float32Array(bytes.buffer, bytes.byteOffset, 128);
  built.place(
    quantizeSlab({
      weight,
      columns: 4,
      byColumn: false,
      alpha: 1,
      scheme,
      method: 'rtn',
      importance: null,
      packed: true,
    }),
    32,
    4,
    0,
    0,
  );
  const settings = { scheme, form: 'nbits', accuracyLevel: 1, method: 'rtn' } as const;
  await emitUnit(quantized, unit!, built.done(), settings, world, (name) => name, factors);
  expect(relativeError(expected, (await run(world, quantized.done().model, feeds))['y']!)).toBeLessThan(0.02);
  const kept = edit(before);
  emitFactors(kept, unitsOf(kept, [])[0]!, factors);
  expect(operators(kept.done().model)).toEqual({ Gemm: 1, Mul: 1 });
  expect(relativeError(expected, (await run(world, kept.done().model, feeds))['y']!)).toBeLessThan(1e-6);
});
