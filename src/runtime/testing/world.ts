import {
  SteelyardError,
  defaultSessionOptions,
  type Feeds,
  type LoadPlan,
  type Predictions,
  type RunResult,
  type Subject,
  type Trial,
} from '../../contracts/index.ts';
import type { Clock } from '../client/clock.ts';
import { play, type Target } from '../client/play.ts';

/** A world with a clock of its own: time passes only from event to event, at once. */
export const simulated = () => {
  let now = 0;
  const events: { at: number; happen: () => void }[] = [];
  let turning = false;
  const turn = (): void => {
    const next = events.sort((a, b) => a.at - b.at).shift();
    if (next === undefined) {
      turning = false;
      return;
    }
    now = Math.max(now, next.at);
    next.happen();
    setImmediate(turn);
  };
  const schedule = (at: number, happen: () => void): void => {
    events.push({ at, happen });
    if (!turning) {
      turning = true;
      setImmediate(turn);
    }
  };
  const clock: Clock = { now: () => now, until: (at) => new Promise((resolve) => schedule(at, resolve)) };
  /** A server with one worker; `ms` of the n-th call, null: it never answers, an error code: it fails after 1 ms. */
  const server = (
    ms: (n: number, call: number) => number | string | null,
    answer: (call: number) => readonly number[] = (call) => [call],
  ): Target & { readonly seen: number[] } => {
    let free = 0;
    const seen: number[] = [];
    return {
      seen,
      drop: () => undefined,
      send: (call) =>
        new Promise<RunResult>((resolve, reject) => {
          const taken = ms(seen.push(call) - 1, call);
          if (taken === null) return;
          const length = typeof taken === 'string' ? 1 : taken;
          free = Math.max(free, now) + length;
          schedule(free, () =>
            typeof taken === 'string'
              ? reject(new SteelyardError(taken, 'as told'))
              : resolve({
                  outputs: {
                    y: { dtype: 'float32', dims: [1, answer(call).length], data: Float32Array.from(answer(call)) },
                  },
                  durationMs: length,
                  cpuMs: length,
                }),
          );
        }),
    };
  };
  /** A version that is driven in this world: every row of x is answered with [x₀, −x₀] + `shift`, each call after `ms`. */
  const subject = (
    id: string,
    ms: (n: number, call: number) => number | string | null,
    shift = 0,
  ): Subject & { readonly open: never } =>
    ({
      id,
      digest: id,
      sessionOptions: defaultSessionOptions,
      files: [],
      connect: (calls: readonly Feeds[]) => {
        const target = server(ms, (call) => {
          const { dims, data } = calls[call]!['x']!;
          const width = dims[1]!;
          return Array.from({ length: dims[0]! }, (_, row) => (data as Float32Array)[row * width]!).flatMap((x) => [
            x + shift,
            shift - x,
          ]);
        });
        const usage = { rssBytes: 0, peakRssBytes: 0, cpuMs: 0, involuntaryContextSwitches: 0 };
        return Promise.resolve({
          play: (plan: LoadPlan) => play(plan, target, clock),
          usage: () => Promise.resolve(usage),
          close: () => Promise.resolve(),
        });
      },
    }) as unknown as Subject & { readonly open: never };
  return { clock, server, subject };
};

/** The quality run of such versions. */
export const judgedAnswers = ({ examples, task }: Pick<Trial, 'examples' | 'task'>): Promise<Predictions> => {
  const scores = Float32Array.from(
    examples.flatMap(({ tensors }) => {
      const x = (tensors!['x']!.data as Float32Array)[0]!;
      return [x, -x];
    }),
  );
  return Promise.resolve({ labels: task.labels, predicted: new Int32Array(examples.length), scores, truncated: 0 });
};

/** A plan with defaults. */
export const planOf = (more: Partial<LoadPlan>): LoadPlan => ({
  at: null,
  calls: Int32Array.of(0),
  callsPerQuery: 1,
  minQueries: 1,
  minMs: 0,
  maxMs: 60_000,
  drainMs: 5_000,
  giveUp: null,
  keep: new Int32Array(0),
  ...more,
});
