import type { TrialRecord } from '../../contracts/index.ts';
import { againstOriginal } from '../../decide/index.ts';
import type { Wanted } from './objectives.ts';

/** What could be looked at, each version by its most thorough look, the most promising first: not hopeless before hopeless, few misses before
 *  many, then the first objective. */
export const bestFirst = (trials: readonly TrialRecord[]): readonly TrialRecord[] => {
  const newest = new Map<string, TrialRecord>();
  for (const one of trials) {
    const before = newest.get(one.chain.id);
    if (before === undefined || before.rung <= one.rung) newest.set(one.chain.id, one);
  }
  const placed = [...newest.values()].flatMap((trial) =>
    trial.outcome.kind === 'looked' ? [{ trial, outcome: trial.outcome }] : [],
  );
  return placed
    .toSorted(
      (a, b) =>
        Number(a.outcome.hopeless) - Number(b.outcome.hopeless) ||
        a.outcome.misses - b.outcome.misses ||
        a.outcome.objectives[0]! - b.outcome.objectives[0]!,
    )
    .map(({ trial }) => trial);
};

/** The best so far in a few words, for progress lines. */
export const bestSoFar = (trials: readonly TrialRecord[], [first]: readonly Wanted[]): string => {
  const [best] = bestFirst(trials);
  if (best === undefined || best.outcome.kind !== 'looked' || first === undefined) return 'none runs yet';
  const { spec } = first;
  const value = best.outcome.objectives[0]! * (spec.better === 'higher' ? -1 : 1);
  return `best so far ${best.chain.id} (${spec.title.toLowerCase()} ${againstOriginal(spec, spec.versus === 'ratio' ? Math.exp(value) : value)})`;
};
