import { expect, test } from 'vitest';
import { defaultWarmUp, warmUp } from './warm-up.ts';

/** Calls of given lengths on a clock of their own; the last length repeats. */
const callsOf = (
  durations: readonly number[],
): { call: () => Promise<number>; now: () => number; made: () => number } => {
  let [clock, index] = [0, 0];
  return {
    now: () => clock,
    made: () => index,
    call: () => {
      const ms = durations[Math.min(index++, durations.length - 1)]!;
      clock += ms;
      return Promise.resolve(ms);
    },
  };
};

test('goes on while blocks get faster and stops when one does not', async () => {
  const falling = callsOf([...Array<number>(4).fill(10), ...Array<number>(3).fill(8), ...Array<number>(3).fill(6)]);
  const result = await warmUp(falling.call, falling.now);
  expect(result.blocksMs).toEqual([10, 8, 6, 6]);
  expect(result).toMatchObject({ warmMs: 6, settled: true });
});

test('fast calls make longer blocks, very slow ones a single one', async () => {
  const fast = callsOf([0.1]);
  await warmUp(fast.call, fast.now);
  expect(fast.made()).toBe(1 + 2 * 200);
  const slow = callsOf([5_000]);
  expect(await warmUp(slow.call, slow.now)).toMatchObject({ blocksMs: [5_000], settled: false });
  expect(slow.made()).toBe(2);
});

test('gives up at the cap and says that it did not settle', async () => {
  const endless = callsOf(Array.from({ length: 500 }, (_, i) => 10 * 0.9 ** (i / 3)));
  const result = await warmUp(endless.call, endless.now, { ...defaultWarmUp, maxBlocks: 4 });
  expect(result.settled).toBe(false);
  expect(result.blocksMs).toHaveLength(4);
});
