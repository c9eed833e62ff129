import { availableParallelism } from 'node:os';
import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Session, Subject, Trial } from '../../contracts/index.ts';
import { readStolenMs } from './guards.ts';
import { runRounds } from './rounds.ts';
import type { Round, RoundsWorld, Turn } from './rounds.ts';
import { relativeHalfWidth } from './ratios.ts';
import { ownWays, sameCalls, type Turns } from './turns.ts';
import { warmUp } from './warm-up.ts';
import type { WarmUp } from './warm-up.ts';
import { disturbance, unreadable, unrest, watch } from './watch.ts';

export interface InterleaveSettings {
  readonly label: string;
  readonly batchSize: number;
  /** A version that has batches of its own size, or of similar lengths, gets them; default: all get the same. */
  readonly ownBatches?: boolean;
  /** Half-width of the interval of every ratio to the baseline, relative, at which it is enough. */
  readonly target: number;
  readonly minRounds: number;
  readonly maxRounds: number;
  readonly maxSeconds: number;
  /** Fresh processes for everybody this many times. */
  readonly laps: number;
  /** Most candidates that are loaded at the same time. */
  readonly together: number;
  /** A turn lasts about this long for the baseline. */
  readonly turnMs: number;
  /** So many timed calls of each version at least, in longer turns where the rounds alone would have fewer. */
  readonly minCalls: number;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** One session of interleaved rounds over some candidates. */
export interface Interleaved<T extends Turn = Turn> {
  readonly candidates: readonly string[];
  readonly rounds: readonly Round<T>[];
  readonly laps: number;
  readonly warmUps: ReadonlyMap<string, readonly WarmUp[]>;
  readonly repeated: number;
  readonly disturbed: number;
  /** What the machine did besides while the rounds ran, in words. */
  readonly unrest?: readonly string[];
  /** False when a cap on rounds or time ended it before every interval was narrow enough. */
  readonly reachedTarget: boolean;
  readonly failed: ReadonlyMap<string, Fault>;
}

/** The second process of the baseline: whatever differs between the two is not a property of a model. */
export const againId = (trial: Pick<Trial, 'baseline'>): string => `${trial.baseline.id} (again)`;

const maxCallsPerTurn = 50;
/** Models faster than this get one untimed call before the timed ones: the others have used the caches since its last turn. */
const settleBelowMs = 20;

/** How many timed calls make a turn, from the baseline's warm time; `least`: by what all turns together must have. */
export const callsPerTurn = (warmMs: number, turnMs: number, least = 1): number =>
  Math.max(least, Math.min(maxCallsPerTurn, Math.max(1, Math.round(turnMs / Math.max(warmMs, 0.001)))));

/** `calls`: what is fed, call by call. */
const takeTurn = async (
  session: Session,
  calls: readonly Feeds[],
  settle: boolean,
  now: () => number,
): Promise<Turn> => {
  if (settle) await session.run(calls[0]!);
  const before = await session.usage();
  const start = now();
  const samples: number[] = [];
  let cpuMs = 0;
  let turnMs = 0;
  for (const feeds of calls) {
    const result = await session.run(feeds);
    samples.push(result.durationMs);
    cpuMs += result.cpuMs;
    turnMs += result.durationMs;
  }
  const wallMs = now() - start;
  const after = await session.usage();
  const middle = [...samples].sort((a, b) => a - b);
  const count = samples.length;
  const ms = (middle[(count - 1) >> 1]! + middle[count >> 1]!) / 2;
  const involuntarySwitches = after.involuntaryContextSwitches - before.involuntaryContextSwitches;
  return { ms, cpuMs: cpuMs / count, samples, turnMs, wallMs, involuntarySwitches };
};

export const faultOf = (error: unknown): Fault =>
  isSteelyardError(error) ? { code: error.code, message: error.message } : { code: 'internal', message: String(error) };

/** Runs `work` with the sessions that could be opened; closes them whatever happens. */
const withSessions = async <T>(
  subjects: ReadonlyMap<string, Subject>,
  mayFail: (arm: string, error: unknown) => boolean,
  onFault: (arm: string, error: unknown) => void,
  work: (sessions: ReadonlyMap<string, Session>) => Promise<T>,
): Promise<T> => {
  const sessions = new Map<string, Session>();
  const waiting = [...subjects];
  const openSome = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [arm, subject] = next;
      try {
        sessions.set(arm, await subject.open());
      } catch (error) {
        // Nothing more is opened after a fault that ends it all.
        if (!mayFail(arm, error)) {
          waiting.length = 0;
          throw error;
        }
        onFault(arm, error);
      }
    }
  };
  try {
    // Starting is not timed here, so the cores may share it.
    const opened = await Promise.allSettled(Array.from({ length: Math.min(4, availableParallelism()) }, openSome));
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    return await work(sessions);
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.close()));
  }
};

