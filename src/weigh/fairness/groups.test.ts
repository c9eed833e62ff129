import { describe, expect, test } from 'vitest';
import { caveatText, parseOptions, SteelyardError, tooFew, type Example, type Trial } from '../../contracts/index.ts';
import { tangoInterval, wilson } from '../../statistics/index.ts';
import { groups } from './groups.ts';
import { find, measuredOf as of, quietContext as context, trialOf as trialBy } from './testing/trial.ts';

const labels = ['no', 'yes', 'maybe'];
const trialOf = (
  examples: readonly Example[],
  answers: Readonly<Record<string, readonly number[]>>,
  columns: readonly string[],
): Trial => trialBy(labels, examples, Object.keys(answers), (id, _, at) => answers[id]![at]!, { groups: columns });
const options = (more: Readonly<Record<string, unknown>> = {}) =>
  parseOptions('fairness/groups', groups.options, { replicates: 200, ...more });

/** 200 rows, 80 of them casual, 120 formal, 40 in each style abroad; truth alternates. The original errs on every tenth row. */
const examples: Example[] = Array.from({ length: 200 }, (_, at) => ({
  id: String(at),
  text: 't',
  label: labels[at % 2]!,
  groups: { style: at < 80 ? 'casual' : 'formal', place: at % 80 < 40 ? 'abroad' : 'home' },
}));
const original = examples.map((_, at) => (at % 10 === 9 ? 0 : at % 2));
/** Loses 12 right answers among the casual ones and 2 among the formal. */
const version = original.map((answer, at) =>
  at < 80 ? (at % 6 === 0 && at < 72 ? 2 : answer) : at === 100 || at === 140 ? 2 : answer,
);

