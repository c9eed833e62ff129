import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  parseOptions,
  type Evaluator,
  type Example,
  type Options,
  type OptionsSpec,
  type Predictions,
  type Subject,
  type Trial,
} from '../contracts/index.ts';
import { stackText, workbench, type Workbench } from '../runtime/testing/trial.ts';
import { judgeNumbers } from './tasks/judging/index.ts';
import { predict } from './tasks/index.ts';
import { evaluators } from './index.ts';

// Every evaluator keeps the same promises, whatever it measures.
let bench: Workbench;
let trial: Trial;
/** The same versions asked for a number each. */
let numbers: Trial;
beforeAll(async () => {
  bench = await workbench();
  const subjects = [await bench.subject('baseline', stackText(4)), await bench.subject('other', stackText(3))] as const;
  const plain = bench.trial(subjects[0], [subjects[1]]);
  const examples: Example[] = Array.from({ length: 48 }, (_, at) => ({
    ...plain.examples[at % 24]!,
    id: String(at),
    label: at % 3 === 0 ? 'no' : 'yes',
    groups: { half: at < 40 ? 'first' : 'second' },
  }));
  const known = new Map<string, Promise<Predictions>>();
  const ask = async (subject: Subject, some: readonly Example[]): Promise<Predictions> => {
    const session = await subject.open();
    try {
      return await predict(plain.task, session, some, { batchSize: 16, context: bench.context() });
    } finally {
      await session.close();
    }
  };
  trial = {
    ...plain,
    examples,
    groups: ['half'],
    price: { perHour: 0.1, currency: 'USD', cores: 2 },
    predictions: (subject) => known.get(subject.id) ?? known.set(subject.id, ask(subject, examples)).get(subject.id)!,
    ask,
    reference: plain.examples,
    outOfScope: examples.map((example) => ({ ...example, id: `outside-${example.id}` })),
  };
  numbers = {
    ...trial,
    task: { ...plain.task, id: 'tensor-regression', answers: 'number', labels: [], judging: judgeNumbers },
    examples: examples.map((example, at) => ({ ...example, label: null, gold: Math.sin(at) })),
    predictions: async (subject) => {
      const { scores } = await trial.predictions(subject);
      return {
        labels: [],
        predicted: new Int32Array(),
        scores: scores.filter((_, at) => at % 2 === 0),
        sizes: new Int32Array(examples.length).fill(1),
        truncated: 0,
      };
    },
  };
});
afterAll(() => bench.remove());

/** The trial that an evaluator says something about. */
const about = ({ needs }: Evaluator): Trial =>
  [needs.answers ?? 'classes'].flat().includes('classes') ? trial : numbers;

/** The fastest setting that is allowed. */
const least = (evaluator: Evaluator): Options<OptionsSpec> =>
  parseOptions(
    evaluator.id,
    evaluator.options,
    Object.fromEntries(
      Object.entries(evaluator.options).flatMap(([key, option]) =>
        option.kind === 'integer' || option.kind === 'number' ? [[key, option.min]] : [],
      ),
    ),
  );

describe.each(evaluators.map((evaluator) => [evaluator.id, evaluator] as const))('%s', (_, evaluator) => {
  test('gives every version only what it declares, with interval, unit, samples and a comparison of the declared kind', async () => {
    const outcomes = await evaluator.evaluate(about(evaluator), least(evaluator), bench.context());
    expect([...outcomes.keys()].toSorted()).toEqual(['baseline', 'other']);
    const declared = new Map(evaluator.metrics.map((metric) => [metric.id, metric]));
    for (const [id, outcome] of outcomes) {
      if (outcome.kind !== 'measured') throw new Error(`${id}: ${outcome.message}`);
      for (const one of outcome.measurements) {
        const metric = declared.get(one.metric);
        expect(metric, one.metric).toBeDefined();
        expect(one.unit).toBe(metric!.unit);
        expect(one.samples).toBeGreaterThan(0);
        expect(one.confidence).toBe(trial.confidence);
        if (Number.isNaN(one.value)) {
          // Not measurable here: it says why, and is compared with nothing.
          expect([one.low, one.high, one.versus]).toEqual([Number.NaN, Number.NaN, undefined]);
          expect(one.caveat).toMatch(/^it needs /);
          continue;
        }
        expect(one.low).toBeLessThanOrEqual(one.value);
        expect(one.high).toBeGreaterThanOrEqual(one.value);
        if (metric!.versus === 'none') expect(one.versus).toBeUndefined();
        // The baseline has nothing to be compared with but a second copy of itself.
        else if (id === 'baseline') expect(one.versus?.method ?? 'A/A arm').toMatch(/^A\/A arm/);
        else {
          expect(one.versus, one.metric).toBeDefined();
          expect(one.versus!.kind).toBe(metric!.versus);
          expect(one.versus!.low).toBeLessThanOrEqual(one.versus!.high);
        }
      }
    }
  });

  test('stops when it is cancelled', async () => {
    const context = bench.context({ signal: AbortSignal.abort() });
    // Another trial object: nothing that was remembered may hide the stop.
    await expect(evaluator.evaluate({ ...about(evaluator) }, least(evaluator), context)).rejects.toThrow();
  });

  test.skipIf(evaluator.needs.alone)(
    'gives the same numbers for the same seed, and leaves the trial as it was',
    async () => {
      const before = JSON.stringify(about(evaluator));
      const one = await evaluator.evaluate(about(evaluator), least(evaluator), bench.context());
      const two = await evaluator.evaluate(about(evaluator), least(evaluator), bench.context());
      expect(two).toEqual(one);
      expect(JSON.stringify(about(evaluator))).toBe(before);
    },
  );
});
