import { expect, test } from 'vitest';
import { attentionText, viewOf } from '../../testing/attention.ts';
import { model } from '../../testing/quantized.ts';
import { headsOf, isOrder, keysOf, maker, sameSize, splitOf, through } from './heads.ts';

const view = viewOf(model(attentionText()));

test('heads that are split from the last axis are found there', () => {
  expect(headsOf(view, 'q')).toEqual({ name: 'q', flat: 'q1', batch: 'B', heads: 4, rows: 'S', width: 8 });
  expect(splitOf(view, 'q2')).toBe('q1');
  expect(headsOf(view, 'x')).toBeNull();
});

test('keys are found behind their transposition', () => {
  expect(keysOf(view, 'k')).toMatchObject({ keys: { name: 'k2', flat: 'k1', heads: 4, width: 8 }, turned: 'k2' });
  expect(keysOf(view, 'q')).toBeNull();
});

test('a split whose batch is not certain is none', () => {
  const other = viewOf(
    model(
      'x: float32[B, S, 32]; s = int64[4] {-1, 3, 4, 8}; a = Reshape(x, s); y = Transpose(a) {perm: [0, 2, 1, 3]}; -> y: float32[M, 4, 3, 8]',
    ),
  );
  expect(headsOf(other, 'y')).toMatchObject({ flat: null, heads: 4 });
});

test('copies are looked through, others not', () => {
  const copies = viewOf(
    model(
      'x: float32[2]; a = Identity(x); b = Cast(a) {to: 1}; c = Dropout(b); d = Cast(c) {to: 11}; y = Neg(d); -> y: float64[2]',
    ),
  );
  expect(through(copies, 'c')).toBe('x');
  expect(through(copies, 'd')).toBe('d');
  expect(maker(copies, 'y', 'Neg')?.outputs).toEqual(['y']);
  expect(maker(copies, 'y', 'Abs')).toBeNull();
});

test('sizes are equal only when they are known', () => {
  expect(sameSize('B', 'B')).toBe(true);
  expect(sameSize(null, null)).toBe(false);
  expect(sameSize(undefined, undefined)).toBe(false);
  const transpose = maker(view, 'q', 'Transpose');
  expect(transpose && isOrder(transpose, [0, 2, 1, 3])).toBe(true);
  expect(transpose && isOrder(transpose, [0, 1, 2, 3])).toBe(false);
});
