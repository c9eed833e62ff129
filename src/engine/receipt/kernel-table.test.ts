import { describe, expect, test } from 'vitest';
import { defaultSessionOptions } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import type { KernelEvent } from '../../runtime/index.ts';
import { kernelTable, matchEvents } from './kernel-table.ts';
import { placesOf } from './scopes.ts';
import { feedsFor, receiptOf, trap } from './testing/traps.ts';

const event = (name: string, op: string, index: number, micros = 10): KernelEvent => ({
  name,
  op,
  index,
  calls: 1,
  micros,
  firstInput: { dtype: 'float', dims: [1] },
});

describe('events and nodes', () => {
  const model = parseText(
    'a = Relu(x) as "named"; b = Relu(a); c = Relu(b); d = Neg(c) as "twice"; y = Neg(d) as "twice"; -> y: float32',
  );

  test('named nodes go by name, unnamed ones by operator in the order in which they run', () => {
    const places = placesOf(model);
    const { of, unplaced } = matchEvents(places, [
      event('named', 'Relu', 0, 1),
      event('Relu_7', 'Relu', 7, 2),
      event('Relu_3', 'Relu', 3, 3),
      event('twice', 'Neg', 4, 4),
      event('twice', 'Neg', 5, 5),
    ]);
    expect(places.map((place) => of.get(place)?.micros)).toEqual([1, 2, 3, 4, 5]);
    expect(unplaced).toEqual([]);
  });

  test('events without a node count as other operators, nodes without an event have no share', () => {
    const { groups, rows, unplaced, kernelMs } = kernelTable(
      trap('x: float32[N, 64]; w = float32[64, 8] {...}; y = MatMul(x, w) as "mm"; -> y: float32'),
      {
        optimized: trap('x: float32[N, 64]; w = float32[64, 8] {...}; y = MatMul(x, w) as "mm"; -> y: float32'),
        events: [event('ghost', 'Ghost', 9, 2000)],
        runs: 2,
      },
      defaultSessionOptions,
    );
    expect(unplaced).toBe(1);
    expect(kernelMs).toBe(1);
    expect(groups).toMatchObject([
      { kernel: 'other operators', share: 1 },
      { kernel: 'float32', share: 0 },
    ]);
    expect(rows).toMatchObject([{ node: 'mm', share: null, calls: 0, why: null }]);
  });

  test('a run in which nothing took any time has shares of 0', () => {
    const { groups, integerShare } = kernelTable(
      model,
      { optimized: model, events: [event('named', 'Relu', 0, 0)], runs: 1 },
      defaultSessionOptions,
    );
    expect(groups).toMatchObject([{ share: 0, nodes: 5 }]);
    expect(integerShare).toBe(0);
  });
});

