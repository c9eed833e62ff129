import { expect, test } from 'vitest';
import { SteelyardError, type Measurement, type SubjectOutcome } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { calibration } from './calibration.ts';
import { answers, context, trialOf, waveTruth, waves } from './testing/made-up.ts';

const measured = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string): readonly Measurement[] => {
  const outcome = outcomes.get(id);
  if (outcome?.kind !== 'measured') throw new Error(`${id} was not measured`);
  return outcome.measurements;
};
const find = (all: readonly Measurement[], metric: string): Measurement => all.find((one) => one.metric === metric)!;
const options = { replicates: 300 };

/** Two classes, 600 rows: the right answer follows the first version's probabilities; the second is twice as sure. */
const coin = (() => {
  const random = seeded(7, 'coin');
  const logits = Array.from({ length: 600 }, () => 1.5 * random.normal());
  const truth = Int32Array.from(logits, (z) => (random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0));
  const scores = (times: number) =>
    Float32Array.from({ length: 1200 }, (_, at) => (at % 2 === 0 ? 0 : times * logits[at >> 1]!));
  return { truth, honest: answers(scores(1), ['no', 'yes']), bold: answers(scores(2.5), ['no', 'yes']) };
})();

test('a version that is too sure is worse calibrated, surely, and its temperature says by how much', async () => {
  const trial = trialOf({ baseline: coin.honest, bold: coin.bold, twin: coin.honest }, coin.truth, ['no', 'yes']);
  const outcomes = await calibration.evaluate(trial, options, context());
  const [own, bold, twin] = ['baseline', 'bold', 'twin'].map((id) => measured(outcomes, id)) as [
    readonly Measurement[],
    readonly Measurement[],
    readonly Measurement[],
  ];
  expect(find(own, 'ece').versus).toBeUndefined();
  for (const metric of ['ece', 'ece-equal-mass', 'brier', 'nll', 'temperature'])
    expect(find(bold, metric).versus!.low, metric).toBeGreaterThan(0);
  expect(find(own, 'temperature').value).toBeGreaterThan(0.75);
  expect(find(own, 'temperature').value).toBeLessThan(1.3);
  expect(find(bold, 'temperature').value / find(own, 'temperature').value).toBeCloseTo(2.5, 4);
  // After tempering both are the same again.
  expect(Math.abs(find(bold, 'ece-tempered').versus!.value)).toBeLessThan(1e-4);
  // Being sure of everything alike changes no order.
  expect(find(bold, 'selective-accuracy').versus!.value).toBeCloseTo(0, 6);
  for (const one of twin) expect(one.versus).toMatchObject({ value: 0, low: 0, high: 0 });
  // An honest version's error is small by more than chance: the interval reaches near 0.
  expect(find(own, 'ece').low).toBeLessThan(0.02);
  expect(find(own, 'ece').caveat).toBeUndefined();
  expect(find(own, 'ece').samples).toBe(600);
  expect(find(own, 'ece-untempered').samples + find(own, 'temperature').samples).toBe(600);
  expect(find(own, 'selective-accuracy-10').samples).toBe(61);
});

test('few rows are said to be rough, and rows without an answer do not count', async () => {
  const truth = waveTruth.map((label, row) => (row < 10 ? -1 : label));
  const trial = trialOf({ baseline: answers(waves(0)), version: answers(waves(0.15)) }, truth);
  const all = measured(await calibration.evaluate(trial, options, context()), 'version');
  expect(find(all, 'ece').samples).toBe(110);
  expect(find(all, 'ece').caveat).toContain('rough: 110 examples');
  expect(find(all, 'brier').caveat).toBeUndefined();
  for (const { low, value, high } of all) {
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
  }
});

test('the half a row lies in depends on its id alone, not on the others', async () => {
  const halves = async (rows: number) => {
    const trial = trialOf({ baseline: answers(waves(0)) }, waveTruth);
    const some = { ...trial, examples: trial.examples.slice(0, rows) };
    const asked: string[] = [];
    await calibration.evaluate(
      { ...some, predictions: async () => answers(waves(0).slice(0, 4 * rows)) },
      options,
      context({ random: (label) => (asked.push(label), seeded(1, label)) }),
    );
    return asked.filter((label) => label.includes(' half '));
  };
  expect((await halves(120)).slice(0, 60)).toEqual(await halves(60));
});

test('all answers right: no temperature, and it says so', async () => {
  const given = answers(waves(0));
  const trial = trialOf({ baseline: given, version: answers(waves(0.15)) }, given.predicted);
  const outcomes = await calibration.evaluate(trial, options, context());
  const own = measured(outcomes, 'baseline');
  expect(own.map(({ metric }) => metric)).not.toContain('temperature');
  expect(find(own, 'ece').caveat).toContain('no temperature fits');
  // Nothing to compare the version's temperature with.
  expect(measured(outcomes, 'version').map(({ metric }) => metric)).not.toContain('temperature');
});

test('one row, a version without answers, NaN, no labels', async () => {
  const one = trialOf({ baseline: answers(waves(0).slice(0, 4)) }, [0]);
  expect(find(measured(await calibration.evaluate(one, options, context()), 'baseline'), 'ece').samples).toBe(1);
  const broken = waves(0);
  broken[7] = Number.NaN;
  const trial = trialOf(
    {
      baseline: answers(waves(0)),
      nan: answers(broken),
      short: answers(waves(0).slice(4)),
      gone: new SteelyardError('runtime/crashed', 'the process ended'),
    },
    waveTruth,
  );
  const outcomes = await calibration.evaluate(trial, options, context());
  expect(outcomes.get('nan')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
  expect(outcomes.get('short')).toMatchObject({ kind: 'failed', code: 'quality/rows' });
  expect(outcomes.get('gone')).toMatchObject({ kind: 'failed', code: 'runtime/crashed' });
  expect(outcomes.get('baseline')!.kind).toBe('measured');
  const unlabelled = trialOf(
    { baseline: answers(waves(0)) },
    waveTruth.map(() => -1),
  );
  await expect(calibration.evaluate(unlabelled, options, context())).rejects.toMatchObject({
    code: 'quality/unlabelled',
  });
});
