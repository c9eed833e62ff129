import { availableParallelism } from 'node:os';
import {
  SteelyardError,
  isSteelyardError,
  requestsPerCall,
  type Context,
  type LoadClient,
  type Subject,
  type Trial,
} from '../../../contracts/index.ts';
import { median } from '../../../statistics/index.ts';
import { againId, faultOf, type Fault, type Interleaved } from '../interleave.ts';
import type { Round } from '../rounds.ts';
import { warmUp, type WarmUp } from '../warm-up.ts';
import { disturbance, unreadable, unrest } from '../watch.ts';
import { checkCaching } from './caching.ts';
import { checkInputs, checkOutputs, checkWhole, type KeptAnswer, type Violation } from './compliance.ts';
import { libraryOf, type Library } from './library.ts';
import { latenciesOf } from './readings.ts';
import type { LoadTurn } from './turn.ts';

/** One version with its client. */
export interface Arm {
  readonly id: string;
  readonly client: LoadClient;
  /** The calls that its client has. */
  readonly library: Library;
  /** One call at a time, warm, as the client sees it. */
  readonly warmMs: number;
}

/** Runs `work` for an arm; null, and the arm is out, when it failed. */
export type Attempt = <T>(arm: Arm, work: () => Promise<T>) => Promise<T | null>;

export interface Setup {
  /** The baseline's. */
  readonly library: Library;
  /** The baseline's warm time: what plans are made from. Decided once. */
  readonly warmMs: number;
}

export interface RunsSettings {
  readonly label: string;
  /** Examples in one call. */
  readonly rows: number;
  /** A version that takes waiting requests in its own way (so many a call, by length) gets them so; default: all get the same. */
  readonly ownBatches?: boolean;
  /** Runs of every version. */
  readonly runs: number;
  /** Fresh processes for everybody this many times. */
  readonly laps: number;
  /** Most candidates that are loaded at the same time. */
  readonly together: number;
  /** One run of each of these versions, under the same plan. A version that failed has none. */
  readonly round: (
    setup: Setup,
    round: number,
    arms: readonly Arm[],
    attempt: Attempt,
  ) => Promise<ReadonlyMap<string, LoadTurn>>;
}

/** A session of runs under load. */
export interface LoadGroup extends Interleaved<LoadTurn> {
  /** Rules of MLPerf's compliance tests that a version broke, by version. */
  readonly violations: ReadonlyMap<string, readonly Violation[]>;
  /** What a reader must know about the machine during the session. */
  readonly notes: readonly string[];
  readonly setup: Setup;
}

/** One run in five may be repeated for all versions together, and one in any case. */
const repeatsAllowed = (runs: number): number => 1 + Math.floor(runs / 5);

/** Send one call after the other until it gets no faster. Errors: what the model's process died of. */
export const warmClient = async (client: LoadClient, size: number, now: () => number): Promise<WarmUp> => {
  let call = 0;
  return warmUp(async () => {
    const played = await client.play({
      at: null,
      calls: Int32Array.of(call++ % size),
      callsPerQuery: 1,
      minQueries: 1,
      minMs: 0,
      maxMs: 60_000,
      drainMs: 60_000,
      giveUp: null,
      keep: new Int32Array(0),
    });
    const fault = played.faults.find(({ code }) => code.startsWith('runtime/'));
    if (fault !== undefined) throw new SteelyardError(fault.code, fault.message);
    return latenciesOf(played, 0)[0]!;
  }, now);
};

/** Calls of a query of a turn; set by whoever made the plan. */
export const plannedCalls = new WeakMap<LoadTurn, (query: number) => readonly number[]>();

