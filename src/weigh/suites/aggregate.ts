import { mean } from '../../statistics/index.ts';
import type { Scored } from './measure.ts';
import { scoreValue, type ScoreValue } from './score-value.ts';
import { suiteOf } from './tasks.ts';
import type { SuiteId } from './types.ts';

/** A benchmark's score, or the mean over the tasks that were given, which is another number. */
export interface SuiteScore extends ScoreValue {
  readonly suite: SuiteId;
  readonly title: string;
  /** "GLUE score", or "mean of 3 tasks: not the GLUE score". */
  readonly name: string;
  readonly complete: boolean;
  /** Task ids that count and were not given. */
  readonly missing: readonly string[];
  readonly tasks: number;
}

/** The mean over a benchmark's tasks of their scores, in points of 100. Tasks are independent: the interval comes from their bootstrap
 *  replicates, draw by draw. Tasks that count and are missing are named, and then the number is not called the benchmark's score.
 *  Null when no given task counts (diagnostic sets only). Source: see `suites`. */
export const aggregate = (id: SuiteId, scored: readonly Scored[], confidence: number): SuiteScore | null => {
  const suite = suiteOf(id);
  const find = (name: string): Scored | undefined => scored.find(({ report }) => report.task === `${id}/${name}`);
  const missing = suite.groups
    .flat()
    .filter((name) => find(name) === undefined)
    .map((name) => `${id}/${name}`);
  const groups = suite.groups
    .map((names) => names.flatMap((name) => find(name) ?? []))
    .filter((group) => group.length > 0);
  if (groups.length === 0) return null;
  const over = (of: (one: Scored) => number): number => mean(groups.map((group) => mean(group.map(of))));
  const replicates = groups[0]![0]!.draws.own.length;
  const draws = (part: 'own' | 'difference'): Float64Array =>
    Float64Array.from({ length: replicates }, (_, at) => over((one) => one.draws[part]![at]!));
  const paired = groups.flat().every((one) => one.draws.difference !== null);
  const count = groups.length;
  return {
    suite: id,
    title: suite.title,
    name:
      missing.length === 0
        ? `${suite.title} score`
        : `mean of ${count} of ${suite.groups.length} tasks: not the ${suite.title} score`,
    complete: missing.length === 0,
    missing,
    tasks: count,
    ...scoreValue(
      over(({ report }) => report.score.value),
      draws('own'),
      confidence,
      paired ? { value: over(({ report }) => report.score.versus!.value), draws: draws('difference') } : null,
    ),
  };
};
