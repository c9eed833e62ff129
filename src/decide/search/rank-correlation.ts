import type { Tried } from '../../contracts/index.ts';
import { spearman } from '../../statistics/index.ts';
import { keyOf } from './shape.ts';

/** How well a cheap look foretells the order of full ones. */
export interface RankCorrelation {
  readonly rung: number;
  /** Index of the objective. */
  readonly objective: number;
  /** Spearman's, −1 to 1; NaN for fewer than two points or where all are equal. */
  readonly correlation: number;
  /** Points that were looked at in both. */
  readonly points: number;
}

/** Spearman's correlation of each rung's objectives with the last rung's, over the points that were looked at in both. `last`: the highest rung
 *  in the history, unless given. Source: Spearman 1904. */
export const rankCorrelation = (
  history: readonly Tried[],
  last = history.reduce((rung, one) => Math.max(rung, one.rung), 0),
): readonly RankCorrelation[] => {
  const looksAt = (rung: number): Map<string, readonly number[]> =>
    new Map(
      history.flatMap((one) =>
        one.rung === rung && one.outcome.kind === 'looked' ? [[keyOf(one.point), one.outcome.objectives]] : [],
      ),
    );
  const full = looksAt(last);
  const objectives = [...full.values()][0]?.length ?? 0;
  return Array.from({ length: last }, (_, rung) => {
    const both = [...looksAt(rung)].flatMap(([key, cheap]) => {
      const dear = full.get(key);
      return dear === undefined ? [] : [{ cheap, dear }];
    });
    return Array.from({ length: objectives }, (__, objective) => ({
      rung,
      objective,
      correlation: spearman(
        both.map(({ cheap }) => cheap[objective]!),
        both.map(({ dear }) => dear[objective]!),
      ),
      points: both.length,
    }));
  }).flat();
};
