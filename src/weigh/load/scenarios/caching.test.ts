import { expect, test } from 'vitest';
import type { LoadPlan, Played } from '../../../contracts/index.ts';
import { playedOf } from '../testing/played.ts';
import { alikeOf, checkCaching, type Alike } from './caching.ts';

/** A server whose times are said by what it was asked before. */
const server = (msOf: (call: number, before: readonly number[]) => number) => {
  const before: number[] = [];
  return {
    play: async ({ calls, minQueries }: LoadPlan): Promise<Played> => {
      const latencies = Array.from({ length: minQueries }, (_, i) => {
        const call = calls[i % calls.length]!;
        const ms = msOf(call, before);
        before.push(call);
        return ms;
      });
      return playedOf(
        latencies.map((_, i) => i * 20),
        latencies,
      );
    },
  };
};
const remembersLast = (cached: number) => server((call, before) => (before.at(-1) === call ? cached : 10));
const remembersAll = (cached: number) => server((call, before) => (before.includes(call) ? cached : 10));

const few: Alike = { calls: Int32Array.from({ length: 8 }, (_, i) => i), fresh: new Int32Array(0) };
const many = alikeOf(60, 30, () => '');
const clean = { violation: null, exempt: null };

test('calls of one kind, and those that were not sent yet', () => {
  expect([...alikeOf(10, 5, (call) => (call % 3 === 0 ? 'a' : 'b')).calls!]).toEqual([1, 2, 4, 5, 7, 8]);
  expect([...alikeOf(10, 5, (call) => (call % 3 === 0 ? 'a' : 'b')).fresh]).toEqual([5, 7, 8]);
  expect(alikeOf(10, 5, String)).toEqual({ calls: null, fresh: new Int32Array(0) });
});

test('a cache of the last answer is found', async () => {
  expect(await checkCaching(remembersLast(10), few, 10)).toEqual(clean);
  expect(await checkCaching(remembersLast(9.5), few, 10)).toEqual(clean);
  expect((await checkCaching(remembersLast(2), few, 10)).violation).toEqual({
    code: 'load/caching',
    message: expect.stringMatching(/^the same input again takes 80 % less time .*\(MLPerf TEST04\)$/),
  });
});

test('a cache of all answers is found by inputs that are new to it', async () => {
  expect(await checkCaching(remembersAll(10), many, 10)).toEqual(clean);
  expect((await checkCaching(remembersAll(1), many, 10)).violation).toEqual({
    code: 'load/caching',
    message: expect.stringMatching(/^an input that was sent before takes 90 % less time/),
  });
});

test('what cannot be said: inputs of different lengths, calls that fail, calls that take minutes', async () => {
  const varied: Alike = { calls: null, fresh: new Int32Array(0) };
  expect(await checkCaching(remembersLast(2), varied, 10)).toEqual({
    violation: null,
    exempt: 'the inputs differ in length',
  });
  expect(await checkCaching(remembersLast(2), few, 5_000)).toMatchObject({
    exempt: expect.stringContaining('too long'),
  });
  // Where calls fail, what is fast may be a failure.
  const quick = remembersLast(2);
  const failing = {
    play: async (plan: LoadPlan): Promise<Played> => ({
      ...(await quick.play(plan)),
      faults: [{ code: 'endpoint/dropped', count: 1, message: 'gone' }],
    }),
  };
  expect(await checkCaching(failing, few, 10)).toEqual({ violation: null, exempt: 'calls failed' });
});
