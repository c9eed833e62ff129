import {
  defineEvaluator,
  type Context,
  type LoadPlan,
  type Measurement,
  type Options,
  type Trial,
} from '../../../contracts/index.ts';
import { quantile, sorted, supportsPercentile } from '../../../statistics/index.ts';
import { collect, judge, measureMedian } from '../compare.ts';
import { measurePercentile } from '../percentile.ts';
import { constantArrivals, gammaArrivals, poissonArrivals, readTrace, replay, traceRate } from '../schedule/index.ts';
import type { Library } from './library.ts';
import { loadTarget, randomOf, runOptions, shareOf } from './options.ts';
import { arrivalPlan } from './plans.ts';
import { achievedShare, dispatchDelays, goodputOf } from './readings.ts';
import { plannedCalls, runsUnderLoad, type LoadGroup, type RunsSettings } from './runs.ts';
import { isSaturated } from './saturation.ts';
import { loadCaveat, ownMeasurement, turnsOf } from './tell.ts';
import { expectedTraffic, limitOption, rateOption, type Expected } from './traffic.ts';
import { takeLoadTurn } from './turn.ts';

export const arrivalOptions = {
  arrivals: {
    kind: 'choice',
    default: 'poisson',
    choices: ['poisson', 'gamma', 'constant', 'trace'],
    description: 'How requests arrive: independently, in bursts, evenly, or as in a file of times.',
  },
  burstiness: {
    kind: 'number',
    default: 0.5,
    min: 0.01,
    max: 100,
    description: 'For gamma arrivals: 1 is Poisson, below 1 requests come in bursts, above 1 more evenly.',
  },
  trace: {
    kind: 'text',
    default: '',
    description: 'For trace arrivals: a file with one time a line, in seconds or as date and time.',
  },
} as const;

export const serverOptions = {
  ...runOptions,
  ...rateOption,
  ...limitOption,
  ...arrivalOptions,
  outputs: {
    kind: 'integer',
    default: 32,
    min: 1,
    max: 10_000,
    description: 'Compare this many answers of the first run with those of the quality run.',
  },
} as const;

/** Half the requests of a run are sent later than this: the client cannot keep its schedule. */
const mostDispatchMs = 10;
const leastAchieved = 0.99;

/** Arrival times of one run. Errors: `load/trace`. */
export const arrivalsOf = async (
  options: Options<typeof arrivalOptions>,
  rate: number,
  share: ReturnType<typeof shareOf>,
  random: ReturnType<typeof randomOf>,
): Promise<Float64Array> => {
  const extent = { minMs: share.minMs, minCount: share.minQueries, maxMs: share.maxMs, maxCount: 1_000_000 };
  switch (options.arrivals) {
    case 'gamma':
      return gammaArrivals(rate, options.burstiness, extent, random);
    case 'constant':
      return constantArrivals(rate, extent);
    case 'trace':
      return replay(await readTrace(options.trace), rate, share.maxMs);
    default:
      return poissonArrivals(rate, extent, random);
  }
};

/** Whether the client and the versions kept up, in words; null: they did. */
const health = (turns: ReturnType<typeof turnsOf>): string | null => {
  const late = turns.filter(({ played }) => quantile(sorted(dispatchDelays(played)), 0.5) > mostDispatchMs).length;
  if (late > 0)
    return `unreliable: in ${late} of ${turns.length} runs half of the requests were sent more than ${mostDispatchMs} ms late`;
  const saturated = turns.filter(({ played }) => isSaturated(played)).length;
  if (2 * saturated > turns.length)
    return `saturated: in ${saturated} of ${turns.length} runs the queue grew all the time, so latencies depend on how long a run lasts`;
  const behind = turns.filter(
    ({ played, ms }) => achievedShare(played) < leastAchieved - (2 * ms) / Math.max(1, played.scheduledMs.at(-1) ?? 1),
  ).length;
  return 2 * behind > turns.length
    ? `in ${behind} of ${turns.length} runs less than 99 % of the offered rate was achieved`
    : null;
};

const metricsOf = [
  { metric: 'server-latency-p90', percentile: 0.9 },
  { metric: 'server-latency-p99', percentile: 0.99 },
] as const;
const more = { calls: 'requests', evaluator: 'load/server', option: 'min-queries' };

