import { describe, expect, test } from 'vitest';
import {
  defaultSessionOptions,
  type BuildRecord,
  type MeasureRecord,
  type Measurement,
  type RunRecord,
  type Scenario,
  type StoreRecord,
} from '../../contracts/index.ts';
import { decideFrom } from './decide.ts';
import { knownOf, measurementsOf } from './known.ts';
import { numbersFor } from './numbers.ts';

const machine = { digest: 'sha256:here', instructionSets: ['avx2'] } as unknown as RunRecord['machine'];
const base = { at: '2026-03-02T09:30:00.000Z', seconds: 1 };
const scenario = {
  name: 'Desk',
  model: 'm',
  task: { id: 'tensor-classification' },
  traffic: { batchSize: 1 },
  session: {},
  price: null,
  must: [{ metric: 'size', limit: { kind: 'at-most', value: 50 } }],
  prefer: ['size'],
  weigh: {},
  confidence: 0.95,
} as unknown as Scenario;

const run: RunRecord = {
  ...base,
  kind: 'run',
  key: 'run',
  scenario,
  scenarioFile: 'desk.yaml',
  command: 'steelyard tune desk.yaml',
  model: { source: 'm', digest: 'sha256:m', sizeBytes: 100, parameters: 10 },
  data: {
    evaluation: { path: 'e', digest: 'sha256:e', rows: 400 },
    holdback: { path: 'h', digest: 'sha256:h', rows: 400 },
  },
  machine,
};
const build = (id: string): BuildRecord => ({
  ...base,
  kind: 'build',
  key: id,
  chain: { id, steps: [{ technique: id, options: {} }], session: {} },
  source: 'sha256:m',
  outcome: { kind: 'built', files: [], sessionOptions: defaultSessionOptions, steps: [], verification: null },
});
const size = (value: number): Measurement => ({
  metric: 'size',
  unit: 'bytes',
  value,
  low: value,
  high: value,
  confidence: 0.95,
  samples: 1,
  versus: {
    kind: 'ratio',
    value: value / 100,
    low: value / 100,
    high: value / 100,
    evidence: { kind: 'exact' },
    method: 'counted',
  },
});
const accuracy = (lost: number, won: number): Measurement => {
  const value = (won - lost) / 400;
  return {
    metric: 'accuracy',
    unit: 'proportion',
    value: 0.9 + value,
    low: 0.87,
    high: 0.93,
    confidence: 0.95,
    samples: 400,
    versus: {
      kind: 'difference',
      value,
      low: value - 0.02,
      high: value + 0.02,
      evidence: {
        kind: 'pairs',
        bothRight: 360 - lost,
        onlyBaselineRight: lost,
        onlyCandidateRight: won,
        bothWrong: 40 - won,
      },
      method: 'Tango score',
    },
  };
};
const measure = (
  evaluator: string,
  split: string,
  of: Readonly<Record<string, readonly Measurement[]>>,
  more: Partial<MeasureRecord> = {},
): MeasureRecord => ({
  ...base,
  kind: 'measure',
  key: `${evaluator} ${split}`,
  evaluator,
  evaluatorVersion: 1,
  split,
  data: run.data[split]!.digest,
  machine: machine.digest,
  outcomes: Object.fromEntries(
    Object.entries(of).map(([id, measurements]) => [id, { kind: 'measured', measurements }]),
  ),
  ...more,
});
const records: readonly StoreRecord[] = [
  run,
  build('small'),
  build('tiny'),
  measure('resources/size', 'evaluation', { baseline: [size(100)], small: [size(40)], tiny: [size(10)] }),
  measure('quality/classification', 'evaluation', {
    baseline: [accuracy(0, 0)],
    small: [accuracy(1, 2)],
    tiny: [accuracy(60, 2)],
  }),
  measure('quality/classification', 'holdback', { baseline: [accuracy(0, 0)], tiny: [accuracy(61, 2)] }),
];
const nobody = { before: null, after: null };
const decided = (next: Scenario, from: readonly StoreRecord[] = records) => {
  const known = knownOf(from);
  const numbers = numbersFor(known, next, nobody);
  return { ...decideFrom(known, next, numbers, new Date(0)), numbers };
};

