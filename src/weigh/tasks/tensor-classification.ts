import type { Task, ValueInfo } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { readScores } from './scores.ts';
import { tensorRows } from './tensor-rows.ts';

export interface TensorTaskParts {
  readonly labels: readonly string[];
  readonly inputs: readonly ValueInfo[];
  readonly output: string;
}

/** Tensors in, one row of scores out. See `tensorRows`. Errors: `task/tensor` (missing, or another shape or type), `task/output`, `task/not-finite`. */
export const tensorClassification = ({ labels, inputs, output }: TensorTaskParts): Task => {
  const { slots, bucket, encode } = tensorRows(inputs, 'tensor-classification');
  return {
    id: 'tensor-classification',
    labels,
    output,
    fingerprint: fingerprintOf(['tensor-classification', 1, labels, output, slots]),
    bucket,
    encode,
    decode: (result, count) => readScores(result, output, count, labels.length),
  };
};
