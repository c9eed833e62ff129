import { expect, test } from 'vitest';
import type { Feeds, Trained, TrainingSession } from '../../contracts/index.ts';
import { placeHeld, readHeld } from './held.ts';

/** A session that keeps what is written, and the names of each message. */
const keeper = () => {
  const kept = new Map<string, Float32Array>();
  const messages: string[][] = [];
  const session = {
    writeWeights: (values: Feeds) => {
      messages.push(Object.keys(values));
      for (const [name, { data }] of Object.entries(values)) kept.set(name, data as Float32Array);
      return Promise.resolve();
    },
    readWeights: (names: readonly string[]) => {
      messages.push([...names]);
      return Promise.resolve(Object.fromEntries(names.map((name) => [name, { data: kept.get(name)! }])));
    },
  } as unknown as TrainingSession;
  return { session, kept, messages };
};
const trained = (weight: string, dims: number[]): Trained => ({
  weight,
  gradient: `${weight}/g`,
  dims,
  rateFactor: 1,
  decays: true,
});

test('a fresh start places the weights alone; a checkpoint places all it has', async () => {
  const weights = [trained('a', [2]), trained('b', [1])];
  const start = new Map([
    ['a', Float32Array.of(1, 2)],
    ['b', Float32Array.of(3)],
  ]);
  const fresh = keeper();
  await placeHeld(fresh.session, weights, start, new Map());
  expect([...fresh.kept]).toEqual([...start]);
  const resumed = keeper();
  const state = new Map([
    ['a', Float32Array.of(5, 6)],
    ['a/first', Float32Array.of(7, 8)],
    ['b', Float32Array.of(9)],
  ]);
  await placeHeld(resumed.session, weights, start, state);
  expect([...resumed.kept]).toEqual([...state]);
  expect(await readHeld(resumed.session, weights, new Set(['weight']))).toEqual(
    new Map([
      ['a', state.get('a')],
      ['b', state.get('b')],
    ]),
  );
});

test('large weights travel in several messages', async () => {
  // 192 MiB each, of which one fits into a message; nothing is allocated for them here.
  const large = 48 * 1024 * 1024;
  const weights = [trained('a', [large]), trained('b', [large]), trained('c', [8])];
  const start = new Map(weights.map(({ weight }) => [weight, new Float32Array()]));
  const { session, messages } = keeper();
  await placeHeld(session, weights, start, new Map());
  expect(messages).toEqual([['a'], ['b', 'c']]);
});
