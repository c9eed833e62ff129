import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { batchCount, bucketed, padded } from './batches.ts';

const lengths = Array.from({ length: 103 }, (_, i) => 3 + (i % 17));
const batches = (label: string): number[][] => bucketed(103, (row) => lengths[row]!, 8, seeded(1, label));

test('every row once, similar lengths together, the same order for a seed', () => {
  const rows = batches('a');
  expect(rows.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
  expect(rows).toHaveLength(batchCount(103, 8));
  const padding = rows.flatMap((batch) => {
    const longest = Math.max(...batch.map((row) => lengths[row]!));
    return batch.map((row) => longest - lengths[row]!);
  });
  expect(padding.reduce((sum, x) => sum + x, 0) / 103).toBeLessThan(2);
  expect(batches('a')).toEqual(rows);
  expect(batches('b')).not.toEqual(rows);
  // Batches are not in the order of their lengths.
  const first = rows.map((batch) => lengths[batch[0]!]!);
  expect(first).not.toEqual(first.toSorted((a, b) => a - b));
});

test('many rows are sorted in buckets, so that batches differ from epoch to epoch', () => {
  const rows = bucketed(2000, (row) => row % 50, 4, seeded(1, 'many'));
  expect(rows.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, row) => row));
  expect(rows).toHaveLength(batchCount(2000, 4));
});

test('pads on the right, masks the padding, and may replace tokens', () => {
  const feeds = padded([{ ids: [1, 2, 3] }, { ids: [4] }], 9, (id, position, length) =>
    position === length - 1 ? 7 : id,
  );
  expect(feeds['input_ids']).toEqual({ dtype: 'int64', dims: [2, 3], data: BigInt64Array.of(1n, 2n, 7n, 7n, 9n, 9n) });
  expect(feeds['attention_mask']!.data).toEqual(BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n));
  expect(feeds['token_type_ids']!.data).toEqual(new BigInt64Array(6));
});
