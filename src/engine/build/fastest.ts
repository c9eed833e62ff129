import { join } from 'node:path';
import {
  SteelyardError,
  defaultSessionOptions,
  parseOptions,
  type Chain,
  type Context,
  type Example,
  type Feeds,
  type SessionOptions,
  type Store,
  type Task,
  type Trial,
} from '../../contracts/index.ts';
import { speedOnly } from '../../weigh/load/speed-only.ts';
import { latency } from '../../weigh/load/latency.ts';
import { buildChain } from './build.ts';
import { throwIfCancelled } from '../run/context.ts';
import { materialize, subjectOf, versionDigest, type Built } from '../run/subject.ts';

/** A version that is accurate enough, and how its time compares with the original's. */
export interface Timed {
  readonly chain: Chain;
  readonly built: Built;
  readonly sizeBytes: number;
  /** ‖y − y′‖₂ / ‖y‖₂ on the inputs. */
  readonly relativeError: number;
  /** Its time over the original's, the median over interleaved rounds, with a 95 % interval. Below 1 is faster. */
  readonly ratio: { readonly value: number; readonly low: number; readonly high: number };
}

export interface LeftOut {
  readonly chain: Chain;
  readonly reason: string;
}

export interface Ranking {
  /** Best first. */
  readonly ranked: readonly Timed[];
  readonly leftOut: readonly LeftOut[];
  /** What a reader must know about the timing session, or null. */
  readonly caveat: string | null;
}

export interface FastestSettings {
  readonly modelPath: string;
  readonly modelBytes: number;
  readonly inputs: readonly Feeds[];
  readonly chains: readonly Chain[];
  /** Versions whose outputs differ by more are left out. Relative, in the L2 norm. */
  readonly maxError: number;
  /** About how long to time, all versions together; building comes on top. */
  readonly seconds: number;
  readonly session: Partial<SessionOptions>;
  readonly store: Store;
  readonly workFolder: string;
}

/** Errors that agree to two digits are the same error. */
const coarse = (error: number): number => Number(error.toPrecision(2));

const optionCount = ({ steps }: Chain): number =>
  steps.reduce((sum, { options }) => sum + 1 + Object.keys(options).length, 0);

/** Best first: the fastest, but versions whose intervals overlap that of the fastest are equally fast, and among those the smaller error
 *  wins, then the simpler chain, then the smaller file. The rest follows by the same rule. */
export const rankTimed = (timed: readonly Timed[]): readonly Timed[] => {
  const ranked: Timed[] = [];
  let rest = timed.toSorted((a, b) => a.ratio.value - b.ratio.value);
  while (rest.length > 0) {
    const leader = rest[0]!;
    const tied = rest.filter(({ ratio }) => ratio.low <= leader.ratio.high);
    rest = rest.filter(({ ratio }) => ratio.low > leader.ratio.high);
    ranked.push(
      ...tied.toSorted(
        (a, b) =>
          coarse(a.relativeError) - coarse(b.relativeError) ||
          optionCount(a.chain) - optionCount(b.chain) ||
          a.sizeBytes - b.sizeBytes,
      ),
    );
  }
  return ranked;
};

export interface Candidate {
  readonly chain: Chain;
  readonly built: Built;
  readonly relativeError: number;
}

/** A trial whose example i is batch i: nothing is judged, only timed. */
const trialOf = (baseline: Trial['baseline'], candidates: Trial['candidates'], batches: readonly Feeds[]): Trial => {
  const task: Task = {
    id: 'tensor-classification',
    labels: [],
    fingerprint: 'batches',
    encode: ([example]) => ({ feeds: batches[Number(example!.id)]!, truncated: 0, tokens: 0 }),
    decode: () => new Float32Array(0),
  };
  const examples = batches.map((_, i): Example => ({ id: String(i), label: null, groups: {} }));
  return { ...speedOnly, task, baseline, candidates, examples, batchSize: 1 };
};

