import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { batchesOf, padded } from './batches.ts';

const examples = Array.from({ length: 103 }, (_, i) => ({
  ids: Array.from({ length: 3 + (i % 17) }, () => i),
  label: i % 5,
}));

test('every example once, similar lengths together, the same order for a seed', () => {
  const batches = batchesOf(examples, 8, seeded(1, 'a'));
  expect(
    batches
      .flat()
      .map(({ ids }) => ids[0]!)
      .sort((a, b) => a - b),
  ).toEqual(examples.map(({ ids }) => ids[0]));
  expect(batches).toHaveLength(13);
  const padding = batches.flatMap((batch) => {
    const longest = Math.max(...batch.map(({ ids }) => ids.length));
    return batch.map(({ ids }) => longest - ids.length);
  });
  expect(padding.reduce((sum, x) => sum + x, 0) / examples.length).toBeLessThan(2);
  expect(batchesOf(examples, 8, seeded(1, 'a'))).toEqual(batches);
  expect(batchesOf(examples, 8, seeded(1, 'b'))).not.toEqual(batches);
});

test('pads on the right, masks the padding, and may replace tokens', () => {
  const feeds = padded([{ ids: [1, 2, 3] }, { ids: [4] }], 9, (id, position, length) =>
    position === length - 1 ? 7 : id,
  );
  expect(feeds['input_ids']).toEqual({ dtype: 'int64', dims: [2, 3], data: BigInt64Array.of(1n, 2n, 7n, 7n, 9n, 9n) });
  expect(feeds['attention_mask']!.data).toEqual(BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n));
  expect(feeds['token_type_ids']!.data).toEqual(new BigInt64Array(6));
});
