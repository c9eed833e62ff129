import {
  defineEvaluator,
  type Context,
  type LoadPlan,
  type Measurement,
  type Options,
  type Trial,
} from '../../../contracts/index.ts';
import { median, samplesUnder } from '../../../statistics/index.ts';
import { collect, judge, measureMedian } from '../compare.ts';
import type { Interleaved } from '../interleave.ts';
import { poissonArrivals } from '../schedule/index.ts';
import { loadTarget, randomOf, runOptions } from './options.ts';
import { peakSearch, type PeakSearch } from './peak-search.ts';
import { arrivalPlan } from './plans.ts';
import { latenciesOf } from './readings.ts';
import { plannedCalls, runsUnderLoad, type LoadGroup } from './runs.ts';
import { loadCaveat, turnsOf } from './tell.ts';
import { expectedTraffic, limitOption, type Expected } from './traffic.ts';
import { takeLoadTurn, type LoadTurn } from './turn.ts';

export const peakOptions = {
  runs: { ...runOptions.runs, default: 3, description: 'Searches for every version, side by side.' },
  laps: { ...runOptions.laps, default: 1 },
  percentile: {
    kind: 'number',
    default: 0.99,
    min: 0.5,
    max: 0.9999,
    description: 'Share of requests that must be answered within the limit.',
  },
  minQueries: { ...runOptions.minQueries, description: 'A probe of one rate sends at least this many requests.' },
  probeSeconds: {
    kind: 'number',
    default: 10,
    min: 0.05,
    max: 3600,
    unit: 's',
    description: 'A probe of one rate takes at most this long; a rate that fails ends sooner.',
  },
  precision: {
    kind: 'number',
    default: 0.05,
    min: 0.005,
    max: 1,
    description: 'A search ends when the rate is known to this share (0.05 = 5 %).',
  },
  probes: { kind: 'integer', default: 12, min: 3, max: 100, description: 'Rates that one search tries at most.' },
  maxSeconds: runOptions.maxSeconds,
  together: runOptions.together,
  ...limitOption,
} as const;

/** How many of n requests may miss the limit: by the early-stopping rule, so that the percentile holds with 99 % confidence; with too few
 *  requests for that by the plain percentile sorted[⌊n·p⌋]. Source: MLPerf LoadGen, Server validity. */
export const allowedOver = (n: number, percentile: number): { readonly over: number; readonly confident: boolean } => {
  if (n < samplesUnder(0, percentile))
    return { over: n - 1 - Math.min(n - 1, Math.floor(n * percentile)), confident: false };
  let over = 0;
  while (samplesUnder(over + 1, percentile) + over + 1 <= n) over++;
  return { over, confident: true };
};

const fewestInProbe = 5;

/** A search of one version in one round, as a turn. */
export interface PeakTurn extends LoadTurn {
  readonly rate: number;
  /** The smallest rate that failed. */
  readonly failing: number;
}

export interface Peaks {
  readonly groups: readonly LoadGroup[];
  readonly expected: Expected;
  /** False: some probe had too few requests for 99 % confidence. */
  readonly confident: boolean;
}

const known = new WeakMap<Trial, Map<string, Promise<Peaks>>>();

/** The searches of a trial, made once for all evaluators that ask with the same options (the cost at the limit is read from them).
 *  Errors: as `runsUnderLoad`; failed searches are not remembered. */
export const peaksOf = (trial: Trial, options: Options<typeof peakOptions>, context: Context): Promise<Peaks> => {
  const key = JSON.stringify(options);
  let ofTrial = known.get(trial);
  if (ofTrial === undefined) known.set(trial, (ofTrial = new Map()));
  const before = ofTrial.get(key);
  if (before !== undefined) return before;
  const made = searchPeaks(trial, options, context);
  ofTrial.set(key, made);
  made.catch(() => ofTrial.delete(key));
  return made;
};

