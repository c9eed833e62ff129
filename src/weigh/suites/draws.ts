import type { Random } from '../../contracts/index.ts';
import { bootstrap } from '../../statistics/index.ts';
import { clustersIn, valuesOf, type Sheet } from './metrics.ts';
import { drawMultinomial } from './multinomial.ts';
import type { Given, GoldRow } from './types.ts';

export interface ScoreOptions {
  readonly confidence: number;
  readonly replicates: number;
  readonly random: (label: string) => Random;
}

/** Bootstrap replicates, an array for each metric of the task. */
export interface Drawn {
  readonly own: readonly Float64Array[];
  /** Against the baseline on the same draws; zeros without one. */
  readonly differences: readonly Float64Array[];
}

type Weigher = (weights: ArrayLike<number>) => readonly number[];

/** Rows that are alike (the same right answer, the same given ones) as one: a sample is then told by how often each kind occurs. */
interface Kinds {
  /** Rows of each kind. */
  readonly counts: readonly number[];
  readonly now: Weigher;
  readonly before: Weigher | null;
}

/** Null where rows differ in more than their classes. */
const kindsOf = (sheet: Sheet, baseline: Sheet | null): Kinds | null => {
  const { task, rows, given } = sheet;
  const other = baseline?.given ?? given;
  if (task.cluster !== undefined || given.kind !== 'class' || other.kind !== 'class') return null;
  const size = task.labels.length;
  const firsts = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const [at, { label }] of rows.entries()) {
    const kind = (label! * size + given.predicted[at]!) * size + other.predicted[at]!;
    if (!firsts.has(kind)) firsts.set(kind, at);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const chosen = [...firsts.values()];
  const weigher = (from: Extract<Given, { kind: 'class' }>): Weigher =>
    valuesOf({
      task,
      rows: chosen.map((at): GoldRow => rows[at]!),
      given: { kind: 'class', predicted: Int32Array.from(chosen, (at) => from.predicted[at]!) },
    });
  return { counts: [...counts.values()], now: weigher(given), before: baseline === null ? null : weigher(other) };
};

/** One drawing serves every metric, on its own and against the baseline: both systems see the same rows, whole clusters where rows belong
 *  together. Source: Efron & Tibshirani 1993, §6 and §13. */
export const draw = (sheet: Sheet, baseline: Sheet | null, options: ScoreOptions): Drawn => {
  const { replicates, confidence } = options;
  const columns = (): Float64Array[] => sheet.task.metrics.map(() => new Float64Array(replicates));
  const [own, differences] = [columns(), columns()];
  const keep = (at: number, values: readonly number[], before: readonly number[] | undefined): void => {
    for (const [metric, value] of values.entries()) {
      own[metric]![at] = value;
      if (before !== undefined) differences[metric]![at] = value - before[metric]!;
    }
  };
  const random = options.random(`suite ${sheet.task.id}`);
  const kinds = kindsOf(sheet, baseline);
  if (kinds !== null) {
    const { counts, now, before } = kinds;
    const sample = new Int32Array(counts.length);
    for (let at = 0; at < replicates; at++) {
      drawMultinomial(counts, sample, random);
      keep(at, now(sample), before?.(sample));
    }
    return { own, differences };
  }
  const [now, before] = [valuesOf(sheet), baseline === null ? null : valuesOf(baseline)];
  const clusters = clustersIn(sheet);
  let at = 0;
  bootstrap(
    sheet.rows.length,
    (weights) => {
      const values = now(weights);
      keep(at++, values, before?.(weights));
      return values[0]!;
    },
    { replicates, confidence, random, ...(clusters === null ? {} : { clusters }) },
  );
  return { own, differences };
};
