import { describe, expect, test } from 'vitest';
import {
  defaultSessionOptions,
  parseOptions,
  type Context,
  type Example,
  type Measurement,
  type Predictions,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { argmax } from '../tasks/index.ts';
import { outOfScope } from './out-of-scope.ts';
import { rank, separate } from './separation.ts';

const labels = ['a', 'b', 'c', 'oos'];
const row = (id: string, label: string | null = null): Example => ({ id, text: id, label, groups: {} });
const subject = (id: string): Subject => ({
  id,
  digest: id,
  sessionOptions: defaultSessionOptions,
  files: [],
  open: () => Promise.reject(new Error('answers are given')),
});
const context = (signal = new AbortController().signal): Context =>
  ({
    signal,
    seed: 2,
    random: (label: string) => seeded(2, label),
    progress: () => undefined,
    log: () => undefined,
  }) as unknown as Context;

type Rows = readonly (readonly number[])[];
const predictions = (rows: Rows): Predictions => ({
  labels,
  predicted: Int32Array.from(rows, (scores) => argmax(scores, 0, 4)),
  scores: Float32Array.from(rows.flat()),
  truncated: 0,
});
const trialOf = (
  examples: readonly Example[],
  strangers: readonly Example[],
  answers: Readonly<Record<string, { readonly inside: Rows; readonly outside: Rows }>>,
): Trial => {
  const ids = Object.keys(answers);
  return {
    task: { labels } as unknown as Trial['task'],
    baseline: subject(ids[0]!),
    candidates: ids.slice(1).map(subject),
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: ({ id }) => Promise.resolve(predictions(answers[id]!.inside)),
    ask: ({ id }) => Promise.resolve(predictions(answers[id]!.outside)),
    reference: [],
    outOfScope: strangers,
  };
};
const options = (more: Readonly<Record<string, unknown>> = {}) =>
  parseOptions('quality/out-of-scope', outOfScope.options, { replicates: 200, ...more });
const measured = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string): readonly Measurement[] => {
  const outcome = outcomes.get(id);
  if (outcome?.kind !== 'measured') throw new Error(`${id}: ${JSON.stringify(outcome)}`);
  return outcome.measurements;
};
const find = (all: readonly Measurement[], metric: string, slice?: string): Measurement => {
  const one = all.find((some) => some.metric === metric && some.slice === slice);
  if (one === undefined) throw new Error(`no ${metric} ${slice ?? ''}`);
  return one;
};

/** Probabilities with this largest one, of class `label`. */
const sure = (largest: number, label = 0): number[] =>
  labels.map((_, at) => (at === label ? largest : (1 - largest) / (labels.length - 1)));

const examples = Array.from({ length: 200 }, (_, at) => row(`in-${at}`, 'a'));
const strangers = Array.from({ length: 60 }, (_, at) => row(`out-${at}`));
const random = seeded(7, 'answers');
const draws = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, () => from + random.next() * (to - from));
const [insure, outsure] = [draws(200, 0.6, 1), draws(60, 0.3, 0.8)];
const original = { inside: insure.map((one) => sure(one)), outside: outsure.map((one) => sure(one)) };
/** Surer of what it does not know. */
const bold = { inside: original.inside, outside: outsure.map((one) => sure(Math.min(1, one + 0.2))) };