describe('on the real runtime', () => {
  test('time of bodies is counted once', async () => {
    const { rows, groups } = await receiptOf(
      trap(
        'x: float32[4, 64]; c: bool[]; w = float32[64, 32] {...}; y = If(c) {then_branch: graph "t" { a = MatMul(x, w) as "inner"; -> a: float32[4, 32] }, else_branch: graph "e" { b0 = MatMul(x, w) as "never"; b = Neg(b0); -> b: float32[4, 32] }}; -> y: float32[4, 32]',
      ),
    );
    expect(rows.find(({ node }) => node === 'inner')).toMatchObject({ calls: 1, share: 1 });
    expect(rows.find(({ node }) => node === 'never')).toMatchObject({ calls: 0, share: null });
    expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test('a loop calls its operations many times a run', async () => {
    const model = trap(
      'n: int64[]; x: float32[1, 8]; go = bool[] {1}; w = float32[8, 8] {...}; y = Loop(n, go, x) {body: graph "body" { i: int64[]; k: bool[]; v: float32[1, 8]; k2 = Identity(k); v2 = MatMul(v, w) as "step"; -> k2: bool[], v2: float32[1, 8] }}; -> y: float32[1, 8]',
    );
    const feeds = { ...feedsFor(model), n: { dtype: 'int64', dims: [], data: BigInt64Array.of(5n) } as const };
    const { rows } = await receiptOf(model, { feeds: [feeds] });
    expect(rows).toMatchObject([{ node: 'step', calls: 5 }]);
  });

  test('merged and renamed operations keep the user’s name', async () => {
    const merged = await receiptOf(
      trap(
        'x: float32[N, 64]; w = float32[64, 32] {...}; b = float32[32] {...}; m = MatMul(x, w) as "/layer/dense/MatMul"; a = Add(m, b) as "/layer/dense/Add"; y = Relu(a); -> y: float32',
      ),
    );
    expect(merged.rows).toMatchObject([{ node: '/layer/dense/MatMul', kernel: 'float32' }]);
    const blocked = await receiptOf(
      trap(
        'x: float32[1, 8, 16, 16]; w = float32[8, 8, 3, 3] {...}; c = Conv(x, w) as "conv1"; y = Relu(c); -> y: float32',
      ),
    );
    expect(blocked.rows).toMatchObject([{ node: 'conv1', kernel: 'float32' }]);
  });

  test('float16 runs in float32, and storing it is not held against a version', async () => {
    const text = 'x: float32[N, 64]; w = float32[64, 32] {...};';
    const computed = await receiptOf(
      trap(
        `${text} h = Cast(x) {to: 10}; v = Cast(w) {to: 10}; m = MatMul(h, v) as "mm"; y = Cast(m) {to: 1}; -> y: float32`,
      ),
      { instructionSets: ['avx2'] },
    );
    expect(computed.rows).toMatchObject([
      { node: 'mm', kernel: 'float16 via casts', note: expect.stringContaining('float16') as string, why: null },
    ]);
    const stored = await receiptOf(
      trap(`${text} v = Cast(w) {to: 10}; f = Cast(v) {to: 1}; y = MatMul(x, f) as "mm"; -> y: float32`),
    );
    expect(stored.rows).toMatchObject([{ node: 'mm', kernel: 'float32', why: null, meant: false }]);
  });

  test('4-bit weights at accuracy level 0 are no trap, but could be faster', async () => {
    const { rows, integerShare } = await receiptOf(
      trap(
        'x: float32[N, 64]; b = uint8[32, 2, 16] {...}; s = float32[64] {...}; y = com.microsoft.MatMulNBits(x, b, s) {K: 64, N: 32, bits: 4, block_size: 32} as "mm"; -> y: float32',
      ),
    );
    expect(rows).toMatchObject([
      {
        kernel: '4-bit (accuracy level 0, float32 compute)',
        meant: true,
        why: null,
        note: expect.stringContaining('level 4') as string,
      },
    ]);
    expect(integerShare).toBe(0);
  });

  test('one quantization for several operations is as it should be', async () => {
    const { rows } = await receiptOf(
      trap(
        'x: float32[N, S, 64]; ws = float32[] {0.01}; wz = int8[] {0}; q = int8[64, 32] {...}; k = int8[64, 32] {...}; xq, s, z = DynamicQuantizeLinear(x); i = MatMulInteger(xq, q, z, wz) as "q"; f = Cast(i) {to: 1}; c = Mul(s, ws); y = Mul(f, c); i2 = MatMulInteger(xq, k, z, wz) as "k"; f2 = Cast(i2) {to: 1}; c2 = Mul(s, ws); y2 = Mul(f2, c2); -> y: float32, y2: float32',
      ),
    );
    expect(rows.map(({ node, kernel, why }) => [node, kernel, why]).sort()).toEqual([
      ['k', 'int8 dynamic (u8×s8)', null],
      ['q', 'int8 dynamic (u8×s8)', null],
    ]);
  });

  test('cancelling ends within a second', async () => {
    const cancel = new AbortController();
    const model = trap(
      'n: int64[]; x: float32[1, 8]; go = bool[] {1}; w = float32[8, 8] {...}; y = Loop(n, go, x) {body: graph "body" { i: int64[]; k: bool[]; v: float32[1, 8]; k2 = Identity(k); v2 = MatMul(v, w); -> k2: bool[], v2: float32[1, 8] }}; -> y: float32[1, 8]',
    );
    const feeds = { ...feedsFor(model), n: { dtype: 'int64', dims: [], data: BigInt64Array.of(1n << 40n) } as const };
    const running = receiptOf(model, { feeds: [feeds], signal: cancel.signal });
    let ended = 0;
    setTimeout(() => {
      ended = performance.now();
      cancel.abort();
    }, 1500);
    await expect(running).rejects.toMatchObject({ code: 'runtime/closed' });
    expect(performance.now() - ended).toBeLessThan(1000);
  });
});
