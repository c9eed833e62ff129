import type { MetricSpec, Measurement, StoreRecord } from '../../contracts/index.ts';
import { SteelyardError } from '../../contracts/index.ts';
import { visible } from '../text.ts';
import { measurementOf, versionsOf, viewOf, type Version, type View } from '../view.ts';

/** What the scenario says about load; nothing of it is required. */
interface Stated {
  readonly seed: number | null;
  readonly rate: number | null;
  readonly limitMs: number | null;
  readonly options: Readonly<Record<string, unknown>>;
}

interface Shape {
  readonly evaluator: string;
  readonly scenario: string;
  readonly mode: string;
  readonly samplesPerQuery: number;
  /** Any of these makes the summary worth writing. */
  readonly metrics: readonly string[];
  /** Latency percentiles, and how many queries the early-stopping rule wants for each. */
  readonly percentiles: readonly { readonly metric: string; readonly percentile: number; readonly needs: number }[];
  /** What the scenario is about: the percentile that MLPerf reports. */
  readonly target: string | null;
}

const needs = { 50: 1, 90: 64, 99: 662 } as const;
const percentile = (metric: string, at: 50 | 90 | 99) => ({ metric, percentile: at, needs: needs[at] });

const shapes: readonly Shape[] = [
  {
    evaluator: 'load/single-stream',
    scenario: 'SingleStream',
    mode: 'PerformanceOnly',
    samplesPerQuery: 1,
    metrics: ['single-stream-p90', 'single-stream-p99'],
    percentiles: [percentile('single-stream-p90', 90), percentile('single-stream-p99', 99)],
    target: 'single-stream-p90',
  },
  {
    evaluator: 'load/multi-stream',
    scenario: 'MultiStream',
    mode: 'PerformanceOnly',
    samplesPerQuery: 8,
    metrics: ['multi-stream-p90', 'multi-stream-p99'],
    percentiles: [percentile('multi-stream-p90', 90), percentile('multi-stream-p99', 99)],
    target: 'multi-stream-p99',
  },
  {
    evaluator: 'load/server',
    scenario: 'Server',
    mode: 'PerformanceOnly',
    samplesPerQuery: 1,
    metrics: ['server-latency-p50', 'server-latency-p90', 'server-latency-p99'],
    percentiles: [
      percentile('server-latency-p50', 50),
      percentile('server-latency-p90', 90),
      percentile('server-latency-p99', 99),
    ],
    target: 'server-latency-p99',
  },
  {
    evaluator: 'load/peak',
    scenario: 'Server',
    mode: 'FindPeakPerformance',
    samplesPerQuery: 1,
    metrics: ['peak-rate'],
    percentiles: [],
    target: null,
  },
  {
    evaluator: 'load/offline',
    scenario: 'Offline',
    mode: 'PerformanceOnly',
    samplesPerQuery: 1,
    metrics: ['offline-throughput'],
    percentiles: [],
    target: null,
  },
];

const bar = '='.repeat(48);
const heading = (text: string): string[] => [bar, text, bar];
const nanoseconds = (ms: number): string => (Number.isFinite(ms) ? String(Math.round(ms * 1e6)) : 'unbounded');
const yes = (holds: boolean): string => (holds ? 'Yes' : 'NO');

