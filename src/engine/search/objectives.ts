import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import { normalQuantile } from '../../statistics/index.ts';
import type { Asked } from '../measure/measure.ts';

/** One preferred metric as a search makes it smaller. */
export interface Wanted {
  readonly spec: MetricSpec;
  /** Metrics that stand for it where a short look cannot report it, the nearest first: a median for a 99th percentile. */
  readonly proxies: readonly MetricSpec[];
}

/** What a search makes smaller: the preferred metrics, the most wanted first. */
export const wantedOf = (prefer: readonly string[], evaluators: readonly Asked[]): readonly Wanted[] =>
  prefer.flatMap((id) => {
    const metrics = evaluators.find(({ evaluator }) => evaluator.metrics.some((one) => one.id === id))?.evaluator
      .metrics;
    const spec = metrics?.find((one) => one.id === id);
    if (metrics === undefined || spec === undefined) return [];
    const proxies = metrics.filter(
      (one) => one.id !== id && one.unit === spec.unit && one.better === spec.better && one.versus === spec.versus,
    );
    return [{ spec, proxies }];
  });

interface Position {
  readonly objective: number;
  readonly error: number;
}

const halfWidth = (low: number, high: number, confidence: number): number =>
  Math.abs(high - low) / 2 / normalQuantile((1 + confidence) / 2);

const positionOf = (
  spec: MetricSpec,
  measured: Measurement,
  baseline: Measurement | undefined,
  unseen: number,
): Position | null => {
  const { versus, confidence } = measured;
  const sign = spec.better === 'higher' ? -1 : 1;
  if (versus?.kind === 'ratio' && versus.value > 0 && versus.low > 0)
    return {
      objective: sign * Math.log(versus.value),
      error: Math.hypot(
        halfWidth(Math.log(versus.low), Math.log(versus.high), confidence),
        versus.evidence.kind === 'exact' ? 0 : unseen,
      ),
    };
  if (versus?.kind === 'difference' && Number.isFinite(versus.value))
    return { objective: sign * versus.value, error: halfWidth(versus.low, versus.high, confidence) };
  if (!Number.isFinite(measured.value)) return null;
  const before = baseline !== undefined && Number.isFinite(baseline.value) ? baseline.value : 0;
  return {
    objective: sign * (measured.value - before),
    error: halfWidth(measured.low, measured.high, confidence),
  };
};

const find = (measurements: readonly Measurement[], { id }: MetricSpec): Measurement | undefined =>
  measurements.find(({ metric, slice, value }) => metric === id && slice === undefined && Number.isFinite(value));

/** Where a version stands in what is wanted, smaller is better, 0 is the original: the logarithm of the ratio to the original, or the loss
 *  against it, with standard errors. `unseen`: standard error that the intervals of ratios do not show. What this look did not measure is as good as the original, give or take a lot. */
export const objectivesOf = (
  wanted: readonly Wanted[],
  measurements: readonly Measurement[],
  baseline: readonly Measurement[],
  unseen = 0,
): { readonly objectives: readonly number[]; readonly errors: readonly number[] } => {
  const positions = wanted.map(({ spec, proxies }): Position => {
    for (const one of [spec, ...proxies]) {
      const measured = find(measurements, one);
      const position = measured === undefined ? null : positionOf(one, measured, find(baseline, one), unseen);
      if (position !== null) return position;
    }
    return { objective: 0, error: 1 };
  });
  return { objectives: positions.map(({ objective }) => objective), errors: positions.map(({ error }) => error) };
};