const searchPeaks = async (trial: Trial, options: Options<typeof peakOptions>, context: Context): Promise<Peaks> => {
  let expected: Expected | null = null;
  let confident = true;
  const before = new Map<string, number>();
  const started = context.now();
  const late = (round: number): boolean =>
    context.now() - started > (options.maxSeconds * 1000 * (round + 1)) / options.runs;
  const planOf = (rate: number, round: number, library: Parameters<typeof arrivalPlan>[1], keep: number): LoadPlan => {
    const extent = { minMs: 0, minCount: options.minQueries, maxMs: options.probeSeconds * 1000, maxCount: 1_000_000 };
    const drawn = poissonArrivals(rate, extent, randomOf(context, 'arrivals', round));
    // Chance may leave a slow schedule empty.
    const at = drawn.length > 0 ? drawn : Float64Array.of(0);
    const { limitMs } = expected!;
    const allowed = allowedOver(at.length, options.percentile);
    confident &&= allowed.confident;
    const draws = { samples: randomOf(context, 'samples', round), log: randomOf(context, 'log', round), keep };
    return arrivalPlan(at, library, draws, Math.max(2_000, 4 * limitMs), { ms: limitMs, count: allowed.over });
  };
  const groups = await runsUnderLoad(
    trial,
    {
      label: 'searching the largest rate',
      rows: 1,
      runs: options.runs,
      laps: options.laps,
      together: options.together,
      round: async ({ library, warmMs }, round, arms, attempt) => {
        expected ??= expectedTraffic(trial, options, warmMs);
        const searches = new Map<string, PeakSearch>(
          arms.map(({ id, warmMs: own }) => {
            const last = before.get(id);
            // A server that is busy half of the time; later searches begin where the one before ended.
            const floor = fewestInProbe / options.probeSeconds;
            const common = { precision: options.precision, maxProbes: options.probes, floor };
            return [
              id,
              peakSearch(
                last ? { ...common, start: last, step: 1.2 } : { ...common, start: 500 / Math.max(own, 1e-3) },
              ),
            ];
          }),
        );
        const turns = new Map<string, LoadTurn>();
        for (let probe = 0, open = true; open && (probe === 0 || !late(round)); probe++) {
          open = false;
          for (const arm of arms) {
            const search = searches.get(arm.id)!;
            const rate = search.next();
            if (rate === null) continue;
            open = true;
            const plan = planOf(rate, round, library, round === 0 && probe === 0 ? 32 : 0);
            const turn = await attempt(arm, () => takeLoadTurn(arm.client, plan, plan.drainMs));
            if (turn === null) {
              searches.set(arm.id, { ...search, next: () => null });
              turns.delete(arm.id);
              continue;
            }
            const { over } = allowedOver(plan.at!.length, options.percentile);
            const missed = latenciesOf(turn.played, Number.POSITIVE_INFINITY).filter(
              (ms) => ms > expected!.limitMs,
            ).length;
            search.tell(rate, !turn.played.gaveUp && missed <= over);
            plannedCalls.set(turn, (query) => [plan.calls[query]!]);
            // The first probe's outputs are looked at; the machine is judged by the last one.
            const first = turns.get(arm.id);
            const shown = first === undefined ? turn : { ...turn, played: { ...turn.played, kept: first.played.kept } };
            if (first !== undefined) plannedCalls.set(shown, plannedCalls.get(first)!);
            turns.set(arm.id, shown);
          }
        }
        return new Map(
          [...turns].map(([id, turn]): [string, PeakTurn] => {
            const { low, high } = searches.get(id)!;
            if (low > 0) before.set(id, low);
            const found = { ...turn, rate: low, failing: high, ms: 1000 / Math.max(low, 1e-3) };
            plannedCalls.set(found, plannedCalls.get(turn)!);
            return [id, found];
          }),
        );
      },
    },
    context,
  );
  return { groups, expected: expected!, confident };
};

/** The largest rate of a search. Where no rate met the limit, the smallest that was tried: the true one lies below. */
export const rateOfTurn = (turn: LoadTurn): number => {
  const { rate, failing } = turn as PeakTurn;
  return Math.max(1e-3, rate > 0 || !Number.isFinite(failing) ? rate : failing);
};

/** A search ends between two rates: each ratio may be off by as much as lies between them. The logarithm of that, the median over searches. */
export const peakResolution = (group: Interleaved<LoadTurn>): number => {
  const gaps = group.rounds.flatMap(({ turns }) =>
    [...turns.values()].flatMap((turn) => {
      const { rate, failing } = turn as PeakTurn;
      return rate > 0 && Number.isFinite(failing) ? [Math.log(failing / rate)] : [];
    }),
  );
  return gaps.length === 0 ? 0 : median(gaps);
};

/** How many of a version's searches found no rate at all, in words; null: none. */
export const noRateWords = (turns: readonly LoadTurn[]): string | null => {
  const none = turns.filter((turn) => (turn as PeakTurn).rate === 0).length;
  return none === 0
    ? null
    : `in ${none} of ${turns.length} searches no rate that was tried met the limit: the number is an upper bound`;
};

/** What the searches found, in words for the reader. */
export const peakWords = ({ expected, confident }: Peaks, percentile: number): readonly (string | null)[] => [
  `${(100 * percentile).toPrecision(4).replace(/\.?0+$/, '')} % of requests within ${expected.limitMs.toPrecision(3)} ms`,
  expected.assumedLimit,
  confident ? null : 'probes had too few requests to hold with 99 % confidence',
];

/** The largest rate that meets the scenario's limit. */
export const peak = defineEvaluator({
  id: 'load/peak',
  version: 1,
  title: 'Largest rate within the limit',
  source: 'MLPerf LoadGen, Server scenario, FindPeakPerformance',
  metrics: [
    {
      id: 'peak-rate',
      title: 'Largest rate within the limit',
      unit: 'requests/s',
      better: 'higher',
      versus: 'ratio',
      definition:
        'Largest rate of independent arrivals at which 99 % of the requests are answered within the scenario’s latency limit, found by doubling and halving with a run at every rate (MLPerf LoadGen); median over searches.',
    },
  ],
  options: peakOptions,
  needs: { dataset: 'inputs', alone: true, traffic: true },
  when: 'asked',
  async evaluate(trial, options, context) {
    const peaks = await peaksOf(trial, options, context);
    const { groups } = peaks;
    const target = Math.max(loadTarget, options.precision);
    const sessions = judge(trial, groups, rateOfTurn, target, 'largest rate', context, peakResolution);
    return collect(trial, sessions, (session, arm): readonly Measurement[] => [
      {
        ...measureMedian(
          trial,
          session,
          arm,
          { metric: 'peak-rate', unit: 'requests/s', read: rateOfTurn, convert: null },
          context,
        ),
        caveat: loadCaveat(session, groups, arm, [
          noRateWords(turnsOf(session, arm)),
          ...peakWords(peaks, options.percentile),
        ]),
      },
    ]);
  },
});
