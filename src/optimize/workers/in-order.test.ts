import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

test('results come in the order of the items, with no more than so many under way', async () => {
  let running = 0;
  let most = 0;
  const taken: number[] = [];
  await inOrder(
    [30, 5, 20, 1, 10],
    2,
    async (delay) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, delay));
      running--;
      return delay * 2;
    },
    (result, item) => {
      expect(result).toBe(item * 2);
      taken.push(item);
    },
  );
  expect(taken).toEqual([30, 5, 20, 1, 10]);
  expect(most).toBe(2);
});

test('the first error stops it, after what was started has ended', async () => {
  const ended: number[] = [];
  const started: number[] = [];
  await expect(
    inOrder(
      [1, 2, 3, 4],
      2,
      async (item) => {
        started.push(item);
        await new Promise((done) => setTimeout(done, 5 * item));
        ended.push(item);
        if (item === 1) throw new Error('one');
      },
      () => undefined,
    ),
  ).rejects.toThrow('one');
  expect(started).toEqual([1, 2]);
  expect(ended).toEqual([1, 2]);
});
