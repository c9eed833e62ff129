/** How Magika turns a file into numbers, from its config.min.json. */
export interface FeatureLayout {
  readonly beg_size: number;
  readonly end_size: number;
  readonly block_size: number;
  readonly padding_token: number;
}

// What Python's bytes.strip() removes.
const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/** The first and last bytes of a file, without white space at its ends: its first block cut to `beg_size` and padded on the right,
 *  its last block cut to `end_size` and padded on the left. Shapes: [beg_size + end_size]. Units: byte values, or the padding token.
 *  Source: google/magika, ModelFeatures of model version 2 and 3 (mid_size 0). */
export const features = (content: Uint8Array, layout: FeatureLayout): Int32Array => {
  const block = Math.min(layout.block_size, content.length);
  let from = 0;
  while (from < block && isSpace(content[from]!)) from++;
  let to = content.length;
  while (to > content.length - block && isSpace(content[to - 1]!)) to--;
  const first = content.subarray(from, Math.min(block, from + layout.beg_size));
  const last = content.subarray(Math.max(content.length - block, to - layout.end_size), to);
  const out = new Int32Array(layout.beg_size + layout.end_size).fill(layout.padding_token);
  out.set(first, 0);
  out.set(last, out.length - last.length);
  return out;
};
