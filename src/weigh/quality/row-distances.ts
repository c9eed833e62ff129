import { SteelyardError, type Predictions } from '../../contracts/index.ts';
import { divergence, sharedness } from './distance-metrics.ts';
import { logRows } from './log-probabilities.ts';

/** Where each of the original's classes stands among the version's. Errors: `quality/classes`. */
const columnsOf = (original: readonly string[], version: readonly string[], who: string): Int32Array => {
  const at = new Map(version.map((name, index) => [name, index]));
  const columns = Int32Array.from(original, (name) => at.get(name) ?? -1);
  if (original.length !== version.length || columns.includes(-1))
    throw new SteelyardError(
      'quality/classes',
      `${who} answers with ${version.length} classes that are not the original's ${original.length}`,
      'distances need the same classes on both sides',
    );
  return columns;
};

export interface RowDistances {
  /** KL(original ‖ version), in nats. */
  readonly kl: Float64Array;
  /** 1 − √JSD. */
  readonly shared: Float64Array;
  /** 1 where the answer is the same. */
  readonly same: Uint8Array;
}

/** How far a version's class probabilities lie from the original's, example by example; classes are matched by name.
 *  Shapes: each [examples]. Errors: `quality/classes` when the two do not have the same classes. */
export const rowDistances = (original: Predictions, version: Predictions, who: string): RowDistances => {
  const columns = columnsOf(original.labels, version.labels, who);
  const [before, now] = [logRows(original), logRows(version)];
  const [a, read, b] = [0, 0, 0].map(() => new Float64Array(columns.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const n = original.predicted.length;
  const [kl, shared, same] = [new Float64Array(n), new Float64Array(n), new Uint8Array(n)];
  for (let row = 0; row < n; row++) {
    before.read(row, a);
    now.read(row, read);
    for (let k = 0; k < columns.length; k++) b[k] = read[columns[k]!]!;
    kl[row] = divergence(a, b);
    shared[row] = sharedness(a, b);
    same[row] = columns[original.predicted[row]!] === version.predicted[row] ? 1 : 0;
  }
  return { kl, shared, same };
};
