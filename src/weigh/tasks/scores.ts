import { SteelyardError, type RunResult, type ValueInfo } from '../../contracts/index.ts';
import { halfToFloats } from '../../model/tensor/index.ts';

const fail = (code: string, message: string, hint?: string): never => {
  throw new SteelyardError(code, message, hint);
};

/** Which output holds the scores: the named one, else the first. Errors: `task/output` naming what the model has, also when its
 *  declared last size is not the number of labels. */
export const chooseOutput = (outputs: readonly ValueInfo[], wanted: string | undefined, labels: number): string => {
  const names = outputs.map(({ name }) => name);
  const chosen = wanted === undefined ? outputs[0] : outputs.find(({ name }) => name === wanted);
  if (chosen === undefined)
    return fail(
      'task/output',
      `the model has no output "${wanted ?? ''}"; it has: ${names.join(', ')}`,
      'correct task.output in the scenario',
    );
  const dims = chosen.type?.kind === 'tensor' ? chosen.type.dims : null;
  const last = dims?.at(-1);
  if (typeof last === 'number' && last > 0 && last !== labels)
    fail(
      'task/head',
      `output "${chosen.name}" gives ${last} scores, but ${labels} labels are named`,
      'name every class of the model, in the order of its head',
    );
  return chosen.name;
};

/** One row of scores per example. Shapes: output [count, labels] (float32, float64 or float16) → [count × labels].
 *  Errors: `task/output` (missing, or another shape or type), `task/not-finite` (NaN or infinite scores, naming the first row). */
export const readScores = (result: RunResult, output: string, count: number, labels: number): Float32Array => {
  const value = result.outputs[output];
  if (value === undefined)
    return fail(
      'task/output',
      `the run gave no output "${output}"; it gave: ${Object.keys(result.outputs).join(', ')}`,
    );
  const { dtype, dims } = value;
  if (dims.length < 1 || dims[0] !== count || dims.slice(1).reduce((product, size) => product * size, 1) !== labels)
    fail(
      'task/output',
      `output "${output}" has the shape [${dims.join(', ')}], expected [${count}, ${labels}]: one row of ${labels} scores per example`,
    );
  const scores =
    dtype === 'float32'
      ? (value.data as Float32Array)
      : dtype === 'float64'
        ? Float32Array.from(value.data as Float64Array)
        : dtype === 'float16'
          ? halfToFloats(value.data as Uint16Array)
          : fail(
              'task/output',
              `output "${output}" is ${dtype}, expected scores as floating-point numbers`,
              'choose another output with task.output',
            );
  for (let index = 0; index < scores.length; index++)
    if (!Number.isFinite(scores[index]!))
      fail(
        'task/not-finite',
        `output "${output}" holds ${scores[index]} in row ${Math.floor(index / labels) + 1} of the batch`,
        'the numbers overflowed; keep the layers that overflow in float32',
      );
  return scores;
};