describe('a model without a class of its own', async () => {
  const trial = trialOf(examples, strangers, { original, bold });
  const outcomes = await outOfScope.evaluate(trial, options(), context());
  const [own, less] = [measured(outcomes, 'original'), measured(outcomes, 'bold')];

  test('ranks by largest probability as computed by hand, and by entropy', () => {
    const wanted = separate(rank(insure.map(Math.fround), outsure.map(Math.fround)), 0.95);
    expect(find(own, 'out-of-scope-auroc').value).toBeCloseTo(wanted.auroc, 3);
    expect(find(own, 'out-of-scope-aupr').value).toBeCloseTo(wanted.aupr, 3);
    expect(find(own, 'out-of-scope-fpr95').value).toBeCloseTo(wanted.fpr, 12);
    // With equal remaining probabilities entropy ranks as the largest probability does.
    expect(find(own, 'out-of-scope-auroc', 'score=entropy').value).toBeCloseTo(wanted.auroc, 3);
    expect(find(own, 'out-of-scope-auroc').samples).toBe(60);
  });

  test('thresholds: chosen on half, judged on the other half and on the strangers', () => {
    const kept = find(own, 'in-scope-kept');
    expect(kept.value).toBeGreaterThan(0.88);
    expect(kept.samples).toBeGreaterThan(80);
    expect(kept.samples).toBeLessThan(120);
    // 95 % of the usual ones are above 0.62; strangers reach from 0.3 to 0.8.
    expect(find(own, 'out-of-scope-abstained').value).toBeGreaterThan(0.5);
    const [loose, strict] = [
      find(own, 'out-of-scope-abstained', 'kept=99 %'),
      find(own, 'out-of-scope-abstained', 'kept=80 %'),
    ];
    expect(strict.value).toBeGreaterThan(loose.value);
    expect(own.some(({ slice }) => slice === 'kept=95 %')).toBe(false);
  });

  test('overconfident: as sure as the middle one of the usual texts', () => {
    expect(find(own, 'out-of-scope-overconfident')).toMatchObject({ samples: 60 });
    const limit = insure.toSorted((a, b) => a - b);
    const middle = (limit[99]! + limit[100]!) / 2;
    expect(find(less, 'out-of-scope-overconfident').value).toBeCloseTo(
      outsure.filter((one) => Math.min(1, one + 0.2) >= middle).length / 60,
      12,
    );
  });

  test('every metric is compared with the original on the same draws', () => {
    for (const one of own) expect(one.versus).toBeUndefined();
    for (const one of less) {
      expect(one.versus?.kind).toBe('difference');
      expect(one.versus!.low).toBeLessThanOrEqual(one.versus!.high);
    }
    expect(find(less, 'out-of-scope-auroc').versus!.high).toBeLessThan(0);
    expect(find(less, 'out-of-scope-fpr95').versus!.low).toBeGreaterThan(0);
    expect(find(less, 'out-of-scope-entropy').versus!.high).toBeLessThan(0);
    expect(find(less, 'in-scope-entropy').versus).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  test('the order of the data does not choose who chooses; a class that sounds like none of them is pointed at', async () => {
    const turned = trialOf(examples.toReversed(), strangers, {
      original: { ...original, inside: original.inside.toReversed() },
    });
    const again = measured(await outOfScope.evaluate(turned, options(), context()), 'original');
    expect(find(again, 'out-of-scope-abstained').value).toBe(find(own, 'out-of-scope-abstained').value);
    expect(find(own, 'out-of-scope-auroc').caveat).toContain('the model has a class "oos"');
  });
});

describe('a class of its own', () => {
  test('answers of it abstain, its rows are strangers, and its probability is doubt', async () => {
    const mixed = [...examples, ...Array.from({ length: 40 }, (_, at) => row(`own-${at}`, 'oos'))];
    const knowing = {
      inside: [...original.inside, ...Array.from({ length: 40 }, () => sure(0.97, 3))],
      outside: original.outside,
    };
    const all = measured(
      await outOfScope.evaluate(trialOf(mixed, strangers, { knowing }), options({ ownLabel: 'oos' }), context()),
      'knowing',
    );
    expect(find(all, 'out-of-scope-overconfident').samples).toBe(100);
    expect(find(all, 'out-of-scope-auroc').caveat).toBeUndefined();
    expect(find(all, 'out-of-scope-abstained').value).toBeGreaterThanOrEqual(0.4);
    // Sure of "oos" is as unsure as can be of the rest.
    const alone = measured(
      await outOfScope.evaluate(trialOf(mixed, [], { knowing }), options({ ownLabel: 'oos' }), context()),
      'knowing',
    );
    expect(find(alone, 'out-of-scope-auroc').value).toBe(1);
    expect(find(alone, 'out-of-scope-entropy').value).toBeGreaterThan(1.05);
    expect(find(alone, 'out-of-scope-abstained').value).toBe(1);
  });

  test('a model that refuses usual texts cannot keep them', async () => {
    const timid = { inside: examples.map(() => sure(0.9, 3)), outside: original.outside };
    const all = measured(
      await outOfScope.evaluate(trialOf(examples, strangers, { timid }), options({ ownLabel: 'oos' }), context()),
      'timid',
    );
    expect(find(all, 'in-scope-kept').value).toBe(0);
    expect(find(all, 'out-of-scope-abstained').value).toBe(0);
  });
});

describe('bad input', () => {
  test('an unknown class, no texts of one kind', async () => {
    const trial = trialOf(examples, strangers, { original });
    await expect(outOfScope.evaluate(trial, options({ ownLabel: 'nobody' }), context())).rejects.toMatchObject({
      code: 'quality/own-label',
    });
    await expect(outOfScope.evaluate({ ...trial, outOfScope: [] }, options(), context())).rejects.toMatchObject({
      code: 'quality/out-of-scope',
    });
  });

  test('of few strangers nothing is told; scores that are no numbers fail their version', async () => {
    const few = { inside: original.inside, outside: original.outside.slice(0, 5) };
    const broken = { inside: original.inside, outside: [[Number.NaN, 0, 0, 0], ...few.outside.slice(1)] };
    const outcomes = await outOfScope.evaluate(
      trialOf(examples, strangers.slice(0, 5), { few, broken }),
      options(),
      context(),
    );
    const told = measured(outcomes, 'few');
    expect(told.every(({ value, slice }) => Number.isNaN(value) && slice === undefined)).toBe(true);
    expect(find(told, 'out-of-scope-auroc').caveat).toMatch(/^it needs 30 texts of no class and there are 5; /);
    expect(outcomes.get('broken')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
  });

  test('all answers equally sure: guessing', async () => {
    const flat = { inside: examples.map(() => sure(0.4)), outside: strangers.map(() => sure(0.4)) };
    const all = measured(
      await outOfScope.evaluate(trialOf(examples, strangers, { flat }), options(), context()),
      'flat',
    );
    expect(find(all, 'out-of-scope-auroc')).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
    expect(find(all, 'out-of-scope-fpr95').value).toBe(1);
  });

  test('stops within the draws', async () => {
    const stop = new AbortController();
    const running = outOfScope.evaluate(
      trialOf(examples, strangers, { original }),
      options({ replicates: 100_000 }),
      context(stop.signal),
    );
    setTimeout(() => stop.abort(), 20);
    await expect(running).rejects.toThrow();
  });
});
