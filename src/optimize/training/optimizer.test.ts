import { expect, test } from 'vitest';
import type { Move } from '../../contracts/index.ts';
import { descentOf, usualAdam } from './optimizer.ts';

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1 };

/** What `Move` says of one number, clipping aside. */
const moved = (state: { w: number; m: number; v: number }, g: number, move: Move): typeof state => {
  const a = move.take * g;
  const m = move.keepFirst * state.m + a;
  const v = move.keepSecond * state.v + a * a;
  return { m, v, w: (1 - move.decay) * state.w - (move.size * m) / (Math.sqrt(v) + move.epsilon) };
};

test('five steps are those of AdamW', () => {
  let state = { w: 1, m: 0, v: 0 };
  let [w, m, v] = [1, 0, 0];
  const rate = 0.05;
  for (const [t, g] of [0.3, -4, 0.1, 0, -2].entries()) {
    const at = { step: t + 1, rate, averaging: null, clip: 1, share: 1 };
    state = moved(state, g, descentOf(settings, at, true).move!);
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g ** 2;
    w -= (rate * m) / (1 - 0.9 ** (t + 1)) / (Math.sqrt(v / (1 - 0.99 ** (t + 1))) + 1e-3) + rate * 0.1 * w;
    expect(state.w).toBeCloseTo(w, 12);
  }
});

test('a run that does not end a step moves nothing', () => {
  const at = { step: 3, rate: 0.1, averaging: 0.99, clip: 1, share: 0.25 };
  expect(descentOf({ ...usualAdam, weightDecay: 0.1 }, at, false)).toEqual({ share: 0.25, move: null });
  expect(descentOf({ ...usualAdam, weightDecay: 0.1 }, at, true)).toMatchObject({ share: 0.25, move: { clip: 1 } });
});

test('averaged weights follow faster at the beginning', () => {
  const keep = (step: number): number =>
    descentOf({ ...usualAdam, weightDecay: 0 }, { step, rate: 1, averaging: 0.999, clip: 1, share: 1 }, true).move!
      .keepMean;
  expect(keep(1)).toBeCloseTo(2 / 11, 12);
  expect(keep(90)).toBeCloseTo(0.91, 12);
  expect(keep(1e6)).toBe(0.999);
});