/** Open-loop load at the rate that the scenario expects. */
export const server = defineEvaluator({
  id: 'load/server',
  version: 2,
  title: 'Load as a server',
  source: 'MLPerf LoadGen, Server scenario; GuideLLM (over-saturation); vLLM (burstiness)',
  metrics: [
    {
      id: 'server-latency-p50',
      title: 'Median latency under load',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'From when a request is due by the schedule to its answer, waiting included, at the scenario’s rate; median of a run, median over runs (MLPerf LoadGen, Server).',
    },
    {
      id: 'server-latency-p90',
      title: '90th percentile under load',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'The same time that 9 of 10 requests do not exceed, over all runs, by MLPerf’s early-stopping rule; needs 64 requests, otherwise not reported.',
    },
    {
      id: 'server-latency-p99',
      title: '99th percentile under load',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'The same time that 99 of 100 requests do not exceed, over all runs, by MLPerf’s early-stopping rule; needs 662 requests, otherwise not reported.',
    },
    {
      id: 'goodput',
      title: 'Goodput',
      unit: 'requests/s',
      better: 'higher',
      versus: 'ratio',
      definition: 'Requests answered within the scenario’s latency limit, per second of the run; median over runs.',
    },
    {
      id: 'achieved-rate',
      title: 'Achieved of the offered rate',
      noun: 'achieved share of the offered rate',
      unit: 'proportion',
      better: 'higher',
      versus: 'none',
      definition: 'Share of the offered rate at which answers came; below 1 the queue grows. Median over runs.',
    },
    {
      id: 'dispatch-delay-p99',
      title: 'Dispatch delay, 99th percentile',
      noun: '99th percentile of the dispatch delay',
      unit: 'ms',
      better: 'neither',
      versus: 'none',
      definition:
        'How late the client itself sent 99 of 100 requests, part of every latency; with fewer than 662 requests the largest delay. The client’s doing, not the model’s.',
    },
  ],
  options: serverOptions,
  needs: { dataset: 'inputs', alone: true, traffic: true, files: ['trace'] },
  when: 'asked',
  async evaluate(trial, options, context) {
    const { groups, expected } = await serverRuns(trial, options, context);
    const sessions = judge(trial, groups, ({ ms }) => ms, loadTarget, 'load as a server', context);
    return collect(trial, sessions, (session, arm): readonly Measurement[] => {
      const turns = turnsOf(session, arm);
      const { assumedRate, assumedLimit } = expected();
      const caveat = loadCaveat(session, groups, arm, [health(turns), assumedRate]);
      const { limitMs } = expected();
      const median = measureMedian(
        trial,
        session,
        arm,
        { metric: 'server-latency-p50', unit: 'ms', read: ({ ms }) => ms, convert: null },
        context,
      );
      const percentiles = metricsOf.map((one) => measurePercentile(trial, session, arm, one, more, context, caveat));
      const good = measureMedian(
        trial,
        session,
        arm,
        // Nothing in time is not nothing at all: a ratio needs a number above 0.
        {
          metric: 'goodput',
          unit: 'requests/s',
          read: ({ played }) => Math.max(1e-6, goodputOf(played, limitMs)),
          convert: null,
        },
        context,
      );
      const achieved = turns.map(({ played }) => achievedShare(played));
      const delays = sorted(turns.flatMap(({ played }) => [...dispatchDelays(played)]));
      const { confidence } = trial;
      return [
        { ...median, caveat },
        ...percentiles,
        { ...good, caveat: assumedLimit === null ? caveat : `${assumedLimit}; ${caveat}` },
        ownMeasurement(
          { metric: 'achieved-rate', unit: 'proportion', confidence },
          quantile(sorted(achieved), 0.5),
          achieved,
          turns.length,
          caveat,
        ),
        ownMeasurement(
          { metric: 'dispatch-delay-p99', unit: 'ms', confidence },
          supportsPercentile(0.99, delays.length) ? quantile(delays, 0.99) : delays.at(-1)!,
          [],
          delays.length,
          caveat,
        ),
      ];
    });
  },
});

/** The runs behind the evaluator, and the rate and limit that they were made with. */
export const serverRuns = async (
  trial: Trial,
  options: Options<typeof serverOptions>,
  context: Context,
): Promise<{ groups: readonly LoadGroup[]; expected: () => Expected }> => {
  const share = shareOf(trial, options);
  // A trace has a rate of its own, unless one is asked for.
  const traced = options.arrivals === 'trace' ? traceRate(await readTrace(options.trace)) : 0;
  const plans = new Map<number, LoadPlan>();
  let expected: Expected | null = null;
  const planOf = async (library: Library, warmMs: number, round: number): Promise<LoadPlan> => {
    const known = plans.get(round);
    if (known !== undefined) return known;
    expected ??= expectedTraffic(trial, { ...options, rate: options.rate || traced }, warmMs);
    const at = await arrivalsOf(options, expected.rate, share, randomOf(context, 'arrivals', round));
    const draws = {
      samples: randomOf(context, 'samples', round),
      log: randomOf(context, 'log', round),
      keep: round === 0 ? options.outputs : 0,
    };
    const plan = arrivalPlan(at, library, draws, Math.max(2_000, share.maxMs));
    plans.set(round, plan);
    return plan;
  };
  const settings: RunsSettings = {
    label: 'measuring under load',
    rows: 1,
    runs: options.runs,
    laps: options.laps,
    together: options.together,
    round: async ({ library, warmMs }, round, arms, attempt) => {
      const plan = await planOf(library, warmMs, round);
      const turns = new Map();
      for (const arm of arms) {
        const turn = await attempt(arm, () => takeLoadTurn(arm.client, plan, plan.drainMs));
        if (turn === null) continue;
        plannedCalls.set(turn, (query) => [plan.calls[query]!]);
        turns.set(arm.id, turn);
      }
      return turns;
    },
  };
  const groups = await runsUnderLoad(trial, settings, context);
  return { groups, expected: () => expected! };
};
