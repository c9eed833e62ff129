import { SteelyardError, type Task, type ValueInfo } from '../../contracts/index.ts';
import { castValue } from './cast.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeOutputs } from './judging/index.ts';
import { tensorRows } from './tensor-rows.ts';

/** The outputs to compare: the named one, or all. Errors: `task/output`. */
export const comparedOutputs = (outputs: readonly ValueInfo[], wanted: string | undefined): readonly string[] => {
  const names = outputs.map(({ name }) => name);
  if (wanted === undefined) return names;
  if (!names.includes(wanted))
    throw new SteelyardError(
      'task/output',
      `the model has no output "${wanted}"; it has: ${names.join(', ')}`,
      'correct task.output in the scenario',
    );
  return [wanted];
};

/** Tensors in, tensors out: the numbers of all compared outputs one after another, in float32. Shapes: every output [rows, …].
 *  Errors: `task/tensor`, `task/output` (an output without one row per example), `task/not-finite`. */
export const tensorToTensor = (inputs: readonly ValueInfo[], outputs: readonly string[]): Task => {
  const { slots, bucket, encode } = tensorRows(inputs, 'tensor-to-tensor');
  return {
    id: 'tensor-to-tensor',
    answers: 'tensor',
    labels: [],
    fingerprint: fingerprintOf(['tensor-to-tensor', 1, outputs, slots]),
    bucket,
    encode,
    decode(result, count) {
      const parts = outputs.map((name) => {
        const value = result.outputs[name];
        if (value === undefined || value.dims[0] !== count)
          throw new SteelyardError(
            'task/output',
            `output "${name}" has ${value === undefined ? 'no value' : `the shape [${value.dims.join(', ')}]`}, expected one row for each of ${count} examples`,
            'choose the output to compare with task.output',
          );
        const data = castValue(value, 'float32', `output "${name}"`).data as Float32Array;
        const bad = data.findIndex((one) => !Number.isFinite(one));
        if (bad >= 0)
          throw new SteelyardError(
            'task/not-finite',
            `output "${name}" holds ${data[bad]}`,
            'the numbers overflowed; keep the layers that overflow in float32',
          );
        return { data, size: data.length / count };
      });
      const width = parts.reduce((sum, { size }) => sum + size, 0);
      const out = new Float32Array(count * width);
      for (let row = 0; row < count; row++) {
        let at = row * width;
        for (const { data, size } of parts) {
          out.set(data.subarray(row * size, (row + 1) * size), at);
          at += size;
        }
      }
      return out;
    },
    answer: (_, [row]) => ({ numbers: row! }),
    judging: judgeOutputs(outputs),
  };
};
