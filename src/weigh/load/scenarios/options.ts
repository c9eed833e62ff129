import type { Context, Options, Trial } from '../../../contracts/index.ts';

/** Options of every evaluator that runs versions under load. */
export const runOptions = {
  runs: { kind: 'integer', default: 6, min: 2, max: 1000, description: 'Runs of every version, in random order.' },
  laps: {
    kind: 'integer',
    default: 2,
    min: 1,
    max: 20,
    description: 'Start fresh processes this many times: two processes of one model are never equally fast.',
  },
  seconds: {
    kind: 'number',
    default: 3,
    min: 0.05,
    max: 3600,
    unit: 's',
    description: 'A run lasts at least this long. MLPerf asks for 600 s: this is not an MLPerf result.',
  },
  minQueries: {
    kind: 'integer',
    default: 700,
    min: 20,
    max: 1_000_000,
    description: 'All runs of a version together send at least this many queries; the 99th percentile needs 662.',
  },
  maxSeconds: {
    kind: 'number',
    default: 180,
    min: 1,
    max: 86_400,
    unit: 's',
    description: 'All runs of all versions together take at most about this long; starting and warming up come on top.',
  },
  together: {
    kind: 'integer',
    default: 8,
    min: 1,
    max: 64,
    description: 'Load at most this many candidates at the same time; more are measured in groups.',
  },
} as const;

/** What keeps coming with every number that is measured under load. */
export const notMlperf = 'not an MLPerf result (shorter runs)';

/** Half-width that is expected of the interval between two processes of the baseline under load. */
export const loadTarget = 0.05;

/** How long one run of one version may take, and what it must hold. */
export interface Share {
  readonly minMs: number;
  readonly maxMs: number;
  readonly minQueries: number;
}

/** A run's share of the time: all versions, the baseline twice in every group. */
export const shareOf = (
  trial: Pick<Trial, 'candidates'>,
  options: Pick<Options<typeof runOptions>, 'runs' | 'seconds' | 'minQueries' | 'maxSeconds' | 'together'>,
): Share => {
  const groups = Math.max(1, Math.ceil(trial.candidates.length / options.together));
  const arms = trial.candidates.length + 2 * groups;
  const allowed = (options.maxSeconds * 1000) / (arms * options.runs);
  return {
    minMs: Math.min(options.seconds * 1000, allowed),
    maxMs: Math.max(50, allowed),
    minQueries: Math.ceil(options.minQueries / options.runs),
  };
};

/** Randomness of one run: the same for every version, another for every run. Separate streams for arrivals, samples and what is looked at.
 *  Source: MLPerf LoadGen, separate seeds. */
export const randomOf = (context: Context, what: 'arrivals' | 'samples' | 'log', round: number) =>
  context.random(`load/${what}/${round}`);
