import { SteelyardError, type RunResult, type Value, type ValueInfo } from '../../contracts/index.ts';
import { halfToFloats } from '../../model/tensor/index.ts';

const fail = (code: string, message: string, hint?: string): never => {
  throw new SteelyardError(code, message, hint);
};

/** Which output holds the scores: the named one, else the first. Errors: `task/output` naming what the model has, also when its
 *  declared last size is not the number of labels (null: any). */
export const chooseOutput = (
  outputs: readonly ValueInfo[],
  wanted: string | undefined,
  labels: number | null,
): string => {
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
  if (labels !== null && typeof last === 'number' && last > 0 && last !== labels)
    fail(
      'task/head',
      `output "${chosen.name}" gives ${last} scores, but ${labels} labels are named`,
      'name every class of the model, in the order of its head',
    );
  return chosen.name;
};

const outputOf = (result: RunResult, output: string): Value =>
  result.outputs[output] ??
  fail('task/output', `the run gave no output "${output}"; it gave: ${Object.keys(result.outputs).join(', ')}`);

const floatsOf = ({ dtype, data }: Value, output: string): Float32Array =>
  dtype === 'float32'
    ? (data as Float32Array)
    : dtype === 'float64'
      ? Float32Array.from(data as Float64Array)
      : dtype === 'float16'
        ? halfToFloats(data as Uint16Array)
        : fail(
            'task/output',
            `output "${output}" is ${dtype}, expected scores as floating-point numbers`,
            'choose another output with task.output',
          );

const refuseNonFinite = (numbers: Float32Array, output: string, perRow: number): void => {
  for (let index = 0; index < numbers.length; index++)
    if (!Number.isFinite(numbers[index]!))
      fail(
        'task/not-finite',
        `output "${output}" holds ${numbers[index]} in row ${Math.floor(index / perRow) + 1} of the batch`,
        'the numbers overflowed; keep the layers that overflow in float32',
      );
};

/** One row of scores per example. Shapes: output [count, labels] (float32, float64 or float16) → [count × labels].
 *  Errors: `task/output` (missing, or another shape or type), `task/not-finite` (NaN or infinite scores, naming the first row). */
export const readScores = (result: RunResult, output: string, count: number, labels: number): Float32Array => {
  const value = outputOf(result, output);
  const { dims } = value;
  if (dims.length < 1 || dims[0] !== count || dims.slice(1).reduce((product, size) => product * size, 1) !== labels)
    fail(
      'task/output',
      `output "${output}" has the shape [${dims.join(', ')}], expected [${count}, ${labels}]: one row of ${labels} ${labels === 1 ? 'number' : 'scores'} per example`,
    );
  const scores = floatsOf(value, output);
  refuseNonFinite(scores, output, labels);
  return scores;
};

/** The numbers of an output with one row per row of the batch, whatever their shape. `rank`: how many axes there must be, the batch's included.
 *  Shapes: output [count, …] → the same, row-major. Errors: those of readScores. */
export const readRows = (
  result: RunResult,
  output: string,
  count: number,
  rank: { readonly axes: readonly number[]; readonly what: string },
): { readonly dims: readonly number[]; readonly data: Float32Array } => {
  const value = outputOf(result, output);
  const { dims } = value;
  if (dims[0] !== count || !rank.axes.includes(dims.length))
    fail(
      'task/output',
      `output "${output}" has the shape [${dims.join(', ')}], expected ${rank.what} for each of ${count} rows`,
      'choose another output with task.output',
    );
  const data = floatsOf(value, output);
  refuseNonFinite(data, output, Math.max(1, data.length / count));
  return { dims, data };
};
