import { expect, test } from 'vitest';
import { defaultSearch, defaultSessionOptions, type Gate, type Machine } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { batchExclusions, batchSizes, type Batching } from './batches.ts';
import { compile } from './compile.ts';
import { settingDecisions, settingsInWords } from './settings.ts';

const model = parseText('x: float32[N, 4]; y = Relu(x); -> y: float32[N, 4]');
const fixed = parseText('x: float32[1, 4]; y = Relu(x); -> y: float32[1, 4]');
const machine = { cores: 1, cgroupCpuLimit: null } as Machine;
const wishes = (prefer: readonly string[], more: Partial<Batching> = {}): Batching => ({
  must: [],
  prefer,
  search: defaultSearch,
  ...more,
});
const asking = (sizes: readonly number[]) => ({ search: { ...defaultSearch, session: { batchSize: sizes } } });

/** What is tried, in words, and why the rest is not. */
const tried = (scenario: Batching, of = model, usual = 1) => {
  const all = settingDecisions({ session: {}, ...scenario }, machine, { ...defaultSessionOptions, batchSize: usual });
  const exclusions = batchExclusions(all, of, scenario);
  const [decision] = compile(all, exclusions).decisions;
  return {
    values: decision?.values ?? [],
    meaning: decision?.meaning,
    reasons: [...new Set(exclusions.map(({ reason }) => reason))],
  };
};

test('offered only where the scenario limits or prefers what batches gain', () => {
  expect(batchSizes(wishes(['latency-p50', 'size']))).toEqual([]);
  expect(batchSizes(wishes(['latency-p50', 'throughput']))).toEqual([8, 32]);
  const gate: Gate = { metric: 'cost', limit: { kind: 'worse-by-at-most', value: 0 } };
  expect(batchSizes(wishes(['size'], { must: [gate] }))).toEqual([8, 32]);
  expect(batchSizes(wishes(['throughput'], asking([4])))).toEqual([4]);
  expect(batchSizes(wishes(['offline-throughput']))).toEqual([8, 32]);
  expect(tried(wishes(['offline-throughput'])).reasons).toEqual([]);
});

test('the usual size comes first and is no setting of its own; the others are', () => {
  const { values, meaning, reasons } = tried(wishes(['throughput']));
  expect(values).toEqual(['one request a call', 'batches of 8', 'batches of 32']);
  expect(meaning).toEqual({ kind: 'setting', setting: 'batchSize', values: [{}, { batchSize: 8 }, { batchSize: 32 }] });
  expect(reasons).toEqual([]);
  expect(tried(wishes(['throughput']), model, 8).values).toEqual(['batches of 8', 'batches of 32']);
  expect(settingsInWords({ intraOpThreads: 2, batchSize: 8 })).toBe('2 threads, batches of 8');
});

test.each([
  ['a fixed first axis', wishes(['throughput']), fixed, /every call of the model has one row/],
  ['nobody gains by it', wishes(['size'], asking([8])), model, /neither limits nor prefers throughput or cost/],
  [
    'one size for all',
    wishes(['throughput'], { weigh: { 'load/throughput': { batchSize: 16 } } }),
    model,
    /says the batch size for every version \(weigh: load\/throughput\)/,
  ],
])('taken away with a reason: %s', (_name, scenario, of, says) => {
  const { values, reasons } = tried(scenario, of);
  expect(values).toEqual(['one request a call']);
  expect(reasons).toEqual([expect.stringMatching(says)]);
});
