import { SteelyardError, defineEvaluator, requestsPerCall } from '../../contracts/index.ts';
import type { Measurement, Price, Subject, Trial } from '../../contracts/index.ts';
import { caveatOf, collect, measureMedian } from '../load/compare.ts';
import { throughputOptions, throughputSessions } from '../load/throughput.ts';

/** Cores that one process of a version keeps busy. */
export const coresOf = (subject: Subject): number =>
  Math.max(subject.sessionOptions.intraOpThreads, subject.sessionOptions.interOpThreads);

/** Currency per million requests: the share of the rented machine that one process uses, for as long as a million requests take.
 *  1e6 · (price per hour / 3600) · (cores used / cores bought) / requests per second. */
export const costPerMillion = (price: Price, cores: number, requestsPerSecond: number): number =>
  (1e6 * (price.perHour / 3600) * (cores / price.cores)) / requestsPerSecond;

const callText = (count: number): string => (count === 1 ? '1 request' : `${count} requests`);

/** A version by its name. */
export const subjectOf = (trial: Trial, id: string): Subject =>
  [trial.baseline, ...trial.candidates].find((one) => one.id === id)!;

/** What a million requests cost at the scenario's price. */
export const requests = defineEvaluator({
  id: 'cost/requests',
  version: 2,
  title: 'Cost',
  source: 'inference-perf, docs/metrics.md: price per second over requests per second',
  metrics: [
    {
      id: 'cost',
      title: 'Cost per million requests',
      unit: 'currency/million requests',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Price of the cores that one process uses, times the time it takes for a million requests at its measured throughput. Assumes that the machine is never idle and that its other cores serve as well.',
    },
  ],
  options: throughputOptions,
  needs: { dataset: 'inputs', alone: true, price: true },
  async evaluate(trial, options, context) {
    const { price } = trial;
    if (price === null)
      throw new SteelyardError(
        'cost/no-price',
        'the cost cannot be computed: the scenario names no price',
        'add "price: { perHour: 0.10, currency: USD, cores: 2 }" to the scenario, or leave the metric "cost" out',
      );
    const { sessions, metric, batchSize } = await throughputSessions(trial, options, context);
    return collect(trial, sessions, (session, arm): readonly Measurement[] => {
      const cores = coresOf(subjectOf(trial, arm));
      const baselineCores = coresOf(trial.baseline);
      const assumed =
        `estimate: ${price.currency} ${price.perHour} an hour for ${price.cores} cores of which each process uses ${cores}, ` +
        `never idle, ${callText(options.batchSize === 0 ? requestsPerCall(subjectOf(trial, arm), batchSize) : batchSize)} a call, other cores as fast as the measured ones`;
      const tooMany =
        cores > price.cores ? [`the price buys ${price.cores} cores, but the process was measured with ${cores}`] : [];
      const msToCost = (ms: number): number => costPerMillion(price, cores, metric.convert!(ms));
      const caveat = caveatOf(session, [...tooMany, assumed])!;
      const unit = 'currency/million requests' as const;
      const own = measureMedian(trial, session, arm, { ...metric, metric: 'cost', unit, convert: msToCost }, context);
      if (own.versus === undefined || cores === baselineCores) return [{ ...own, caveat }];
      // The ratio of times was computed with the version's own number of cores on both sides.
      const scale = cores / baselineCores;
      const { versus } = own;
      const evidence =
        versus.evidence.kind === 'bootstrap'
          ? { ...versus.evidence, values: versus.evidence.values.map((value) => value * scale) }
          : versus.evidence;
      return [
        {
          ...own,
          caveat,
          versus: {
            ...versus,
            value: versus.value * scale,
            low: versus.low * scale,
            high: versus.high * scale,
            evidence,
          },
        },
      ];
    });
  },
});