/** Measure some candidates against the baseline: every version in its own process, all alive, one running at a time.
 *  Errors: what the baseline's own process died of; cancellation. A candidate that fails is in `failed`. */
const interleaveSome = async (
  trial: Trial,
  candidates: readonly Subject[],
  turns: Turns,
  settings: InterleaveSettings,
  context: Context,
  progress: (done: number) => void,
): Promise<Interleaved> => {
  const { baseline } = trial;
  const again = againId(trial);
  const own = new Set([baseline.id, again]);
  const all = new Map<string, Subject>([
    [baseline.id, baseline],
    [again, baseline],
    ...candidates.map((one): [string, Subject] => [one.id, one]),
  ]);
  const mayFail = (arm: string, error: unknown): boolean =>
    !context.signal.aborted && !own.has(arm) && isSteelyardError(error);
  const failed = new Map<string, Fault>();
  const onFault = (arm: string, error: unknown): void => {
    context.log('warn', `${arm}: ${faultOf(error).message}`);
    failed.set(arm, faultOf(error));
  };
  const warmUps = new Map<string, WarmUp[]>();
  const random = context.random('load/order');
  let rounds: Round[] = [];
  const restless = new Set<string>();
  let [repeated, disturbed, calls, settle, reachedTarget] = [0, 0, 0, false, false];

  const narrow = (arms: readonly string[], soFar: readonly Round[]): boolean => {
    const done = [...rounds, ...soFar];
    reachedTarget = arms
      .filter((arm) => arm !== baseline.id && !failed.has(arm))
      .every((arm) => {
        const ratios = done
          .filter(({ turns }) => turns.has(arm))
          .map(({ turns }) => turns.get(arm)!.ms / turns.get(baseline.id)!.ms);
        const check = { confidence: trial.confidence, random: context.random('load/stop'), replicates: 500 };
        return ratios.length > 0 && relativeHalfWidth(ratios, check) <= settings.target;
      });
    return reachedTarget;
  };

  for (let lap = 0; lap < settings.laps; lap++) {
    const last = lap === settings.laps - 1;
    const subjects = new Map([...all].filter(([arm]) => !failed.has(arm)));
    await withSessions(subjects, mayFail, onFault, async (sessions) => {
      for (const [arm, session] of sessions) {
        let call = 0;
        const own = turns.pool(all.get(arm)!);
        const once = async (): Promise<number> => (await session.run(own[call++ % own.length]!)).durationMs;
        try {
          const warm = await warmUp(once, context.now);
          warmUps.set(arm, [...(warmUps.get(arm) ?? []), warm]);
        } catch (error) {
          if (!mayFail(arm, error)) throw error;
          onFault(arm, error);
        }
      }
      // Decided once: every round of every lap has the same number of calls.
      if (calls === 0) {
        const { warmMs } = warmUps.get(baseline.id)![0]!;
        calls = callsPerTurn(warmMs, settings.turnMs, Math.ceil(settings.minCalls / settings.minRounds));
        settle = warmMs < settleBelowMs;
      }
      const arms = [...subjects.keys()].filter((arm) => !failed.has(arm));
      const world: RoundsWorld = {
        now: context.now,
        stolenMs: readStolenMs,
        watch: () => {
          const end = watch();
          return () => disturbance(end());
        },
        turn: async (arm, input) => {
          const { warmMs } = warmUps.get(arm)!.at(-1)!;
          const { feeds, rows } = turns.callsOf(all.get(arm)!, { input, calls, warmMs });
          const turn = await takeTurn(sessions.get(arm)!, feeds, settle, context.now);
          return rows === null ? turn : { ...turn, rows, ms: turn.turnMs / (feeds.length * rows) };
        },
        isArmFault: mayFail,
        threads: Math.max(...[...subjects.values()].map(({ sessionOptions }) => sessionOptions.intraOpThreads)),
        cores: availableParallelism(),
      };
      const quota = Math.max(1, Math.ceil(settings.minRounds / settings.laps));
      const endLap = watch();
      const result = await runRounds(arms, world, {
        lap,
        minRounds: quota,
        maxRounds: last ? Math.max(quota, settings.maxRounds - rounds.length) : quota,
        maxMs: (settings.maxSeconds * 1000) / settings.laps,
        enough: (soFar) => !last || narrow(arms, soFar),
        checkEvery: 10,
        random,
        onRound: (done) => {
          context.signal.throwIfAborted();
          progress(rounds.length + done);
        },
      });
      const seen = endLap();
      const restlessness = unrest(seen);
      if (restlessness !== null) restless.add(restlessness);
      const told = [restlessness, unreadable(seen)].filter((one) => one !== null);
      if (told.length > 0) context.log('info', `${settings.label}: ${told.join('; ')}`);
      for (const [arm, error] of result.failed) onFault(arm, error);
      rounds = [...rounds, ...result.rounds];
      repeated += result.repeated;
      disturbed += result.disturbed;
    });
  }
  return {
    candidates: candidates.map(({ id }) => id),
    // What a version did before it failed does not count.
    rounds: rounds.map(({ lap, turns }) => ({ lap, turns: new Map([...turns].filter(([arm]) => !failed.has(arm))) })),
    laps: settings.laps,
    warmUps,
    repeated,
    disturbed,
    // Of several sets of processes the last one's words stand for all.
    unrest: [...restless].slice(-1),
    reachedTarget,
    failed,
  };
};

