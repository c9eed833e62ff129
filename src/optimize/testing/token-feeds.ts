import type { Feeds, Value } from '../../contracts/index.ts';

/** What a BERT-style model is fed for token rows, padded with 0 to the longest. Shapes: int64 [rows, tokens]. */
export const tokenFeeds = (rows: readonly (readonly number[])[]): Feeds => {
  const width = rows.reduce((longest, row) => Math.max(longest, row.length), 1);
  const fill = (value: (id: number | undefined) => number): Value => ({
    dtype: 'int64',
    dims: [rows.length, width],
    data: BigInt64Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, at) => BigInt(value(row[at]))))),
  });
  return {
    input_ids: fill((id) => id ?? 0),
    attention_mask: fill((id) => (id === undefined ? 0 : 1)),
    token_type_ids: fill(() => 0),
  };
};
