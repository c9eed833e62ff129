import type { Feeds, Learning, LearningRows, Model, Value } from '../../../contracts/index.ts';
import { tensor, toFloat32, readTensorSync } from '../../../model/tensor/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { encoderModel, initialWeights } from '../../training/index.ts';

/** A text classifier with random weights that are large enough to make a difference. */
export const classifier = (layers: number, seed: string, labels = 3): Model => {
  const shape = { layers, width: 16, heads: 2, ffn: 32, vocabulary: 40, positions: 16, labels };
  const weights = initialWeights(shape, seeded(1, seed));
  const wide = [...weights].map(([name, one]) => {
    const values = toFloat32('float32', readTensorSync(one));
    return [
      name,
      one.dims.length < 2
        ? one
        : tensor(
            'float32',
            one.dims,
            values.map((value) => value * 15),
          ),
    ] as const;
  });
  return encoderModel(shape, new Map(wide));
};

/** Rows of `width` normal numbers for the input x. */
export const vectorRows = (
  count: number,
  width: number,
  label: (row: Float32Array, index: number) => number | null,
  seed = 'rows',
): LearningRows => {
  const random = seeded(3, seed);
  const rows = Array.from({ length: count }, () => Float32Array.from({ length: width }, () => random.normal()));
  const labels = rows.map(label);
  return {
    count,
    label: (row) => labels[row]!,
    length: () => 1,
    tokens: () => null,
    feeds: (picked) => {
      const data = new Float32Array(picked.length * width);
      picked.forEach((row, at) => data.set(rows[row]!, at * width));
      return { x: { dtype: 'float32', dims: [picked.length, width], data } };
    },
  };
};

/** Rows of token ids, 3 to 9 of them, for the usual three inputs. */
export const tokenRows = (
  count: number,
  vocabulary: number,
  label: (tokens: readonly number[], index: number) => number | null,
  seed = 'rows',
): LearningRows => {
  const random = seeded(4, seed);
  const rows = Array.from({ length: count }, () =>
    Array.from({ length: 3 + random.integer(7) }, () => 4 + random.integer(vocabulary - 4)),
  );
  const labels = rows.map(label);
  const feeds = (picked: readonly number[]): Feeds => {
    const width = Math.max(...picked.map((row) => rows[row]!.length));
    const make = (value: (id: number | undefined) => number): Value => ({
      dtype: 'int64',
      dims: [picked.length, width],
      data: BigInt64Array.from(
        picked.flatMap((row) => Array.from({ length: width }, (_, at) => BigInt(value(rows[row]![at])))),
      ),
    });
    return {
      input_ids: make((id) => id ?? 0),
      attention_mask: make((id) => (id === undefined ? 0 : 1)),
      token_type_ids: make(() => 0),
    };
  };
  return {
    count,
    label: (row) => labels[row]!,
    length: (row) => rows[row]!.length,
    tokens: (row) => rows[row]!,
    feeds,
  };
};

export const learningOf = (
  train: LearningRows,
  validation: LearningRows,
  classes: number,
  output: string,
): Learning => ({
  train,
  validation,
  labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
  output,
  text: null,
  digest: 'test',
});
