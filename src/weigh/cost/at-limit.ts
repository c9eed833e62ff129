import { SteelyardError, defineEvaluator } from '../../contracts/index.ts';
import type { Context, Measurement, MetricSpec, Trial } from '../../contracts/index.ts';
import { quantile, sorted } from '../../statistics/index.ts';
import { collect, judge, methodOf, type Judged } from '../load/compare.ts';
import { againId } from '../load/interleave.ts';
import { estimateMedian } from '../load/ratios.ts';
import { loadTarget } from '../load/scenarios/options.ts';
import { noRateWords, peakOptions, peakWords, peaksOf, rateOfTurn, peakResolution } from '../load/scenarios/peak.ts';
import { loadCaveat, ownMeasurement, turnsOf } from '../load/scenarios/tell.ts';
import type { LoadTurn } from '../load/scenarios/turn.ts';
import { breakEven, capacityFor, costLines, once, perMonth } from './lines.ts';
import { coresOf, costPerMillion, subjectOf } from './requests.ts';

/** Beyond this a number of requests only says "never". */
const mostRequests = 1e15;

/** A cost per round, and its ratio to the original's in the same round. `costOf` knows each version's own cores. */
const paired = (
  trial: Trial,
  session: Judged<LoadTurn>,
  arm: string,
  { id: metric, unit }: Pick<MetricSpec, 'id' | 'unit'>,
  costOf: (arm: string, rate: number) => number,
  caveat: string,
  context: Context,
): Measurement => {
  const { confidence, baseline } = trial;
  const { rounds } = session.group;
  const laps = rounds.map(({ lap }) => lap);
  const costs = (id: string): number[] => rounds.map(({ turns }) => costOf(id, rateOfTurn(turns.get(id)!)));
  const settings = { confidence, random: context.random(`cost/${metric}`) };
  const { value, low, high } = estimateMedian({ values: costs(arm), laps }, session.spread, settings);
  const other = arm === baseline.id ? againId(trial) : arm;
  const theirs = costs(baseline.id);
  const ratios = costs(other).map((one, i) => one / theirs[i]!);
  const method = methodOf(session);
  return {
    metric,
    unit,
    value,
    low,
    high,
    confidence,
    samples: rounds.length,
    caveat,
    versus: {
      kind: 'ratio',
      ...estimateMedian({ values: ratios, laps }, session.spread, settings),
      method: arm === baseline.id ? `A/A arm: ${method}` : method,
    },
  };
};

const metrics = {
  atLimit: {
    id: 'cost-at-limit',
    title: 'Cost per million requests within the limit',
    unit: 'currency/million requests',
    better: 'lower',
    versus: 'ratio',
    definition:
      'Price of the cores that one process uses, times the time for a million requests at the largest rate that meets the scenario’s latency limit (inference-perf’s formula at the rate of MLPerf’s Server scenario).',
  },
  perMonth: {
    id: 'cost-per-month',
    title: 'Cost per month',
    unit: 'currency/month',
    better: 'lower',
    versus: 'ratio',
    definition:
      'Whole processes for the scenario’s traffic at that rate, idle time included, and every line of price.other that is paid monthly.',
  },
  idle: {
    id: 'idle-share',
    title: 'Idle share',
    unit: 'proportion',
    better: 'lower',
    versus: 'none',
    definition:
      'Share of what the rented processes could answer within the limit that requests-per-month does not ask for.',
  },
  breakEven: {
    id: 'break-even',
    title: 'Break-even',
    noun: 'number of requests until break-even',
    unit: 'count',
    better: 'lower',
    versus: 'none',
    definition:
      'Requests after which what is paid once for the version (price.other) is paid back by what a request costs less than with the original; not reported when it never is.',
  },
} as const satisfies Record<string, MetricSpec>;

/** What a version costs at the rate that it can be used at, with what is easily forgotten. */
export const costAtLimit = defineEvaluator({
  id: 'cost/at-limit',
  version: 2,
  title: 'Cost within the limit',
  source: 'inference-perf, docs/metrics.md; MLPerf LoadGen, Server scenario',
  metrics: Object.values(metrics),
  options: peakOptions,
  needs: { dataset: 'inputs', alone: true, price: true, traffic: true },
  when: 'asked',
  async evaluate(trial, options, context) {
    const { price, traffic } = trial;
    if (price === null)
      throw new SteelyardError('cost/no-price', 'the cost cannot be computed: the scenario names no price');
    const peaks = await peaksOf(trial, options, context);
    const { groups } = peaks;
    const target = Math.max(loadTarget, options.precision);
    const sessions = judge(trial, groups, rateOfTurn, target, 'cost within the limit', context, peakResolution);
    const cores = (arm: string): number => coresOf(subjectOf(trial, arm === againId(trial) ? trial.baseline.id : arm));
    const perMillion = (arm: string, rate: number): number => costPerMillion(price, cores(arm), rate);
    const isOriginal = (arm: string): boolean => arm === trial.baseline.id || arm === againId(trial);
    const linesOf = (arm: string, rate: number) => costLines(price, cores(arm), rate, traffic, isOriginal(arm));
    const monthly = (arm: string, rate: number): number => perMonth(linesOf(arm, rate));
    return collect(trial, sessions, (session, arm): readonly Measurement[] => {
      const assumed = `estimate: ${price.currency} ${price.perHour} an hour for ${price.cores} cores, ${cores(arm)} a process`;
      const caveat = loadCaveat(session, groups, arm, [
        noRateWords(turnsOf(session, arm)),
        assumed,
        ...peakWords(peaks, options.percentile),
      ]);
      const rates = turnsOf(session, arm).map(rateOfTurn);
      const rate = quantile(sorted(rates), 0.5);
      const lines = linesOf(arm, rate);
      const atLimit = paired(trial, session, arm, metrics.atLimit, perMillion, caveat, context);
      const month = { ...paired(trial, session, arm, metrics.perMonth, monthly, caveat, context), bill: lines };
      const found: Measurement[] = [atLimit, month];
      const { confidence } = trial;
      const idles = rates.flatMap((one) => capacityFor(one, traffic).idleShare ?? []);
      if (idles.length > 0)
        found.push(
          ownMeasurement(
            { metric: 'idle-share', unit: 'proportion', confidence },
            quantile(sorted(idles), 0.5),
            idles,
            idles.length,
            caveat,
          ),
        );
      const paid = once(lines);
      if (isOriginal(arm) || paid === 0) return found;
      // Per request: by the bills of a month where its requests are stated, else by the costs at the limit.
      const by = traffic?.requestsPerMonth === undefined ? atLimit : month;
      const requests = traffic?.requestsPerMonth ?? 1e6;
      const saving = (ratio: number): number => (by.value * (1 / ratio - 1)) / requests;
      const { versus } = by;
      const pays = breakEven(paid, saving(versus!.value));
      if (pays === null) {
        context.log(
          'info',
          `${arm}: what is paid once (${paid} ${price.currency}) is never paid back: a request costs no less`,
        );
        return found;
      }
      const bound = (ratio: number): number => Math.min(mostRequests, breakEven(paid, saving(ratio)) ?? mostRequests);
      const [low, high] = [bound(versus!.low), bound(versus!.high)];
      found.push({
        metric: 'break-even',
        unit: 'count',
        confidence,
        value: Math.min(mostRequests, pays),
        low: Math.min(low, pays),
        high: Math.max(high, pays),
        samples: by.samples,
        caveat: `${paid} ${price.currency} paid once${high >= mostRequests ? ', which may never be paid back' : ''}; ${caveat}`,
      });
      return found;
    });
  },
});
