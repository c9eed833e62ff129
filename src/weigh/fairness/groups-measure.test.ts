import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { familiesOf } from './families.ts';
import { changesOf, gapsOf, measure, perGroup, worstOf, type Setting, type Version } from './groups-measure.ts';
import { resample } from './resample.ts';
import { find, quietContext } from './testing/trial.ts';

const rows = 100;
const examples = Array.from({ length: rows }, (_, at) => ({
  id: `${at}`,
  label: 'x',
  groups: { side: at < 40 ? 'l' : 'r' },
}));
const { families } = familiesOf(examples, ['side'], [...examples.keys()], true);
const truth = Int32Array.from(examples, (_, at) => at % 2);
const predicted = truth.map((label, at) => (at < 8 ? 1 - label : label));
const setting: Setting = {
  confidence: 0.9,
  families,
  truth,
  labelled: true,
  remarks: ['one group is missing'],
  refused: [],
  context: quietContext(),
  shuffles: 500,
};
const told = await resample({
  families,
  truth,
  answers: [truth, predicted],
  classes: 2,
  positive: null,
  fewest: 1,
  replicates: 200,
  random: seeded(1, 'measure'),
  signal: new AbortController().signal,
});
const original: Version = { predicted: truth, told: told[0]!, before: null };
const version: Version = { predicted, told: told[1]!, before: { predicted: truth, told: told[0]! } };

test('units come with the metric', () => {
  expect(measure('group-harm', { value: 2, low: 1, high: 3 }, 7, 0.9, { slice: 'side=l' })).toEqual({
    metric: 'group-harm',
    unit: 'ratio',
    value: 2,
    low: 1,
    high: 3,
    samples: 7,
    confidence: 0.9,
    slice: 'side=l',
  });
});

test('the original is compared with nobody and changes nothing', () => {
  const all = [perGroup, worstOf, gapsOf, changesOf].flatMap((part) => part(setting, original));
  expect(all.every(({ versus }) => versus === undefined)).toBe(true);
  expect(find(all, 'group-flips', 'side=l')).toMatchObject({ value: 0, low: 0, high: 0 });
});

test('the worst of all columns carries what is said about the data', () => {
  const all = worstOf(setting, version);
  expect(find(all, 'worst-group-accuracy').caveat).toBe('one group is missing');
  expect(find(all, 'worst-group-accuracy', 'groups=side').caveat).toBeUndefined();
  expect(find(all, 'worst-group-loss').value).toBeCloseTo(0.2, 12);
});

test('gaps against the original: value, interval and evidence in one order', () => {
  const gap = find(gapsOf(setting, version), 'equal-opportunity-difference', 'groups=side').versus!;
  expect(gap.value).toBeCloseTo(0.2, 12);
  expect(gap.low).toBeLessThanOrEqual(gap.value);
  expect(gap.high).toBeGreaterThanOrEqual(gap.value);
  if (gap.evidence.kind !== 'bootstrap') throw new Error(gap.evidence.kind);
  expect(gap.evidence.values).toEqual(gap.evidence.values.toSorted((a, b) => a - b));
});

test('who changed', () => {
  const all = changesOf(setting, version);
  expect(find(all, 'group-harm', 'side=l').value).toBeCloseTo(2.5, 12);
  expect(find(all, 'group-harm', 'side=r').value).toBe(0);
  expect(find(all, 'harm-by-group', 'groups=side').value).toBeLessThan(0.01);
});
