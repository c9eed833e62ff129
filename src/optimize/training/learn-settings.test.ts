import { describe, expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { keyOf, totalSteps, validate, type LearnSettings } from './learn-settings.ts';

const weight = tensor('float32', [1], Float32Array.of(1));
const start = new Map([['w', Float32Array.of(1)]]);
const settings: LearnSettings = {
  objective: parseText('w = float32[1] {1.0}; y = Identity(w); -> y: float32[1]'),
  trainable: new Map([['w', weight]]),
  epochs: 3,
  stepsPerEpoch: 5,
  lessons: () => [],
  judge: () => Promise.resolve(0),
  learningRate: 0.1,
  warmUp: 0.1,
  schedule: 'linear',
  weightDecay: 0,
  clip: Number.POSITIVE_INFINITY,
  accumulate: 2,
  averaging: null,
  patience: 1,
  threads: 1,
  seconds: null,
  checkpointFolder: null,
  key: 'data',
};

describe('validate', () => {
  test('takes sensible settings', () => expect(() => validate(settings)).not.toThrow());

  test.each([
    ['training/settings', { epochs: 0 }],
    ['training/settings', { stepsPerEpoch: 1.5 }],
    ['training/settings', { learningRate: 0 }],
    ['training/settings', { warmUp: 2 }],
    ['training/settings', { weightDecay: -1 }],
    ['training/settings', { clip: 0 }],
    ['training/settings', { averaging: 1 }],
    ['training/settings', { trainable: new Map() }],
    ['training/budget', { seconds: 0 }],
  ] as const)('%s: %j', (code, wrong) => {
    expect(() => validate({ ...settings, ...wrong })).toThrow(expect.objectContaining({ code }) as Error);
  });
});

test('a short last group is a step too', () => {
  expect(totalSteps(settings)).toBe(9);
});

test('whatever changes the result changes the key, and nothing else does', () => {
  const key = keyOf(settings, start, 1);
  expect(keyOf({ ...settings, checkpointFolder: '/elsewhere', checkpointSeconds: 5 }, start, 1)).toBe(key);
  for (const other of [
    keyOf(settings, start, 2),
    keyOf({ ...settings, epochs: 4 }, start, 1),
    keyOf({ ...settings, key: 'other data' }, start, 1),
    keyOf({ ...settings, clip: 1 }, start, 1),
    keyOf(settings, new Map([['w', Float32Array.of(2)]]), 1),
  ])
    expect(other).not.toBe(key);
});