describe('who is hurt', async () => {
  const outcomes = await groups.evaluate(
    trialOf(examples, { original, version }, ['style', 'place']),
    options(),
    context(),
  );
  const [own, less] = [of(outcomes, 'original'), of(outcomes, 'version')];

  test('accuracy of each group and crossing, intervals for all together', () => {
    const casual = find(less, 'group-accuracy', 'style=casual');
    expect(casual).toMatchObject({ value: 60 / 80, ...wilson(60, 80, 0.95), samples: 80 });
    // Four groups and four crossings.
    const slices = less.filter(({ metric }) => metric === 'group-accuracy').map(({ slice }) => slice);
    expect(slices).toHaveLength(8);
    expect(slices).toContain('style × place=casual × abroad');
    expect(casual.versus).toMatchObject({
      value: -12 / 80,
      ...tangoInterval({ b: 12, c: 0, n: 80 }, 1 - 0.05 / 8),
      evidence: { kind: 'pairs', onlyBaselineRight: 12, onlyCandidateRight: 0, bothRight: 60, bothWrong: 8 },
    });
    expect(casual.versus!.method).toContain('for 8 groups together');
    expect(casual.versus!.high).toBeLessThan(0);
  });

  test('the worst group, its loss, and the gap', () => {
    const worst = find(less, 'worst-group-accuracy');
    expect(worst.value).toBe(0.75);
    expect(worst.samples).toBe(80);
    expect(worst.caveat).toBeUndefined();
    // The original: casual and abroad and the others all 90 %.
    expect(find(own, 'worst-group-accuracy').value).toBeCloseTo(0.9, 12);
    expect(worst.versus).toMatchObject({ kind: 'difference', method: expect.stringContaining('hull') as string });
    expect(worst.versus!.value).toBeCloseTo(-0.15, 12);
    expect(worst.versus!.low).toBeLessThan(-0.2);
    // Any of the original’s groups may be its worst; the large ones lose next to nothing.
    expect(worst.versus!.high).toBeGreaterThan(-0.05);
    expect(find(less, 'worst-group-loss')).toMatchObject({ value: 12 / 80, samples: 80 });
    expect(find(less, 'worst-group-loss').low).toBeGreaterThan(0.05);
    expect(find(less, 'worst-group-loss', 'groups=place')).toMatchObject({ samples: 80 });
    expect(find(own, 'worst-group-loss').value).toBe(0);
    const gap = find(less, 'accuracy-gap', 'groups=style');
    expect(gap.value).toBeCloseTo(106 / 120 - 0.75, 12);
    expect(gap.versus!.value).toBeCloseTo(gap.value - find(own, 'accuracy-gap', 'groups=style').value, 12);
  });

  test('normalized harm and the tests of independence', () => {
    expect(find(less, 'group-harm', 'style=casual').value).toBeCloseTo(12 / 80 / (14 / 200), 12);
    expect(find(less, 'group-harm', 'style=formal').value).toBeCloseTo(2 / 120 / (14 / 200), 12);
    expect(find(less, 'group-flips', 'style=casual').value).toBe(12 / 80);
    expect(find(less, 'flips-by-group', 'groups=style').value).toBeLessThan(0.01);
    expect(find(less, 'harm-by-group', 'groups=style').value).toBeLessThan(0.01);
    // By place the losses are no more than chance.
    expect(find(less, 'harm-by-group', 'groups=place').value).toBeGreaterThan(0.1);
    expect(own.some(({ metric }) => metric === 'flips-by-group')).toBe(false);
  });

  test('gaps of selection and error rates, on their own and against the original', () => {
    const parity = find(less, 'demographic-parity-difference', 'groups=style');
    // The classes are those of the right answers and of the original: "maybe" is none of them.
    const rate = (answers: readonly number[], from: number, to: number, label: number) =>
      answers.slice(from, to).filter((one) => one === label).length / (to - from);
    const by = (answers: readonly number[]) =>
      [0, 1].reduce((sum, label) => sum + Math.abs(rate(answers, 0, 80, label) - rate(answers, 80, 200, label)), 0) / 2;
    expect(parity.value).toBeCloseTo(by(version), 12);
    expect(parity.versus!.value).toBeCloseTo(by(version) - by(original), 12);
    for (const metric of ['equalized-odds-difference', 'equal-opportunity-difference', 'demographic-parity-ratio'])
      expect(find(less, metric, 'groups=style').versus?.kind).toBe('difference');
  });

  test('the same seed gives the same numbers; a version alone gets what it gets beside others', async () => {
    const again = await groups.evaluate(
      trialOf(examples, { original, other: original, version }, ['style', 'place']),
      options(),
      context(),
    );
    expect(of(again, 'version')).toEqual(less);
    // A copy of the original differs in nothing.
    for (const one of of(again, 'other')) if (one.versus !== undefined) expect(one.versus.value).toBe(0);
  });
});

test('one positive label', async () => {
  const all = await groups.evaluate(
    trialOf(examples, { original, version }, ['style']),
    options({ positive: 'maybe' }),
    context(),
  );
  const parity = find(of(all, 'version'), 'demographic-parity-difference', 'groups=style');
  expect(parity.value).toBeCloseTo(12 / 80 - 2 / 120, 12);
  // Nobody gets it from the original, and nobody should: no ratio, no true positives.
  expect(of(all, 'original').some(({ metric }) => metric === 'demographic-parity-ratio')).toBe(false);
  expect(of(all, 'version').some(({ metric }) => metric.startsWith('equal'))).toBe(false);
  await expect(
    groups.evaluate(trialOf(examples, { original }, ['style']), options({ positive: 'perhaps' }), context()),
  ).rejects.toMatchObject({ code: 'fairness/label' });
});