test('the same conditions give the same choice, and held-back numbers of the run confirm it', () => {
  const { choice, unconfirmed } = decided(scenario);
  expect(choice.chosen).toBe('tiny');
  expect(unconfirmed).toBe(false);
});

test('another condition gives another choice; held-back numbers that were never taken are not made up', () => {
  const { choice, unconfirmed } = decided({
    ...scenario,
    must: [...scenario.must, { metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.03 } }],
  });
  expect(choice.chosen).toBe('small');
  expect(choice.confirmation).toBeNull();
  expect(unconfirmed).toBe(true);
  const wide = decided({
    ...scenario,
    must: [{ metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.3 } }],
  });
  expect(wide.choice).toMatchObject({ chosen: 'tiny', confirmation: { verdict: 'pass' } });
});

test('a metric that the run does not have leaves its condition undecided, and is named with the reason', () => {
  const { choice, numbers } = decided({
    ...scenario,
    must: [{ metric: 'single-stream-p90', limit: { kind: 'at-most', value: 20 } }],
  });
  expect(choice.chosen).toBeNull();
  expect(choice.candidates.map(({ verdict }) => verdict)).toEqual(['undecided', 'undecided']);
  expect(numbers.missing).toEqual([
    {
      metric: 'single-stream-p90',
      evaluator: 'load/single-stream',
      why: 'it is measured only where a scenario names it',
    },
  ]);
});

describe('numbers that do not hold are not used', () => {
  test('of another machine, of other data, of a part of the data', () => {
    const wrong = [
      ...records,
      measure('resources/size', 'evaluation', { tiny: [size(99)] }, { machine: 'sha256:there' }),
      measure('resources/size', 'evaluation', { tiny: [size(98)] }, { data: 'sha256:part' }),
    ];
    expect(measurementsOf(knownOf(wrong), 'evaluation').get('tiny')![0]!.value).toBe(10);
  });

  test('of a version that failed in an evaluator and was not measured by it since', () => {
    const failed = measure(
      'load/latency',
      'evaluation',
      {},
      { outcomes: { tiny: { kind: 'failed', code: 'runtime/crash', message: 'gone' } } },
    );
    expect(measurementsOf(knownOf([...records, failed]), 'evaluation').has('tiny')).toBe(false);
    const again = measure('load/latency', 'evaluation', { tiny: [] });
    expect(measurementsOf(knownOf([...records, failed, again]), 'evaluation').has('tiny')).toBe(true);
  });

  test('answers and times at another batch size or with other threads; sizes still hold', () => {
    const must = [{ metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.3 } }] as Scenario['must'];
    const batched = decided({ ...scenario, must, traffic: { batchSize: 8 } });
    expect(batched.numbers.missing.map(({ metric, why }) => [metric, why])).toEqual([
      ['accuracy', 'it was measured with 1 requests a call'],
    ]);
    const threaded = decided({ ...scenario, must, session: { intraOpThreads: 4 } });
    expect(threaded.numbers.missing[0]!.why).toBe('it was measured with other session settings');
  });

  test('with other options that say what is measured; how long it took does not matter', () => {
    const must = [{ metric: 'accuracy', limit: { kind: 'worse-by-at-most', value: 0.3 } }] as Scenario['must'];
    const longer = decided({ ...scenario, must, weigh: { 'quality/classification': { replicates: 500 } } });
    expect(longer.numbers.missing).toEqual([]);
  });
});

test('records without a run are no run', () => {
  expect(() => knownOf([build('small')])).toThrow(expect.objectContaining({ code: 'engine/no-run' }) as Error);
});
