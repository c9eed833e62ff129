import {
  SteelyardError,
  type Example,
  type Judging,
  type MetricSpec,
  type Predictions,
  type Value,
} from '../../../contracts/index.ts';
import { castValue } from '../cast.ts';
import { share, totalOf, summing } from './sums.ts';

export const outputMetrics: readonly MetricSpec[] = [
  {
    id: 'output-error',
    title: 'Error of the outputs',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Root of Σ(y − y′)² ÷ Σ y² over all numbers of the outputs, y being the reference outputs, or the original’s where none are given.',
  },
  {
    id: 'output-cosine',
    title: 'Direction of the outputs',
    unit: 'score',
    better: 'higher',
    versus: 'difference',
    definition:
      'Mean over examples of the cosine between the outputs and the reference outputs, or the original’s where none are given.',
  },
  {
    id: 'output-max-error',
    title: 'Largest error of the outputs',
    unit: 'score',
    better: 'lower',
    versus: 'none',
    definition: 'Largest |y − y′| over all numbers of the outputs.',
  },
];

const referenceOf = ({ gold }: Example): Readonly<Record<string, Value>> | null =>
  typeof gold === 'object' && !Array.isArray(gold) && 'outputs' in gold
    ? (gold.outputs as Readonly<Record<string, Value>>)
    : null;

/** Reference outputs in the order in which the task reads the model's. Errors: `task/gold`. */
const flatten = (reference: Readonly<Record<string, Value>>, outputs: readonly string[], id: string): Float32Array => {
  const parts = outputs.map((name) => {
    const value = reference[name];
    if (value === undefined)
      throw new SteelyardError(
        'task/gold',
        `example ${id} has no reference for the output "${name}"`,
        'map every compared output (data.columns.reference), or name one with task.output',
      );
    return castValue(value, 'float32', `reference "${name}"`).data as Float32Array;
  });
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const startsOf = ({ sizes }: Predictions): Float64Array => {
  const starts = new Float64Array(sizes!.length + 1);
  for (const [row, size] of sizes!.entries()) starts[row + 1] = starts[row]! + size;
  return starts;
};

/** Outputs against reference outputs, or against the original's own answers. Counts per example: squared error, squared reference, cosine.
 *  Errors: `task/gold` when a reference has another number of values. */
export const judgeOutputs = (outputs: readonly string[]): Judging => ({
  metrics: outputMetrics,
  check: (examples) => {
    for (const example of examples) {
      const reference = referenceOf(example);
      if (reference !== null) flatten(reference, outputs, example.id);
    }
  },
  judge(examples, predictions, original) {
    const rows = [...examples.keys()];
    const counts = new Float64Array(rows.length * 3);
    const worst = new Float64Array(rows.length);
    const [starts, before] = [startsOf(predictions), startsOf(original)];
    for (const row of rows) {
      const reference = referenceOf(examples[row]!);
      const given = predictions.scores.subarray(starts[row], starts[row + 1]);
      const wanted =
        reference === null
          ? original.scores.subarray(before[row], before[row + 1])
          : flatten(reference, outputs, examples[row]!.id);
      if (wanted.length !== given.length)
        throw new SteelyardError(
          'task/gold',
          `example ${examples[row]!.id}: the model gives ${given.length} numbers, the reference has ${wanted.length}`,
          'compare outputs of the same shape',
        );
      let [error, yy, gg, yg] = [0, 0, 0, 0];
      for (let i = 0; i < given.length; i++) {
        const [y, g] = [wanted[i]!, given[i]!];
        error += (y - g) ** 2;
        yy += y * y;
        gg += g * g;
        yg += y * g;
        worst[row] = Math.max(worst[row]!, Math.abs(y - g));
      }
      const cosine = error === 0 ? 1 : yy === 0 || gg === 0 ? 0 : Math.max(-1, Math.min(1, yg / Math.sqrt(yy * gg)));
      counts.set([error, yy, cosine], row * 3);
    }
    const own = examples.every((example) => referenceOf(example) === null);
    const summed = summing(counts, 3);
    return {
      rows,
      values(weights) {
        const [error, size, cosines] = summed(weights) as unknown as [number, number, number];
        let largest = 0;
        for (const row of rows)
          if (weights === undefined || weights[row]! > 0) largest = Math.max(largest, worst[row]!);
        return Float64Array.of(
          Math.sqrt(error === 0 ? 0 : error / Math.max(size, Number.MIN_VALUE)),
          share(cosines, totalOf(rows.length, weights)),
          largest,
        );
      },
      ...(own ? { caveat: 'against the original’s own outputs' } : {}),
    };
  },
});
