import { expect, test } from 'vitest';
import {
  tooFew,
  type Context,
  type Example,
  type Predictions,
  type Subject,
  type Task,
  type Trial,
} from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { judgeNumbers, judgeTags } from '../tasks/judging/index.ts';
import { judgedAnswers } from './judged.ts';

const context = {
  signal: new AbortController().signal,
  random: (label: string) => seeded(1, label),
  progress: () => undefined,
} as unknown as Context;
const subject = (id: string): Subject => ({ id }) as unknown as Subject;
const trialOf = (
  task: Partial<Task>,
  examples: readonly Example[],
  answers: Readonly<Record<string, Predictions | Error>>,
): Trial =>
  ({
    task: { labels: [], ...task },
    examples,
    groups: ['half'],
    confidence: 0.95,
    baseline: subject('baseline'),
    candidates: Object.keys(answers).slice(1).map(subject),
    predictions: ({ id }: Subject) => {
      const found = answers[id]!;
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    },
  }) as unknown as Trial;
const run = (trial: Trial) => judgedAnswers.evaluate(trial, { replicates: 400 }, context);

const count = 120;
const random = seeded(7, 'judged');
const truth = Array.from({ length: count }, () => Math.fround(random.normal()));
const numbers = (error: number): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: Float32Array.from(truth, (value, at) => value + (at % 2 === 0 ? error : -error)),
  sizes: new Int32Array(count).fill(1),
  truncated: 0,
});
const examples = truth.map((gold, at): Example => ({
  id: String(at),
  label: null,
  gold,
  groups: { half: at < 60 ? 'first' : at < 110 ? 'second' : 'few' },
}));
const regression = { id: 'tensor-regression', judging: judgeNumbers } as const;

test('every metric with interval and paired comparison, of the kind that it declares', async () => {
  const outcomes = await run(
    trialOf(regression, examples, { baseline: numbers(0.1), worse: numbers(0.2), same: numbers(0.1) }),
  );
  const of = (id: string) => {
    const outcome = outcomes.get(id)!;
    if (outcome.kind !== 'measured') throw new Error(outcome.message);
    return outcome.measurements;
  };
  const rmse = of('worse').find(({ metric }) => metric === 'rmse')!;
  expect(rmse.value).toBeCloseTo(0.2, 6);
  expect(rmse.samples).toBe(count);
  // Every draw doubles the error: the pairing takes all noise out.
  expect(rmse.versus).toMatchObject({ kind: 'ratio', method: 'paired bootstrap over 120 examples, 400 draws' });
  for (const bound of [rmse.versus!.low, rmse.versus!.value, rmse.versus!.high]) expect(bound).toBeCloseTo(2, 5);
  const r2 = of('worse').find(({ metric, slice }) => metric === 'r2' && slice === undefined)!;
  expect(r2.versus!.kind).toBe('difference');
  expect(r2.versus!.high).toBeLessThan(0);
  expect(of('same').every(({ versus }) => versus!.value === (versus!.kind === 'ratio' ? 1 : 0))).toBe(true);
  expect(of('baseline').every(({ versus }) => versus === undefined)).toBe(true);
});

test('the first metric per group; groups that are too small are refused by name', async () => {
  const outcomes = await run(trialOf(regression, examples, { baseline: numbers(0.1), worse: numbers(0.2) }));
  const outcome = outcomes.get('worse')!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  const slices = outcome.measurements.filter(({ slice }) => slice !== undefined);
  expect(slices.map(({ metric, slice, samples }) => [metric, slice, samples])).toEqual([
    ['rmse', 'half=first', 60],
    ['rmse', 'half=second', 50],
  ]);
  expect(slices[0]!.versus!.value).toBeCloseTo(2, 5);
  expect(outcome.measurements[0]!.refused).toEqual([tooFew('half=few', 10)]);
});

test('an original without any error: the ratio is large, never endless', async () => {
  const outcomes = await run(trialOf(regression, examples, { baseline: numbers(0), worse: numbers(0.2) }));
  const outcome = outcomes.get('worse')!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  expect(outcome.measurements[0]!.versus!.value).toBe(1e9);
  expect(JSON.stringify(outcome)).not.toContain('null');
});

test('kinds of answers are slices of their own', async () => {
  const labels = ['O', 'B-X', 'B-Y', 'B-Z'];
  const tagged = (tags: readonly string[]): Predictions => ({
    labels,
    predicted: new Int32Array(),
    scores: new Float32Array(),
    truncated: 0,
    answers: tags.map((tag) => [tag]),
  });
  const gold = Array.from({ length: 91 }, (_, at) => (at === 90 ? 'B-Z' : labels[at % 3]!));
  const some = gold.map((tag, at): Example => ({ id: String(at), words: ['w'], gold: [tag], label: null, groups: {} }));
  const task = { id: 'token-classification', labels, judging: judgeTags(labels, 'lenient') } as const;
  const worse = gold.map((tag) => (tag === 'B-Y' ? 'O' : tag));
  const outcome = (await run(trialOf(task, some, { baseline: tagged(gold), worse: tagged(worse) }))).get('worse')!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  const sliced = outcome.measurements.filter(({ slice }) => slice !== undefined);
  expect(sliced.map(({ slice, value, versus }) => [slice, value, versus!.value])).toEqual([
    ['entity=X', 1, 0],
    ['entity=Y', 0, -1],
  ]);
  // Of one entity no share is told.
  expect(outcome.measurements[0]!.refused).toEqual([tooFew('entity=Z', 1, 'right answer')]);
});

test('who cannot answer is its own outcome; data without right answers ends the trial', async () => {
  const { SteelyardError } = await import('../../contracts/index.ts');
  const outcomes = await run(
    trialOf(regression, examples, { baseline: numbers(0.1), broken: new SteelyardError('task/not-finite', 'NaN') }),
  );
  expect(outcomes.get('broken')).toEqual({ kind: 'failed', code: 'task/not-finite', message: 'NaN' });
  const unlabelled = examples.map(({ id, groups }): Example => ({ id, groups, label: null }));
  await expect(run(trialOf(regression, unlabelled, { baseline: numbers(0.1) }))).rejects.toMatchObject({
    code: 'quality/unlabelled',
  });
});