const statedOf = (view: View, { evaluator }: Shape): Stated => {
  const scenario = (view.run.scenario ?? {}) as {
    readonly seed?: unknown;
    readonly traffic?: { readonly requestsPerSecond?: unknown; readonly latencyLimitMs?: unknown };
    readonly weigh?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const options = scenario.weigh?.[evaluator] ?? {};
  const positive = (...values: readonly unknown[]): number | null =>
    (values.find((value) => typeof value === 'number' && value > 0) as number | undefined) ?? null;
  return {
    seed: typeof scenario.seed === 'number' ? scenario.seed : null,
    rate: positive(options['rate'], scenario.traffic?.requestsPerSecond),
    limitMs: positive(options['limitMs'], scenario.traffic?.latencyLimitMs),
    options,
  };
};

/** Parts of a caveat that take a result back: a broken rule of the compliance tests, a client or a queue out of control. */
const faultsOf = (caveat: string | undefined): string[] =>
  (caveat ?? '').split('; ').filter((part) => /^(load\/[a-z-]+:|unreliable|saturated|of \d+ requests:)/.test(part));

const warningsOf = (caveat: string | undefined): string[] =>
  (caveat ?? '')
    .split('; ')
    .filter((part) => part !== '' && !part.startsWith('not an MLPerf result') && !faultsOf(caveat).includes(part));

interface Judgement {
  readonly lines: readonly string[];
  readonly valid: boolean;
  readonly advice: readonly string[];
}

/** VALID as LoadGen says it, as far as the records can tell. The shortest time is MLPerf's own rule and is passed over by name. */
const judged = (shape: Shape, version: Version, stated: Stated, faults: readonly string[]): Judgement => {
  const target = shape.target === null ? null : measurementOf(version, shape.target);
  const isServer = shape.scenario === 'Server' && shape.target !== null;
  const early = shape.target === null || target !== null;
  const within = !isServer || (target !== null && stated.limitMs !== null && target.value <= stated.limitMs);
  const advice = [
    ...(early ? [] : [`Send more queries: the ${shape.target} needs ${needs[99]} of them.`]),
    ...(isServer && stated.limitMs === null ? ['State traffic.latency-limit in the scenario.'] : []),
    ...(isServer && stated.limitMs !== null && !within && early ? ['Reduce target QPS to improve latency.'] : []),
  ];
  return {
    valid: early && within && faults.length === 0,
    advice,
    lines: [
      ...(isServer ? [`  Performance constraints satisfied : ${yes(within)}`] : []),
      '  Min duration satisfied : Skipped',
      '  Min queries satisfied : Skipped',
      ...(shape.target === null ? [] : [`  Early stopping satisfied: ${yes(early && within)}`]),
      ...(faults.length === 0 ? [] : ['  Compliance satisfied : NO']),
    ],
  };
};

const resultLines = (shape: Shape, version: Version, stated: Stated): string[] => {
  const value = (metric: string): Measurement | null => measurementOf(version, metric);
  const perSecond = (rate: number): string => rate.toFixed(2);
  if (shape.scenario === 'Offline') return [`Samples per second: ${perSecond(value('offline-throughput')!.value)}`];
  if (shape.mode === 'FindPeakPerformance')
    return [`Scheduled samples per second : ${perSecond(value('peak-rate')!.value)}`];
  if (shape.scenario === 'Server')
    return stated.rate === null ? [] : [`Scheduled samples per second : ${perSecond(stated.rate)}`];
  const target = value(shape.target!);
  const { percentile: at } = shape.percentiles.find(({ metric }) => metric === shape.target)!;
  return target === null ? [] : [`${at}th percentile latency (ns) : ${nanoseconds(target.value)}`];
};

const summaryOf = (view: View, version: Version, shape: Shape): string[] => {
  const first = shape.metrics.map((metric) => measurementOf(version, metric)).find((one) => one !== null);
  if (first === undefined || first === null) return [];
  const stated = statedOf(view, shape);
  const faults = faultsOf(first.caveat);
  const warnings = warningsOf(first.caveat);
  const { valid, lines, advice } = judged(shape, version, stated, faults);
  const achieved = shape.evaluator === 'load/server' ? measurementOf(version, 'achieved-rate') : null;
  const stats = [
    ...(achieved === null || stated.rate === null
      ? []
      : [`Completed samples per second    : ${(achieved.value * stated.rate).toFixed(2)}`, '']),
    ...shape.percentiles.map(({ metric, percentile: at, needs: least }) => {
      const one = measurementOf(version, metric);
      return `${at.toFixed(2)} percentile latency (ns)   : ${one === null ? `not known: it needs ${least} queries` : nanoseconds(one.value)}`;
    }),
  ];
  const options = Object.entries(stated.options).filter(([name]) => name !== 'rate' && name !== 'limitMs');
  return [
    ...heading('MLPerf Results Summary (not an MLPerf result)'),
    `SUT name : ${visible(version.id)}`,
    `Scenario : ${shape.scenario}`,
    `Mode     : ${shape.mode}`,
    ...resultLines(shape, version, stated),
    `Result is : ${valid ? 'VALID' : 'INVALID'}`,
    ...lines,
    ...(advice.length + faults.length === 0
      ? []
      : ['Recommendations:', ...[...advice, ...faults].map((one) => ` * ${visible(one)}`)]),
    ...(stats.length === 0 ? [] : ['', ...heading('Additional Stats'), ...stats]),
    '',
    ...heading('Test Parameters Used'),
    `samples_per_query : ${shape.samplesPerQuery}`,
    ...(stated.rate === null || shape.evaluator !== 'load/server' ? [] : [`target_qps : ${stated.rate}`]),
    ...(stated.limitMs === null || shape.scenario !== 'Server'
      ? []
      : [`target_latency (ns): ${nanoseconds(stated.limitMs)}`]),
    `query_count : ${first.samples}`,
    ...(stated.seed === null ? [] : [`schedule_rng_seed : ${stated.seed}`]),
    ...options.map(
      ([name, value]) => `${name} : ${typeof value === 'string' ? visible(value) : JSON.stringify(value)}`,
    ),
    '',
    ...(warnings.length === 0
      ? ['No warnings encountered during test.']
      : [
          `${warnings.length} warning${warnings.length === 1 ? '' : 's'} encountered.`,
          ...warnings.map((one) => ` * ${visible(one)}`),
        ]),
    faults.length === 0
      ? 'No errors encountered during test.'
      : `${faults.length} error${faults.length === 1 ? '' : 's'} encountered.`,
    '',
  ];
};

const preface = [
  'These are NOT MLPerf results. They follow the form of mlperf_log_summary.txt so that numbers can be read side by side:',
  ' * MLPerf asks for runs of 600 s; these are shorter, so "Min duration" and "Min queries" are skipped and VALID means the other rules only.',
  ' * The load was made by Steelyard, by the rules of LoadGen (schedule, latency from when a query was due, early stopping).',
  ' * Nothing was submitted to or reviewed by MLCommons, and the model, data and accuracy target are not those of a benchmark.',
  '',
];

/** The load scenarios of a run in the form of MLPerf LoadGen's mlperf_log_summary.txt, one block a version and scenario, times in ns.
 *  It says that and why it is no MLPerf result.
 *  Errors: `report/empty`; `report/no-load` when no scenario of the kind was measured; `report/no-version` for an unknown `only`. */
export const toMlperf = (records: readonly StoreRecord[], metrics: readonly MetricSpec[], only?: string): string => {
  const view = viewOf(records, metrics);
  const blocks = shapes.flatMap((shape) =>
    versionsOf(view, only).flatMap((version) => summaryOf(view, version, shape)),
  );
  if (blocks.length === 0)
    throw new SteelyardError(
      'report/no-load',
      'no load scenario was measured, so there is nothing to write in the form of MLPerf',
      `name one under "weigh" in the scenario and run it again: ${shapes.map(({ evaluator }) => evaluator).join(', ')}`,
    );
  return [...preface, ...blocks].join('\n');
};
