import { expect, test } from 'vitest';
import { defaultSearch, defaultSessionOptions, type Machine, type SearchSettings } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { batchExclusions, type Batching } from './batches.ts';
import { bucketExclusions, bucketsInWords, bucketsTried, usualBuckets } from './buckets.ts';
import { compile } from './compile.ts';
import { settingDecisions, settingsInWords } from './settings.ts';

const model = parseText('x: int64[N, L]; y = Identity(x); -> y: int64[N, L]');
const fixed = parseText('x: int64[N, 16]; y = Identity(x); -> y: int64[N, 16]');
const machine = { cores: 1, cgroupCpuLimit: null } as Machine;
const wishes = (prefer: readonly string[], session: SearchSettings['session'] = {}): Batching => ({
  must: [],
  prefer,
  search: { ...defaultSearch, session },
});

/** What is left of the decisions about calls, and why the rest is not tried. */
const tried = (scenario: Batching, of = model, usual = 1) => {
  const all = settingDecisions({ session: {}, ...scenario }, machine, { ...defaultSessionOptions, batchSize: usual });
  const exclusions = [...batchExclusions(all, of, scenario), ...bucketExclusions(all, of, scenario, usual)];
  return {
    decisions: compile(all, exclusions).decisions.filter(({ values }) => values.length > 1),
    reasons: [...new Set(exclusions.map(({ reason }) => reason))],
  };
};

test('offered with the batch sizes, and only for calls that are shared', () => {
  const { decisions, reasons } = tried(wishes(['throughput']));
  expect(decisions.map(({ id }) => id)).toEqual(['session/batchSize', 'session/sequenceBuckets']);
  expect(decisions[1]).toMatchObject({
    values: ['as they come', 'by length'],
    when: { dimension: 'session/batchSize', values: [1, 2] },
    meaning: { kind: 'setting', setting: 'sequenceBuckets', values: [{}, { sequenceBuckets: usualBuckets }] },
  });
  expect(reasons).toEqual([]);
  expect(bucketsTried(wishes(['latency-p50']))).toEqual([]);
  expect(bucketsTried(wishes(['cost'], { sequenceBuckets: [[16, 48]] }))).toEqual([[16, 48]]);
});

test('where all calls are shared anyway, they always count', () => {
  const { decisions } = tried(wishes(['throughput'], { batchSize: [8] }), model, 8);
  expect(decisions).toHaveLength(1);
  expect(decisions[0]).toMatchObject({ id: 'session/sequenceBuckets' });
  expect(decisions[0]).not.toHaveProperty('when');
});

test('the usual lengths: nothing is padded by more than 4 tokens or a third', () => {
  expect(usualBuckets.slice(0, 12)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64]);
  for (const [at, most] of usualBuckets.entries()) {
    const shortest = (usualBuckets[at - 1] ?? 0) + 1;
    expect(most - shortest).toBeLessThan(Math.max(4, shortest / 3));
  }
});

test('unlike lengths have unlike words', () => {
  expect(bucketsInWords(usualBuckets)).toBe('by length');
  expect(bucketsInWords([16, 48])).toBe('by length 16, 48');
  expect(settingsInWords({ batchSize: 8, sequenceBuckets: [16, 48] })).toBe('batches of 8, by length 16, 48');
});

test.each([
  ['one length', wishes(['throughput']), fixed, 1, /the second axis of the model’s inputs is fixed/],
  ['nobody waits', wishes(['throughput'], { batchSize: [1] }), model, 1, /every request is answered alone/],
  ['nobody gains', wishes(['size'], { sequenceBuckets: [[8]] }), model, 8, /neither limits nor prefers throughput/],
] as const)('taken away with a reason: %s', (_name, scenario, of, usual, says) => {
  const { decisions, reasons } = tried(scenario, of, usual);
  expect(decisions.some(({ id }) => id === 'session/sequenceBuckets')).toBe(false);
  expect(reasons).toContainEqual(expect.stringMatching(says));
});
