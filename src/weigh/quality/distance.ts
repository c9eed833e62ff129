import {
  defineEvaluator,
  isSteelyardError,
  type Measurement,
  type MetricSpec,
  type Predictions,
  type SubjectOutcome,
  type Trial,
  type Unit,
} from '../../contracts/index.ts';
import { bootstrapMean, mean, sorted, supportsPercentile, wilson } from '../../statistics/index.ts';
import { answersOf } from './answers.ts';
import { quantileInterval } from './distance-metrics.ts';
import { rowDistances } from './row-distances.ts';

const spec = (
  id: string,
  title: string,
  unit: Unit,
  better: MetricSpec['better'],
  definition: string,
  said: Pick<MetricSpec, 'noun' | 'found'> = {},
): MetricSpec => ({ id, title, ...said, unit, better, versus: 'none', definition });

const alarm = 'An alarm, not a ranking: it shows how much answers move, not whether for the worse.';

const metrics = [
  spec(
    'kl',
    'Distance from the original',
    'nats',
    'lower',
    `Mean over examples of KL(original ‖ version) of the class probabilities, in float64. ${alarm}`,
  ),
  spec('kl-p50', 'Distance, median', 'nats', 'lower', `Median over examples of KL(original ‖ version). ${alarm}`, {
    noun: 'median distance from the original',
  }),
  spec(
    'kl-p95',
    'Distance, 95th percentile',
    'nats',
    'lower',
    `What KL(original ‖ version) does not exceed on 95 % of the examples. ${alarm}`,
    { noun: '95th percentile of the distance from the original' },
  ),
  spec(
    'kl-p99',
    'Distance, 99th percentile',
    'nats',
    'lower',
    `What KL(original ‖ version) does not exceed on 99 % of the examples. ${alarm}`,
    { noun: '99th percentile of the distance from the original' },
  ),
  spec(
    'kl-max',
    'Distance, largest',
    'nats',
    'lower',
    `The largest KL(original ‖ version) among these examples; it says nothing about others. ${alarm}`,
    { noun: 'largest distance from the original' },
  ),
  spec(
    'label-loyalty',
    'Same answers',
    'proportion',
    'higher',
    'Share of examples that get the same answer as from the original (label loyalty, Xu et al. 2021).',
    { noun: 'share of answers that stay the same', found: '{} of the answers stay the same' },
  ),
  spec(
    'probability-loyalty',
    'Same probabilities',
    'score',
    'higher',
    'Mean over examples of 1 − √JSD of the two probability distributions, JSD in bits: 1 is the same, 0 has nothing in common (probability loyalty, Xu et al. 2021).',
    { noun: 'likeness of the probabilities' },
  ),
] as const;

const percentiles = [
  ['kl-p50', 0.5],
  ['kl-p95', 0.95],
  ['kl-p99', 0.99],
] as const;

/** How far a version's probabilities lie from the original's, right or wrong: KL divergence (mean, percentiles, largest), the share of the same
 *  answers, and how much of the probabilities is shared. A percentile is left out where the examples cannot support it.
 *  A probability that a version gives as 0 counts as the smallest float32 number.
 *  Units: KL in nats. Intervals: bootstrap for means, order statistics for percentiles, Wilson for shares. The original's distance from itself is 0 and
 *  not reported. Errors: `quality/rows`, `task/not-finite`; a version with other classes fails with `quality/classes`. */
export const distance = defineEvaluator({
  id: 'quality/distance',
  version: 1,
  title: 'Distance from the original',
  source:
    'Kullback & Leibler 1951; Dutta et al. 2024 (arXiv 2407.09141); Xu et al. 2021 (arXiv 2109.03228); Lin 1991 (JSD)',
  metrics,
  options: {
    replicates: {
      kind: 'integer',
      default: 1000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind the intervals of means.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes' },
  async evaluate(trial: Trial, { replicates }, context) {
    const baseline = answersOf(await trial.predictions(trial.baseline), trial.examples, trial.baseline.id);
    const { confidence } = trial;
    const n = trial.examples.length;
    const measure = (version: Predictions, who: string): Measurement[] => {
      const { kl, shared, same } = rowDistances(baseline, version, who);
      const kept = same.reduce((sum, one) => sum + one, 0);
      const base = { confidence, samples: n };
      const average = (metric: string, unit: Unit, values: Float64Array): Measurement => {
        const value = mean(values);
        const random = context.random('quality/distance');
        const { low, high } = bootstrapMean(values, { confidence, random, replicates });
        return { metric, unit, value, low: Math.min(low, value), high: Math.max(high, value), ...base };
      };
      const ordered = sorted(kl);
      const largest = ordered[n - 1]!;
      return [
        average('kl', 'nats', kl),
        ...percentiles.flatMap(([metric, share]): Measurement[] =>
          supportsPercentile(share, n)
            ? [{ metric, unit: 'nats', ...quantileInterval(ordered, share, confidence), ...base }]
            : [],
        ),
        { metric: 'kl-max', unit: 'nats', value: largest, low: largest, high: largest, ...base },
        { metric: 'label-loyalty', unit: 'proportion', value: kept / n, ...wilson(kept, n, confidence), ...base },
        average('probability-loyalty', 'score', shared),
      ];
    };
    const outcomes = new Map<string, SubjectOutcome>([[trial.baseline.id, { kind: 'measured', measurements: [] }]]);
    for (const [index, subject] of trial.candidates.entries()) {
      context.signal.throwIfAborted();
      context.progress({ label: 'weighing distance', done: index, total: trial.candidates.length, detail: subject.id });
      try {
        const version = answersOf(await trial.predictions(subject), trial.examples, subject.id);
        outcomes.set(subject.id, { kind: 'measured', measurements: measure(version, subject.id) });
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error)) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    // No version left to compare: nothing was asked of the signal above.
    context.signal.throwIfAborted();
    return outcomes;
  },
});
