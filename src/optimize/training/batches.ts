import type { Feeds, Random } from '../../contracts/index.ts';

/** One tokenized training example: token ids with the special ones, and the index of its class. */
export interface TrainingExample {
  readonly ids: readonly number[];
  readonly label: number;
}

/** So many batches are sorted by length at a time: enough for little padding, few enough that batches differ from epoch to epoch. */
const bucketBatches = 40;

/** Rows 0 to count − 1 in batches of like length: shuffled, sorted by length in large buckets, cut, and the batches shuffled.
 *  Every row once; the last batch of a bucket may be smaller. The same stream of randomness gives the same batches. */
export const bucketed = (
  count: number,
  length: (row: number) => number,
  batchSize: number,
  random: Random,
): number[][] => {
  const shuffled = random.shuffle(Array.from({ length: count }, (_, row) => row));
  const bucket = batchSize * bucketBatches;
  const batches: number[][] = [];
  for (let from = 0; from < shuffled.length; from += bucket) {
    const sorted = shuffled.slice(from, from + bucket).sort((a, b) => length(a) - length(b));
    for (let at = 0; at < sorted.length; at += batchSize) batches.push(sorted.slice(at, at + batchSize));
  }
  return random.shuffle(batches);
};

/** How many batches `bucketed` makes. */
export const batchCount = (count: number, batchSize: number): number => Math.ceil(count / batchSize);

/** Pad a batch to its longest example. Shapes: int64 [batch, longest]. `mask` may replace a token: augmentation. */
export const padded = (
  batch: readonly { readonly ids: readonly number[] }[],
  pad: number,
  mask: (id: number, position: number, length: number) => number = (id) => id,
): Feeds => {
  const length = Math.max(...batch.map(({ ids }) => ids.length));
  const dims = [batch.length, length];
  const ids = new BigInt64Array(batch.length * length).fill(BigInt(pad));
  const attention = new BigInt64Array(batch.length * length);
  for (const [row, example] of batch.entries())
    for (const [column, id] of example.ids.entries()) {
      ids[row * length + column] = BigInt(mask(id, column, example.ids.length));
      attention[row * length + column] = 1n;
    }
  return {
    input_ids: { dtype: 'int64', dims, data: ids },
    attention_mask: { dtype: 'int64', dims, data: attention },
    token_type_ids: { dtype: 'int64', dims, data: new BigInt64Array(ids.length) },
  };
};