describe('data that says little', () => {
  test('no group columns: nothing', async () => {
    const outcomes = await groups.evaluate(trialOf(examples, { original, version }, []), options(), context());
    expect(of(outcomes, 'version')).toEqual([]);
  });

  test('groups with one member, missing values: refused by name', async () => {
    const sparse = examples.map((one, at) => ({
      ...one,
      groups: (at === 0 ? { style: 'lonely' } : at < 6 ? {} : { style: 'all' }) as Record<string, string>,
    }));
    const outcomes = await groups.evaluate(trialOf(sparse, { original, version }, ['style']), options(), context());
    const all = of(outcomes, 'version');
    expect(find(all, 'groups-compared')).toMatchObject({ value: 1, samples: 200 });
    const missing = { caveat: '5 examples have no style', refused: [tooFew('style=lonely', 1)] };
    expect(find(all, 'groups-compared')).toMatchObject(missing);
    expect(find(all, 'worst-group-accuracy')).toMatchObject(missing);
    expect(all.some(({ metric }) => metric === 'accuracy-gap' || metric === 'flips-by-group')).toBe(false);
  });

  test('only groups that are too small: the count says so, nothing else is claimed', async () => {
    const scattered = examples.map((one, at) => ({ ...one, groups: { style: `s${at % 20}` } }));
    const outcomes = await groups.evaluate(trialOf(scattered, { original, version }, ['style']), options(), context());
    expect(of(outcomes, 'version').map(({ metric, value }) => [metric, value])).toEqual([
      ['worst-group-accuracy', Number.NaN],
      ['groups-compared', 0],
    ]);
    expect(caveatText(find(of(outcomes, 'version'), 'worst-group-accuracy'))).toMatch(
      /^it needs a group of 30 examples; style=s0 has 10 examples, 30 are needed to report it; /,
    );
  });

  test('no right answers: selection and changes only', async () => {
    const blind = examples.map((one) => ({ ...one, label: null }));
    const outcomes = await groups.evaluate(trialOf(blind, { original, version }, ['style']), options(), context());
    expect([...new Set(of(outcomes, 'version').map(({ metric }) => metric))].toSorted()).toEqual([
      'demographic-parity-difference',
      'demographic-parity-ratio',
      'flips-by-group',
      'group-flips',
      'groups-compared',
    ]);
  });

  test('one class only, all answers equal: no false alarms, no division by nothing', async () => {
    const plain = examples.map((one) => ({ ...one, label: 'no' }));
    const same = plain.map(() => 0);
    const outcomes = await groups.evaluate(
      trialOf(plain, { original: same, version: same }, ['style']),
      options(),
      context(),
    );
    for (const one of of(outcomes, 'version')) {
      expect(Number.isFinite(one.value), one.metric).toBe(true);
      expect(one.low).toBeLessThanOrEqual(one.value);
      expect(one.high).toBeGreaterThanOrEqual(one.value);
    }
    expect(find(of(outcomes, 'version'), 'demographic-parity-ratio', 'groups=style').value).toBe(1);
    expect(of(outcomes, 'version').some(({ metric }) => metric === 'group-harm' || metric === 'flips-by-group')).toBe(
      false,
    );
  });

  test('rows without a right answer do not count where others have one', async () => {
    const partly = examples.map((one, at) => (at < 40 ? { ...one, label: null } : one));
    const outcomes = await groups.evaluate(trialOf(partly, { original, version }, ['style']), options(), context());
    expect(find(of(outcomes, 'version'), 'group-accuracy', 'style=casual').samples).toBe(40);
  });
});

test('scores that are no numbers fail the version, and the trial when they are the original’s', async () => {
  const trial = trialOf(examples, { original, version }, ['style']);
  const broken = (id: string): Trial => ({
    ...trial,
    predictions: async (one) => {
      const given = await trial.predictions(one);
      return one.id === id
        ? { ...given, scores: given.scores.map((score, at) => (at === 7 ? Number.NaN : score)) }
        : given;
    },
  });
  const outcomes = await groups.evaluate(broken('version'), options(), context());
  expect(outcomes.get('version')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
  expect(outcomes.get('original')?.kind).toBe('measured');
  await expect(groups.evaluate(broken('original'), options(), context())).rejects.toBeInstanceOf(SteelyardError);
});

test('stops within the draws', async () => {
  const stop = new AbortController();
  const running = groups.evaluate(
    trialOf(examples, { original, version }, ['style']),
    options({ replicates: 100_000 }),
    context(stop.signal),
  );
  setTimeout(() => stop.abort(), 20);
  await expect(running).rejects.toThrow();
});