/** Answers of the timed runs beside those of the quality run, sample by sample; none where an example's answer is not one row of scores. */
const keptAnswers = async (
  trial: Trial,
  subject: Subject,
  library: Library,
  turns: readonly LoadTurn[],
): Promise<{ answers: readonly KeptAnswer[]; cut: Violation | null }> => {
  const task = subject.task ?? trial.task;
  const found = turns.flatMap((turn) =>
    turn.played.kept.flatMap(({ query, outputs }) =>
      outputs.map((one, at) => {
        const call = plannedCalls.get(turn)!(query)[at]!;
        const rows = library.rowsOf(subject, call);
        try {
          const scores = task.decode({ outputs: one, durationMs: 0, cpuMs: 0 }, rows.length, rows);
          return { call, scores: scores.every(Number.isFinite) ? scores : null };
        } catch (error) {
          if (!isSteelyardError(error)) throw error;
          return { call, scores: null };
        }
      }),
    ),
  );
  const cut = checkWhole(found.map(({ scores }) => scores !== null));
  if (task.parts !== undefined || task.answer !== undefined || task.labels.length === 0) return { answers: [], cut };
  const { scores: judged } = await trial.predictions(subject);
  const classes = task.labels.length;
  const answers = found.flatMap(({ call, scores }) =>
    scores === null
      ? []
      : library.examples[call]!.map((example, row) => ({
          timed: scores.slice(row * classes, (row + 1) * classes),
          judged: judged.slice(example * classes, (example + 1) * classes),
        })),
  );
  return { answers, cut };
};

const runSome = async (
  trial: Trial,
  candidates: readonly Subject[],
  libraryFor: (subject: Subject) => Library,
  settings: RunsSettings,
  context: Context,
  known: { warmMs: number | null },
  progress: (done: number) => void,
): Promise<LoadGroup> => {
  const { baseline } = trial;
  const again = againId(trial);
  const own = new Set([baseline.id, again]);
  const subjects = new Map<string, Subject>([
    [baseline.id, baseline],
    [again, baseline],
    ...candidates.map((one): [string, Subject] => [one.id, one]),
  ]);
  const failed = new Map<string, Fault>();
  const violations = new Map<string, Violation[]>();
  const accuse = (arm: string, violation: Violation | null): void => {
    if (violation === null) return;
    context.log('warn', `${arm}: ${violation.message} (${violation.code})`);
    violations.set(arm, [...(violations.get(arm) ?? []), violation]);
  };
  const onError = (arm: string, error: unknown): void => {
    if (context.signal.aborted || own.has(arm) || !isSteelyardError(error)) throw error;
    context.log('warn', `${arm}: ${error.message}`);
    failed.set(arm, faultOf(error));
  };
  const rounds: Round<LoadTurn>[] = [];
  const warmUps = new Map<string, WarmUp[]>();
  const notes = new Set<string>();
  const random = context.random('load/order');
  let [repeated, disturbed] = [0, 0];
  const library = libraryFor(baseline);
  let setup: Setup = { library, warmMs: known.warmMs ?? Number.NaN };

  for (let lap = 0; lap < settings.laps; lap++) {
    const clients = new Map<string, LoadClient>();
    const waiting = [...subjects].filter(([id]) => !failed.has(id));
    const connectSome = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [id, subject] = next;
        try {
          if (subject.connect === undefined)
            throw new SteelyardError('load/no-client', `${id} cannot be driven from another process`);
          clients.set(id, await subject.connect(libraryFor(subject).calls(subject)));
        } catch (error) {
          waiting.length = 0;
          onError(id, error);
        }
      }
    };
    try {
      const opened = await Promise.allSettled(Array.from({ length: Math.min(4, availableParallelism()) }, connectSome));
      for (const one of opened) if (one.status === 'rejected') throw one.reason;
      const arms: Arm[] = [];
      for (const [id, client] of clients) {
        context.signal.throwIfAborted();
        try {
          const subject = subjects.get(id)!;
          const calls = libraryFor(subject);
          const seen = await warmClient(client, calls.warming, context.now);
          warmUps.set(id, [...(warmUps.get(id) ?? []), seen]);
          arms.push({ id, client, library: calls, warmMs: seen.warmMs });
          if (lap === 0) {
            accuse(id, checkInputs(calls.meanTokens(subject), calls.meanTokens(baseline)));
            if (id !== again) accuse(id, (await checkCaching(client, calls.alike, seen.warmMs)).violation);
          }
        } catch (error) {
          onError(id, error);
        }
      }
      if (known.warmMs === null) known.warmMs = arms.find(({ id }) => id === baseline.id)!.warmMs;
      setup = { library, warmMs: known.warmMs };
      const attempt: Attempt = async (arm, work) => {
        context.signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          onError(arm.id, error);
          return null;
        }
      };
      const first = Math.round((lap * settings.runs) / settings.laps);
      const last = Math.round(((lap + 1) * settings.runs) / settings.laps);
      for (let round = first; round < last; round++) {
        context.signal.throwIfAborted();
        progress(round);
        const alive = arms.filter(({ id }) => !failed.has(id));
        const turns = await settings.round(setup, round, random.shuffle(alive), attempt);
        const reasons = [...turns.values()].map(({ watched }) => disturbance(watched)).filter((one) => one !== null);
        for (const { watched } of turns.values()) {
          const besides = [unrest(watched), unreadable(watched)].filter((one) => one !== null);
          for (const one of besides) notes.add(one);
        }
        if (reasons.length > 0 && repeated < repeatsAllowed(settings.runs)) {
          repeated++;
          context.log('info', `${settings.label}: a run is repeated for all versions: ${reasons[0]}`);
          round--;
          continue;
        }
        if (reasons.length > 0) {
          disturbed++;
          notes.add(`disturbed: ${reasons[0]}`);
        }
        rounds.push({ lap, turns });
      }
    } finally {
      await Promise.all([...clients.values()].map((client) => client.close()));
    }
  }
  for (const [id, subject] of subjects) {
    if (failed.has(id) || id === again) continue;
    const turns = rounds.flatMap((round) => round.turns.get(id) ?? []);
    if (turns.every(({ played }) => played.kept.length === 0)) continue;
    const calls = libraryFor(subject);
    const { answers, cut } = await keptAnswers(trial, subject, calls, turns);
    accuse(id, cut);
    const differs = checkOutputs(answers, calls.rows === 1 && trial.batchSize === 1);
    accuse(id, differs);
    // Speed and quality would be those of different answers.
    if (differs !== null && !own.has(id)) failed.set(id, differs);
  }
  const whole = rounds.map(({ lap, turns }) => ({
    lap,
    turns: new Map([...turns].filter(([arm]) => !failed.has(arm))),
  }));
  const pauses = whole.flatMap(({ turns }) => [...turns.values()].map(({ played }) => played.collectingMs));
  context.log(
    'info',
    `${settings.label}: ${whole.length} runs, ${repeated} repeated, ${disturbed} disturbed; garbage collection in the client: median ${median(pauses).toFixed(1)} ms a run`,
  );
  const wanted = candidates.map(({ id }) => id);
  const common = { candidates: wanted, rounds: whole, laps: settings.laps, warmUps, repeated, disturbed, failed };
  return { ...common, reachedTarget: true, violations, notes: [...notes], setup };
};