/** Interleaved, paired rounds over all candidates of a trial, `together` at a time; every group has the baseline and the A/A arm in it.
 *  Source: randomized multiple interleaved trials (Abedi & Brecht, ICPE 2017).
 *  Errors: `data/empty`; what the baseline's process died of; the reason of a cancellation. */
export const interleave = async (
  trial: Trial,
  settings: InterleaveSettings,
  context: Context,
): Promise<readonly Interleaved[]> => {
  if (trial.candidates.some(({ id }) => id === againId(trial)))
    throw new SteelyardError('load/name', `a candidate must not be named "${againId(trial)}"`);
  const { batchSize, ownBatches } = settings;
  const turns = (ownBatches === true ? ownWays : sameCalls)(trial, batchSize, context.random('load/inputs'));
  const groups: Interleaved[] = [];
  const count = Math.max(1, Math.ceil(trial.candidates.length / settings.together));
  for (let group = 0; group < count; group++) {
    const some = trial.candidates.slice(group * settings.together, (group + 1) * settings.together);
    const detail = `${some.length + 2} processes, one at a time`;
    const progress = (done: number): void =>
      context.progress({
        label: settings.label,
        done: group * settings.minRounds + Math.min(done, settings.minRounds),
        total: count * settings.minRounds,
        detail: `${detail}, round ${done}`,
      });
    progress(0);
    groups.push(await interleaveSome(trial, some, turns, settings, context, progress));
  }
  return groups;
};
