import { parseOptions, type Measurement, type Subject } from '../../contracts/index.ts';
import type { Asked } from '../measure/measure.ts';
import { outcomeOf } from '../measure/measure.ts';
import { weighIn } from '../measure/weigh-in.ts';
import type { Run } from '../run/run.ts';

/** More tied versions than this are not measured again: the best of them are. */
const mostTied = 4;
const [more, mostLaps, mostCalls] = [3, 20, 1_000_000];

/** An evaluator of interleaved rounds with longer options; null: it has no rounds to add. */
const longer = ({ evaluator, options, files }: Asked, seconds: number): Asked | null => {
  if (!evaluator.needs.alone || !Object.hasOwn(evaluator.options, 'minRounds')) return null;
  const stated = parseOptions(evaluator.id, evaluator.options, options) as unknown as Readonly<Record<string, number>>;
  return {
    evaluator,
    options: {
      ...options,
      minRounds: more * stated['minRounds']!,
      maxRounds: more * stated['maxRounds']!,
      // As many calls a turn as before: with time for some of the rounds only, there are still calls enough for a percentile.
      ...(stated['minCalls'] === undefined ? {} : { minCalls: Math.min(mostCalls, more * stated['minCalls']) }),
      laps: Math.min(mostLaps, 2 * stated['laps']!),
      target: stated['target']! / 2,
      maxSeconds: seconds,
    },
    files,
  };
};

/** Measure versions that are tied in a metric again, together with the original in a session of their own with more rounds on more processes. What the
 *  longer session says stands in place of what the first one said. Answers the new measurements by version; null: the metric is not of the kind
 *  that more rounds make better known (all answers are already counted).
 *  Errors: `engine/cancelled`; faults of the run as a whole. */
export const measureTied = async (
  run: Run,
  baseline: Subject,
  tied: readonly Subject[],
  metric: string,
  seconds: number,
): Promise<ReadonlyMap<string, readonly Measurement[]> | null> => {
  const { data } = run;
  const asked = run.evaluators.find(({ evaluator }) => evaluator.metrics.some(({ id }) => id === metric));
  const evaluator = asked === undefined ? null : longer(asked, seconds);
  const some = tied.slice(0, mostTied);
  if (evaluator === null || some.length < 2 || seconds <= 0) return null;
  const measured = await weighIn(run, {
    split: data.evaluation,
    baseline,
    candidates: some,
    evaluators: [evaluator],
    seconds,
  });
  return new Map(
    some.flatMap(({ id }): [string, readonly Measurement[]][] => {
      const outcome = outcomeOf(measured, id);
      return outcome.kind === 'measured' ? [[id, outcome.measurements]] : [];
    }),
  );
};
