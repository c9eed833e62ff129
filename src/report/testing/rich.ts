import type {
  Exhibit,
  GateResult,
  MeasureRecord,
  Measurement,
  MetricSpec,
  StoreRecord,
} from '../../contracts/index.ts';
import { metrics as declared } from '../../weigh/index.ts';
import { fixture } from './fixture.ts';
import { shapes, type Shape } from './fixture-measures.ts';
import { metrics as plain } from './metrics.ts';
import { richSides, type Fact } from './rich-sides.ts';

/** What the evaluators declare, for a report of all sides. */
export const richMetrics: readonly MetricSpec[] = [
  ...declared,
  ...plain.filter(({ id }) => !declared.some((one) => one.id === id)),
];

/** How much of a fact's harm a version has: none of it for the original, most for the four-bit one. */
const harmOf = (shape: Shape): number => Math.min(1.5, (shape.harmed + shape.helped) / 12);

const spread = (value: number, half: number) => ({ value, low: value - half, high: value + half });

const measurementOf = (fact: Fact, shape: Shape | null): Measurement | null => {
  const spec = richMetrics.find(({ id }) => id === fact.metric);
  if (spec === undefined) return null;
  const {
    original,
    harm = 0,
    half = 0,
    samples = 1000,
    method = `paired bootstrap over ${samples} examples, 1,000 draws`,
  } = fact;
  const { caveat } = fact;
  const bill = fact.bills?.[shape === null ? 0 : 1];
  const isBounded = spec.unit === 'proportion';
  const clamp = (span: { value: number; low: number; high: number }) =>
    isBounded ? { value: span.value, low: Math.max(0, span.low), high: Math.min(1, span.high) } : span;
  const common = {
    metric: fact.metric,
    unit: spec.unit,
    confidence: 0.95,
    samples,
    ...(fact.slice === undefined ? {} : { slice: fact.slice }),
    ...(caveat === undefined ? {} : { caveat }),
    ...(bill === undefined ? {} : { bill }),
  };
  if (spec.versus === 'ratio') {
    const ratio = shape === null ? 1 : 1 + (shape.ratio - 1) * (harm === 0 ? 1 : harm);
    const value = spec.better === 'higher' ? original / ratio : original * ratio;
    const own = { value, low: value * (1 - half), high: value * (1 + half) };
    if (shape === null) return { ...common, ...own };
    const against = spec.better === 'higher' ? 1 / ratio : ratio;
    return {
      ...common,
      ...own,
      versus: {
        kind: 'ratio',
        value: against,
        low: against * (1 - half * 1.3),
        high: against * (1 + half * 1.3),
        evidence: {
          kind: 'bootstrap',
          probabilities: [0.025, 0.975],
          values: [against * (1 - half), against * (1 + half)],
        },
        method,
      },
    };
  }
  const change = shape === null ? 0 : harmOf(shape) * harm;
  const value = original + change;
  const own = clamp(spread(value, half));
  if (shape === null || spec.versus === 'none') return { ...common, ...own };
  return {
    ...common,
    ...own,
    versus: {
      kind: 'difference',
      ...spread(change, half * 0.6),
      evidence: {
        kind: 'bootstrap',
        probabilities: [0.025, 0.975],
        values: [change - half * 0.6, change + half * 0.6],
      },
      method,
    },
  };
};

const exhibits: readonly Exhibit[] = [
  {
    how: 'deepwordbug',
    example: 'test-17',
    original: 'my card was charged twice <b>please</b> help',
    changed: 'my crad was chraged twice <b>please</b> help',
    label: 'billing',
    answer: 'other',
  },
];

const recordOf = (
  evaluator: string,
  facts: readonly Fact[],
  like: MeasureRecord,
  only: readonly Shape[],
): MeasureRecord => ({
  ...like,
  key: `sha256:${Buffer.from(evaluator).toString('hex').padEnd(64, '0').slice(0, 64)}`,
  evaluator,
  evaluatorVersion: 1,
  outcomes: Object.fromEntries(
    [null, ...only].map((shape) => [
      shape === null ? 'baseline' : shape.id,
      {
        kind: 'measured',
        measurements: facts.flatMap((fact) =>
          shape === null && fact.versionOnly === true ? [] : (measurementOf(fact, shape) ?? []),
        ),
        ...(evaluator === 'robustness/attacks' && shape !== null ? { exhibits } : {}),
      },
    ]),
  ),
});

/** A run in which every side was measured: calibration, distance, groups, disturbed texts, behavior tests, attacks, load, energy. */
export const richFixture = (): StoreRecord[] => {
  const records = fixture('chosen');
  const like = records.find((record) => record.kind === 'measure')!;
  const last = records.findLastIndex((record) => record.kind === 'measure' && record.split === 'evaluation');
  const more = richSides.map(({ evaluator, facts }) => recordOf(evaluator, facts, like, shapes));
  return [...records.slice(0, last + 1), ...more, ...records.slice(last + 1)].map(withRichScenario);
};

/** The scenario of such a run: traffic, options, and conditions on the new sides. */
const withRichScenario = (record: StoreRecord): StoreRecord => {
  if (record.kind === 'run')
    return {
      ...record,
      scenario: {
        ...(record.scenario as object),
        traffic: { batchSize: 1, requestsPerSecond: 50, requestsPerMonth: 3_000_000, latencyLimitMs: 40 },
        weigh: {
          'load/server': { seconds: 10 },
          'robustness/typos': {},
          'robustness/checklist': { suite: 'checklist.yaml' },
        },
      },
    };
  if (record.kind !== 'choice') return record;
  return {
    ...record,
    candidates: record.candidates.map((candidate) => ({ ...candidate, gates: [...candidate.gates, ...newGates] })),
  };
};

const newGates: readonly GateResult[] = [
  {
    gate: { metric: 'typo-accuracy', limit: { kind: 'worse-by-at-most', value: 0.02 } },
    verdict: 'pass',
    p: 0.0021,
    value: -0.004,
    bound: -0.011,
    reason:
      'accuracy with typing errors is 0.40 points lower, with 95 % confidence at worst 1.10 points lower; allowed 2 points lower',
  },
  {
    gate: {
      metric: 'worst-group-accuracy',
      limit: { kind: 'worse-by-at-most', value: 0.05 },
      because: 'nobody may be served worse because of how they write',
    },
    verdict: 'pass',
    p: 0.03,
    value: -0.01,
    bound: -0.031,
    reason:
      'accuracy of the worst group is 1.00 points lower, with 95 % confidence at worst 3.10 points lower; allowed 5 points lower',
  },
  {
    gate: { metric: 'server-latency-p99', limit: { kind: 'at-most', value: 40 } },
    verdict: 'pass',
    p: 0.0001,
    value: 13.4,
    bound: 14.2,
    reason: '99th percentile under load is 13.4 ms, with 95 % confidence at most 14.2 ms; demanded at most 40 ms',
  },
  {
    gate: { metric: 'robust-accuracy', slice: '*', limit: { kind: 'at-least', value: 0.8 } },
    verdict: 'pass',
    p: 0.0001,
    value: 0.83,
    bound: 0.81,
    reason: 'accuracy on changed texts is 83.0 % in the worst kind, demanded at least 80 %',
  },
];
