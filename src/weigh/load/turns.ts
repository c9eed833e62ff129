import { requestsPerCall, type Feeds, type Random, type Subject, type Trial } from '../../contracts/index.ts';
import { inputBatches } from './inputs.ts';
import { requestWindows, takesItsOwnWay } from './windows.ts';

/** What a version is fed in a turn. */
export interface Turns {
  /** Calls to warm up with. */
  pool(subject: Subject): readonly Feeds[];
  /** The calls of the turn on the input of this index. `calls`: how many make a turn of the baseline; `warmMs`: how long one of this version's
   *  takes. `rows`: requests in each call, where a turn counts by requests; null: it counts by calls. */
  callsOf(
    subject: Subject,
    turn: { readonly input: number; readonly calls: number; readonly warmMs: number },
  ): { readonly feeds: readonly Feeds[]; readonly rows: number | null };
}

const poolSize = 32;
/** A turn through a window of requests ends when it has taken about this long. */
const mostMs = 250;

/** Every version repeats the same call. Errors: `data/empty`. */
export const sameCalls = (trial: Trial, batchSize: number, random: Random): Turns => {
  const batches = inputBatches(trial, batchSize, poolSize, random);
  return {
    pool: batches,
    callsOf(subject, { input, calls }) {
      const own = batches(subject);
      return { feeds: Array.from({ length: calls }, () => own[input % own.length]!), rows: null };
    },
  };
};

/** Every version takes the same waiting requests in its own way; where none has one, all repeat the same call.
 *  Errors: `data/empty`. */
export const ownWays = (trial: Trial, batchSize: number, random: Random): Turns => {
  const subjects = [trial.baseline, ...trial.candidates];
  if (trial.examples.length === 0 || !subjects.some((one) => takesItsOwnWay(one, batchSize)))
    return sameCalls(trial, batchSize, random);
  const windows = requestWindows(trial, subjects, batchSize, random);
  return {
    pool: (subject) => windows.callsOf(subject).flat(),
    callsOf(subject, { input, warmMs }) {
      const own = windows.callsOf(subject);
      const window = own[input % own.length]!;
      const most = Math.max(1, Math.floor(mostMs / warmMs));
      return { feeds: window.slice(0, most), rows: requestsPerCall(subject, batchSize) };
    },
  };
};
