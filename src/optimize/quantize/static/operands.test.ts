import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { tensor, toFloat32 } from '../../../model/tensor/index.ts';
import { parametersOf } from '../../calibrate/index.ts';
import { context, model } from '../../testing/quantized.ts';
import { coder } from './operands.ts';
import { targetsOf } from './targets.ts';

const scheme = { type: 'int8', perChannel: true, bits: 8 } as const;
const range = parametersOf({ low: -1, high: 1 }, 'uint8');

test('a bias is stored in steps of both scales, with the correction in it', async () => {
  const world = await context();
  const draft = edit(
    model(
      'x: float32[N, 8]; w = float32[8, 4]{...}; b = float32[4]{1.0, 2.0, 3.0, 4.0}; y = Gemm(x, w, b) {beta: 2.0}',
    ),
  );
  const read = coder(draft, scheme, world);
  const [target] = await read.readable(targetsOf(draft, [], false));
  const { coded: weight } = await read.code(target!, range);
  const { bias } = await read.operands(target!, weight, Float64Array.of(0.5, 0, 0, -1));
  const codes = new Int32Array((await world.bytes(draft.constant(bias!.codes)!)).slice().buffer);
  const scales = toFloat32('float32', await world.bytes(draft.constant(bias!.scale)!));
  [2.5, 4, 6, 7].forEach((value, i) => expect(codes[i]! * scales[i]!).toBeCloseTo(value, 3));
});

test('the Add behind a MatMul of three dimensions takes the correction', async () => {
  const world = await context();
  const draft = edit(
    model('x: float32[B, S, 8]; w = float32[8, 2]{...}; b = float32[2]{1.0, 2.0}; h = MatMul(x, w); y = Add(b, h)'),
  );
  const read = coder(draft, scheme, world);
  const [target] = targetsOf(draft, [], false);
  const { bias } = await read.operands(target!, (await read.code(target!, range)).coded, Float64Array.of(0.25, -0.5));
  expect(bias).toBeNull();
  const corrected = draft.constant(draft.producer('y')!.inputs[0]!)!;
  expect([...toFloat32('float32', await world.bytes(corrected))]).toEqual([1.25, 1.5]);
});

test('two nodes share a stored weight; NaN in weight or bias is a reason', async () => {
  const world = await context();
  const nan = tensor('float32', [4], new Float32Array(4).fill(Number.NaN));
  const draft = edit(
    model(
      'x: float32[B, S, 8]; w = float32[8, 4]{...}; b = float32[4]{...}; h = MatMul(x, w); i = MatMul(x, w); z: float32[N, 8]; j = Gemm(z, w, b); -> h: float32[B, S, 4], i: float32[B, S, 4], j: float32[N, 4]',
      { b: nan },
    ),
  );
  const read = coder(draft, scheme, world);
  const [one, two, ...others] = await read.readable(targetsOf(draft, [], false));
  expect(others).toEqual([]);
  const first = await read.operands(one!, (await read.code(one!, range)).coded, undefined);
  const second = await read.operands(two!, (await read.code(two!, range)).coded, undefined);
  expect(first.codes).toBe(second.codes);
  expect(draft.done().skipped[0]?.reason).toBe('the bias b holds NaN or infinity');
});
