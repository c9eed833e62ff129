import type { Random } from '../../contracts/index.ts';
import type { Family } from './families.ts';
import {
  contrastsOf,
  countGroups,
  eligibleOf,
  emptyCounts,
  gapBy,
  gapStatistics,
  type Contrast,
  type GapStatistic,
} from './rates.ts';

/** One statistic of one version: as the data is, and on each draw of the bootstrap (the same draws for every version). */
export interface Resampled {
  /** NaN: nothing to compare. */
  readonly value: number;
  readonly draws: Float64Array;
  /** Version minus original by the groups that are furthest apart with the version, and by those that are with the original.
   *  The true change of a gap is at most the first and at least the second (of a ratio: the other way around). */
  readonly byVersion: Float64Array;
  readonly byOriginal: Float64Array;
}

/** Per family, and last for all families of one column together: the worst of them. */
export type Told = readonly Readonly<Record<GapStatistic, Resampled>>[];

export interface ResampleInput {
  readonly families: readonly Family[];
  /** Right answers, −1 for none. Shape [rows]. */
  readonly truth: Int32Array;
  /** Given answers per version; the first one is the original. Shape [rows] each. */
  readonly answers: readonly Int32Array[];
  readonly classes: number;
  /** Only this class counts as selected; null: the mean over all classes that occur. */
  readonly positive: number | null;
  /** Rows that a true-positive or false-positive rate needs. */
  readonly fewest: number;
  readonly replicates: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const occurring = ({ truth, answers, classes }: ResampleInput): number[] => {
  const seen = new Uint8Array(classes);
  for (const rows of [truth, answers[0]!]) for (const label of rows) if (label >= 0) seen[label] = 1;
  return [...seen.keys()].filter((label) => seen[label] === 1);
};

/** Where a statistic is looked up: in which family's counts, by which groups. */
interface Found {
  readonly family: number;
  readonly contrasts: readonly Contrast[];
  readonly value: number;
}

/** Every gap of every version on the same draws of rows. The classes that count are those of the right answers and of the original's, the
 *  rates that count are those with enough rows, and the groups that are compared are those furthest apart in the data as it is: looking for
 *  the extremes again in every draw would find gaps that are too wide, and changes that are too small. */
export const resample = async (input: ResampleInput): Promise<Told[]> => {
  const { families, truth, answers, replicates, random, signal } = input;
  const rows = truth.length;
  const classes = input.positive === null ? occurring(input) : [input.positive];
  const countsOf = (): ReturnType<typeof emptyCounts>[] =>
    families.map(({ groups }) => emptyCounts(groups.length, input.classes));
  const [before, after] = [countsOf(), countsOf()];
  const count = (into: typeof before, version: number, weights?: Int32Array): void =>
    families.forEach(({ of }, at) => countGroups(into[at]!, of, truth, answers[version]!, weights));

  count(before, 0);
  const eligible = before.map((counts) => eligibleOf(counts, classes, input.fewest));
  const found = answers.map((_, version): Record<GapStatistic, Found>[] => {
    count(after, version);
    const each = families.map((__, family) => {
      const contrasts = contrastsOf(after[family]!, eligible[family]!);
      return Object.fromEntries(
        gapStatistics.map((name) => [
          name,
          { family, contrasts: contrasts[name], value: gapBy(after[family]!, name, contrasts[name]) },
        ]),
      ) as Record<GapStatistic, Found>;
    });
    const singles = each.filter((___, family) => families[family]!.columns.length === 1);
    const whole = Object.fromEntries(
      gapStatistics.map((name) => {
        const known = singles.map((one) => one[name]).filter(({ value }) => !Number.isNaN(value));
        const sign = name === 'parityRatio' ? 1 : -1;
        const [worst] = known.toSorted((a, b) => sign * (a.value - b.value));
        return [name, worst ?? { family: 0, contrasts: [], value: Number.NaN }];
      }),
    ) as Record<GapStatistic, Found>;
    return [...each, whole];
  });
  const told = found.map((scopes) =>
    scopes.map(
      (scope) =>
        Object.fromEntries(
          gapStatistics.map((name) => [
            name,
            {
              value: scope[name].value,
              draws: new Float64Array(replicates),
              byVersion: new Float64Array(replicates),
              byOriginal: new Float64Array(replicates),
            },
          ]),
        ) as Record<GapStatistic, Resampled>,
    ),
  );
  const weights = new Int32Array(rows);
  const read = (counts: typeof before, name: GapStatistic, { family, contrasts }: Found): number =>
    contrasts.length === 0 ? Number.NaN : gapBy(counts[family]!, name, contrasts);
  for (let replicate = 0; replicate < replicates; replicate++) {
    if (replicate % 64 === 0) {
      // Let a cancellation through.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    weights.fill(0);
    for (let i = 0; i < rows; i++) weights[random.integer(rows)]!++;
    count(before, 0, weights);
    for (const version of answers.keys()) {
      if (version > 0) count(after, version, weights);
      const counts = version === 0 ? before : after;
      for (const [scope, by] of found[version]!.entries())
        for (const name of gapStatistics) {
          const { draws, byVersion, byOriginal } = told[version]![scope]![name];
          const then = found[0]![scope]![name];
          draws[replicate] = read(counts, name, by[name]);
          byVersion[replicate] = draws[replicate]! - read(before, name, by[name]);
          byOriginal[replicate] = read(counts, name, then) - read(before, name, then);
        }
    }
  }
  return told;
};
