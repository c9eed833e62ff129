import { expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { context } from '../testing/quantized.ts';
import { carry } from './carried.ts';

const batch = (at: number): Feeds => ({
  h: { dtype: 'float32', dims: [2, 1], data: Float32Array.of(at, at + 0.5) },
  ids: { dtype: 'int64', dims: [1], data: BigInt64Array.of(BigInt(at)) },
  words: { dtype: 'string', dims: [1], data: [`word ${at}`] },
});

test('each batch comes back as it was put, as long as a segment reads it', async () => {
  const carried = carry(await context(), [[], ['h', 'words'], ['ids'], []]);
  for (const at of [0, 1, 2]) await carried.put(0, batch(at));
  await carried.done(0);
  const read = async (...names: string[]): Promise<Feeds[]> => {
    const all: Feeds[] = [];
    for await (const feeds of carried.batches(names, 3)) all.push(feeds);
    return all;
  };
  expect(await read('h', 'words')).toEqual([0, 1, 2].map((at) => ({ h: batch(at)['h'], words: batch(at)['words'] })));
  for (const at of [0, 1, 2]) await carried.put(1, { k: batch(at)['h']! });
  await carried.done(1);
  expect(await read('ids', 'k')).toEqual([0, 1, 2].map((at) => ({ ids: batch(at)['ids'] })));
  await carried.done(2);
  expect(await read('ids')).toEqual([{}, {}, {}]);
  await carried.close();
});