/** Build every chain; those refused, failed, too far from the original or equal to a simpler one are left out with the reason. */
export const buildCandidates = async (
  settings: FastestSettings,
  leftOut: LeftOut[],
  context: Context,
): Promise<readonly Candidate[]> => {
  const { modelPath, inputs, session, store, workFolder, maxError } = settings;
  const candidates: Candidate[] = [];
  const digests = new Map<string, string>();
  const original = await context.open(modelPath, { ...defaultSessionOptions, ...session });
  try {
    const simplestFirst = settings.chains.toSorted((a, b) => optionCount(a) - optionCount(b));
    for (const [done, chain] of simplestFirst.entries()) {
      throwIfCancelled(context.signal);
      context.progress({ label: 'building versions', done, total: simplestFirst.length, detail: chain.id });
      const outcome = await buildChain(chain, { modelPath, session, inputs, original }, store, workFolder, context);
      const leave = (reason: string): void => void leftOut.push({ chain, reason });
      if (outcome.kind !== 'built') {
        leave(outcome.kind === 'refused' ? outcome.refusal.reason : outcome.message);
        continue;
      }
      const key = `${versionDigest(outcome.files)} ${JSON.stringify(outcome.sessionOptions)}`;
      const same = digests.get(key);
      const error = outcome.verification!.relativeError;
      if (same !== undefined) leave(`the same as ${same} on this model`);
      else if (!(error <= maxError))
        leave(
          `its outputs differ by ${(error * 100).toPrecision(2)} %, more than the ${(maxError * 100).toPrecision(2)} % allowed`,
        );
      else candidates.push({ chain, built: outcome, relativeError: error });
      if (same === undefined) digests.set(key, chain.id);
    }
  } finally {
    await original.close();
  }
  return candidates;
};

/** Time built versions against the original and each other in one session of interleaved rounds. Those that could not be timed are left
 *  out with the reason. Errors: `engine/cancelled`; what the original's own process dies of. */
export const timeCandidates = async (
  settings: FastestSettings,
  candidates: readonly Candidate[],
  leftOut: LeftOut[],
  context: Context,
): Promise<{ readonly timed: readonly Timed[]; readonly caveat: string | null }> => {
  const { modelPath, modelBytes, inputs, session, store, workFolder, seconds } = settings;
  if (candidates.length === 0) return { timed: [], caveat: null };
  const options: SessionOptions = { ...defaultSessionOptions, ...session };
  const baseline = subjectOf('original', modelPath, [{ path: modelPath, sizeBytes: modelBytes }], options, context);
  const subjects = [];
  for (const [index, { chain, built }] of candidates.entries()) {
    const path = await materialize(built, store, join(workFolder, `version-${index}`));
    const sizeBytes = built.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    subjects.push(
      subjectOf(chain.id, versionDigest(built.files), [{ path, sizeBytes }], built.sessionOptions, context),
    );
  }
  const outcomes = await latency.evaluate(
    trialOf(baseline, subjects, inputs),
    parseOptions(latency.id, latency.options, { maxSeconds: seconds, minRounds: 12, laps: 2 }),
    context,
  );
  const timed: Timed[] = [];
  let caveat: string | null = null;
  for (const [index, { chain, built, relativeError }] of candidates.entries()) {
    const outcome = outcomes.get(chain.id);
    const measurement =
      outcome?.kind === 'measured' ? outcome.measurements.find(({ metric }) => metric === 'latency-p50') : undefined;
    if (measurement?.versus === undefined) {
      leftOut.push({ chain, reason: outcome?.kind === 'failed' ? outcome.message : 'it could not be timed' });
      continue;
    }
    const { value, low, high } = measurement.versus;
    caveat ??= measurement.caveat ?? null;
    const { sizeBytes } = subjects[index]!.files[0]!;
    timed.push({ chain, built, sizeBytes, relativeError, ratio: { value, low, high } });
  }
  return { timed, caveat };
};

/** Which of several versions of a model is the fastest on this machine within an error budget: all are built, compared with the original on
 *  `inputs`, and timed.
 *  Errors: `data/empty` without inputs; `engine/cancelled`; what the original's own process dies of. */
export const findFastest = async (settings: FastestSettings, context: Context): Promise<Ranking> => {
  if (settings.inputs.length === 0)
    throw new SteelyardError(
      'data/empty',
      'there are no inputs to compare and time versions on',
      'give --inputs: a file with real rows',
    );
  const leftOut: LeftOut[] = [];
  const candidates = await buildCandidates(settings, leftOut, context);
  const { timed, caveat } = await timeCandidates(settings, candidates, leftOut, context);
  return { ranked: rankTimed(timed), leftOut, caveat };
};
