import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Measurement, SubjectOutcome } from '../../contracts/index.ts';
import { distance } from './distance.ts';
import { answers, classes, context, trialOf, waveTruth, waves } from './testing/made-up.ts';

const golden = JSON.parse(readFileSync(new URL('fixtures/calibration.json', import.meta.url), 'utf8')) as {
  kl: { mean: number; max: number; median: number };
  loyalty: { label: number; probability: number };
};
const options = { replicates: 300 };
const measured = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string): readonly Measurement[] => {
  const outcome = outcomes.get(id);
  if (outcome?.kind !== 'measured') throw new Error(`${id} was not measured`);
  return outcome.measurements;
};
const find = (all: readonly Measurement[], metric: string): Measurement => all.find((one) => one.metric === metric)!;

test('distances as scipy has them; a percentile that 120 rows cannot support is left out', async () => {
  const trial = trialOf({ baseline: answers(waves(0)), version: answers(waves(0.15)) }, waveTruth);
  const outcomes = await distance.evaluate(trial, options, context());
  const all = measured(outcomes, 'version');
  expect(measured(outcomes, 'baseline')).toEqual([]);
  expect(find(all, 'kl').value).toBeCloseTo(golden.kl.mean, 6);
  expect(find(all, 'kl-p50').value).toBeCloseTo(golden.kl.median, 6);
  expect(find(all, 'kl-max').value).toBeCloseTo(golden.kl.max, 6);
  expect(find(all, 'label-loyalty').value).toBeCloseTo(golden.loyalty.label, 12);
  expect(find(all, 'probability-loyalty').value).toBeCloseTo(golden.loyalty.probability, 6);
  expect(all.map(({ metric }) => metric)).not.toContain('kl-p95');
  for (const { low, value, high } of all) expect(low <= value && value <= high).toBe(true);
});

test('enough rows carry the far percentiles', async () => {
  const long = (shift: number) => {
    const scores = new Float32Array(7 * 480);
    for (let part = 0; part < 7; part++) scores.set(waves(shift + 0.01 * part), part * 480);
    return answers(scores);
  };
  const truth = Array.from({ length: 840 }, (_, row) => row % 4);
  const outcomes = await distance.evaluate(
    trialOf({ baseline: long(0), version: long(0.2) }, truth),
    options,
    context(),
  );
  const all = measured(outcomes, 'version');
  const [p50, p95, p99, max] = ['kl-p50', 'kl-p95', 'kl-p99', 'kl-max'].map((id) => find(all, id).value);
  expect(p50).toBeLessThan(p95!);
  expect(p95).toBeLessThan(p99!);
  expect(p99).toBeLessThanOrEqual(max!);
});

test('a twin has no distance; a version whose classes stand in another order is the same version', async () => {
  const given = answers(waves(0));
  const order = [2, 0, 3, 1];
  const turned = answers(
    Float32Array.from(given.scores, (_, at) => given.scores[at - (at % 4) + order[at % 4]!]!),
    order.map((k) => classes[k]!),
  );
  const trial = trialOf({ baseline: given, twin: answers(waves(0)), turned }, waveTruth);
  const outcomes = await distance.evaluate(trial, options, context());
  for (const id of ['twin', 'turned']) {
    const all = measured(outcomes, id);
    expect(find(all, 'kl')).toMatchObject({ unit: 'nats', samples: 120 });
    expect(find(all, 'kl').value).toBeCloseTo(0, 12);
    expect(find(all, 'label-loyalty').value).toBe(1);
    expect(find(all, 'probability-loyalty').value).toBeCloseTo(1, 7);
  }
});

test('no right answers are needed; other classes, NaN and missing rows are that version’s failure', async () => {
  const broken = waves(0);
  broken[7] = Number.POSITIVE_INFINITY;
  const trial = trialOf(
    {
      baseline: answers(waves(0)),
      version: answers(waves(0.15)),
      other: answers(waves(0), ['a', 'b', 'c', 'x']),
      fewer: answers(waves(0).slice(0, 240), ['a', 'b']),
      nan: answers(broken),
      short: answers(waves(0).slice(4)),
    },
    waveTruth.map(() => -1),
  );
  const outcomes = await distance.evaluate(trial, options, context());
  expect(outcomes.get('version')!.kind).toBe('measured');
  expect(outcomes.get('other')).toMatchObject({ kind: 'failed', code: 'quality/classes' });
  expect(outcomes.get('fewer')).toMatchObject({ kind: 'failed', code: 'quality/classes' });
  expect(outcomes.get('nan')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
  expect(outcomes.get('short')).toMatchObject({ kind: 'failed', code: 'quality/rows' });
});

test('says that it is an alarm', () => {
  for (const { id, definition } of distance.metrics)
    if (id.startsWith('kl')) expect(definition).toContain('not a ranking');
});
