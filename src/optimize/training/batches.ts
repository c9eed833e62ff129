import type { Feeds, Random } from '../../contracts/index.ts';

/** One tokenized training example: token ids with the special ones, and the index of its class. */
export interface TrainingExample {
  readonly ids: readonly number[];
  readonly label: number;
}

/** Shuffle, put examples of similar length together, cut into batches, shuffle the batches. Every example once. */
export const batchesOf = <T extends { readonly ids: readonly number[] }>(
  examples: readonly T[],
  batchSize: number,
  random: Random,
): T[][] => {
  const shuffled = random.shuffle(examples);
  const bucket = batchSize * 40;
  const batches: T[][] = [];
  for (let from = 0; from < shuffled.length; from += bucket) {
    const sorted = shuffled.slice(from, from + bucket).sort((a, b) => a.ids.length - b.ids.length);
    for (let at = 0; at < sorted.length; at += batchSize) batches.push(sorted.slice(at, at + batchSize));
  }
  return random.shuffle(batches);
};

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
