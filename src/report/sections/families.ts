import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import { capital } from '../text.ts';
import type { Version, View } from '../view.ts';

/** What a family of evaluators looks at, by the first part of their ids, in the order of a report. */
const titles: Readonly<Record<string, string>> = {
  quality: 'Quality and calibration',
  fairness: 'Fairness',
  robustness: 'Robustness',
  load: 'Speed and load',
  resources: 'Memory, processor and size',
  energy: 'Energy',
  cost: 'Cost',
};
const order = Object.keys(titles);
const rankOf = (family: string): number => (order.includes(family) ? order.indexOf(family) : order.length);

const familyOf = (evaluator: string): string => evaluator.split('/')[0]!;

/** The most telling metric of an evaluator, where it is not the first one with a better end. */
const telling: Readonly<Record<string, string>> = {
  'robustness/uncommon-words': 'uncommon-accuracy',
  'fairness/groups': 'worst-group-accuracy',
  'load/server': 'server-latency-p99',
};

/** A family of metrics that were measured for a version. */
export interface Side {
  readonly family: string;
  readonly title: string;
  /** Metrics in the order of their evaluators. */
  readonly metrics: readonly MetricSpec[];
  /** One or two an evaluator: what it is asked for most, and what the scenario names. */
  readonly telling: readonly MetricSpec[];
}

const tellingOf = (view: View, evaluator: string, measured: readonly Measurement[]): string[] => {
  const whole = measured.filter(({ slice }) => slice === undefined).map(({ metric }) => metric);
  const first =
    whole.find((id) => id === telling[evaluator]) ??
    whole.find((id) => {
      const metric = view.metrics.get(id);
      return metric !== undefined && metric.better !== 'neither';
    });
  return [...new Set([...(first === undefined ? [] : [first]), ...whole.filter((id) => view.named.has(id))])];
};

/** All that was measured of some versions on the evaluation data, by family. */
export const sidesOf = (view: View, versions: readonly Version[]): readonly Side[] => {
  const found = new Map<string, { metrics: Set<string>; telling: Set<string> }>();
  for (const record of view.evaluators) {
    if (record.split !== 'evaluation') continue;
    for (const version of versions) {
      const outcome = record.outcomes[version.id];
      if (outcome?.kind !== 'measured' || outcome.measurements.length === 0) continue;
      const family = familyOf(record.evaluator);
      const side = found.get(family) ?? { metrics: new Set<string>(), telling: new Set<string>() };
      found.set(family, side);
      for (const { metric } of outcome.measurements) side.metrics.add(metric);
      for (const metric of tellingOf(view, record.evaluator, outcome.measurements)) side.telling.add(metric);
    }
  }
  const specs = (ids: ReadonlySet<string>): MetricSpec[] => [...ids].flatMap((id) => view.metrics.get(id) ?? []);
  return [...found]
    .map(([family, side]) => ({
      family,
      title: titles[family] ?? capital(family),
      metrics: specs(side.metrics),
      telling: specs(side.telling),
    }))
    .filter(({ metrics }) => metrics.length > 0)
    .toSorted((a, b) => rankOf(a.family) - rankOf(b.family));
};

/** Metric → title of its family, for lists that are grouped by family. */
export const familyTitles = (view: View): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { evaluator, outcomes } of view.evaluators)
    for (const outcome of Object.values(outcomes))
      if (outcome.kind === 'measured')
        for (const { metric } of outcome.measurements)
          found.set(metric, titles[familyOf(evaluator)] ?? capital(familyOf(evaluator)));
  return found;
};
