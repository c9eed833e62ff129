import type { Context, Options, Trial } from '../../contracts/index.ts';
import { interleave } from './interleave.ts';
import type { Interleaved } from './interleave.ts';

/** Options of every evaluator that times interleaved rounds. */
export const timingOptions = {
  target: {
    kind: 'number',
    default: 0.02,
    min: 0.001,
    max: 0.5,
    description:
      'Stop when the interval of every ratio to the baseline is at most this far to either side (0.02 = 2 %).',
  },
  minRounds: {
    kind: 'integer',
    default: 60,
    min: 6,
    max: 10_000,
    description: 'Measure at least this many rounds.',
  },
  minCalls: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    description:
      'Time at least this many calls of each version, several in a row where the rounds alone have fewer; the 99th percentile needs 662.',
  },
  maxRounds: {
    kind: 'integer',
    default: 300,
    min: 6,
    max: 100_000,
    description: 'Measure at most this many rounds.',
  },
  maxSeconds: {
    kind: 'number',
    default: 60,
    min: 0.1,
    max: 86_400,
    unit: 's',
    description: 'Stop measuring rounds after this time; starting and warming up come on top.',
  },
  laps: {
    kind: 'integer',
    default: 3,
    min: 1,
    max: 20,
    description: 'Start fresh processes this many times: two processes of one model are never equally fast.',
  },
  together: {
    kind: 'integer',
    default: 16,
    min: 1,
    max: 64,
    description: 'Load at most this many candidates at the same time; more are measured in groups.',
  },
} as const;

export type TimingOptions = Options<typeof timingOptions>;

const turnMs = 10;
const known = new WeakMap<Trial, Map<string, Promise<readonly Interleaved[]>>>();

/** Interleaved rounds of a trial, measured once for all evaluators that ask with the same options (latency and CPU time
 *  are read from the same rounds). `ownBatches`: versions with batches of their own size get them. Errors: as `interleave`; a failed measurement is not remembered. */
export const timedRounds = (
  trial: Trial,
  options: TimingOptions,
  batchSize: number,
  label: string,
  context: Context,
  ownBatches = false,
): Promise<readonly Interleaved[]> => {
  const key = JSON.stringify([options, batchSize, ownBatches]);
  let ofTrial = known.get(trial);
  if (ofTrial === undefined) known.set(trial, (ofTrial = new Map()));
  const existing = ofTrial.get(key);
  if (existing !== undefined) return existing;
  const { target, minRounds, minCalls, maxRounds, maxSeconds, laps, together } = options;
  const rounds = interleave(
    trial,
    { label, batchSize, ownBatches, target, minRounds, minCalls, maxRounds, maxSeconds, laps, together, turnMs },
    context,
  );
  ofTrial.set(key, rounds);
  rounds.catch(() => ofTrial.delete(key));
  return rounds;
};