/** Short runs of every version under the same load, in random order, each version driven by a client of its own in another process; every
 *  group has the baseline and the A/A arm in it. Runs that something else disturbed are repeated for all versions together.
 *  Errors: `data/empty`, `load/no-client`; what the baseline's process died of; the reason of a cancellation. */
export const runsUnderLoad = async (
  trial: Trial,
  settings: RunsSettings,
  context: Context,
): Promise<readonly LoadGroup[]> => {
  context.signal.throwIfAborted();
  if (trial.candidates.some(({ id }) => id === againId(trial)))
    throw new SteelyardError('load/name', `a candidate must not be named "${againId(trial)}"`);
  const libraries = new Map<string, Library>();
  // The same random order, so that all sizes of batches are made of the same examples.
  const libraryFor = (subject: Subject): Library => {
    const rows = settings.ownBatches === true ? requestsPerCall(subject, settings.rows) : settings.rows;
    const buckets = settings.ownBatches === true ? (subject.sessionOptions.sequenceBuckets ?? []) : [];
    const key = JSON.stringify([rows, buckets]);
    const known = libraries.get(key) ?? libraryOf(trial, rows, context.random('load/library'), undefined, buckets);
    libraries.set(key, known);
    return known;
  };
  const known: { warmMs: number | null } = { warmMs: null };
  const count = Math.max(1, Math.ceil(trial.candidates.length / settings.together));
  const groups: LoadGroup[] = [];
  for (let group = 0; group < count; group++) {
    const some = trial.candidates.slice(group * settings.together, (group + 1) * settings.together);
    const progress = (done: number): void =>
      context.progress({
        label: settings.label,
        done: group * settings.runs + done,
        total: count * settings.runs,
        detail: `${some.length + 2} versions in turn, run ${done + 1}`,
      });
    groups.push(await runSome(trial, some, libraryFor, settings, context, known, progress));
  }
  return groups;
};
