import { describe, expect, test } from 'vitest';
import golden from './fixtures/golden.json' with { type: 'json' };
import { rightIn, scikitMacro, suiteMetrics, unitsOf, valuesOf, type Sheet } from './metrics.ts';
import { suiteTasks } from './tasks.ts';
import { rowsWith, sheetWith, taskOf } from './testing/files.ts';
import type { SuiteMetricId } from './types.ts';

const once = (sheet: Sheet): readonly number[] => valuesOf(sheet)(new Uint8Array(sheet.rows.length).fill(1));
/** The metric ids are those of another task: only the formulas matter here. */
const withMetrics = (sheet: Sheet, ...metrics: SuiteMetricId[]): Sheet => ({
  ...sheet,
  task: { ...sheet.task, metrics },
});

// Source of the values: scikit-learn 1.9 and scipy 1.17, seeded answers.
describe('as scikit-learn', () => {
  test.each(golden.classes)('$name', ({ classes, truth, predicted, accuracy, matthews, macro, scikit, ...rest }) => {
    const sheet = sheetWith(classes === 3 ? 'superglue/cb' : 'superglue/rte', truth, predicted);
    const [acc, mcc, mean] = once(withMetrics(sheet, 'accuracy', 'matthews', 'f1-macro'));
    expect(acc).toBeCloseTo(accuracy, 12);
    expect(mcc).toBeCloseTo(matthews, 12);
    expect(mean).toBeCloseTo(macro, 12);
    expect(scikitMacro(sheet)).toBeCloseTo(scikit, 12);
    if ('f1' in rest) expect(once(withMetrics(sheet, 'f1'))[0]).toBeCloseTo(rest.f1!, 12);
  });

  test('the macro F1 of the benchmark counts a class that does not occur as 0, scikit-learn leaves it out', () => {
    const small = golden.classes.find(({ name }) => name === 'cb-small')!;
    expect(small.macro).toBeCloseTo((small.scikit * 2) / 3, 12);
  });

  test('Pearson and Spearman', () => {
    const { truth, predicted, pearson, spearman } = golden.scores;
    const sheet: Sheet = {
      task: taskOf('glue/stsb'),
      rows: rowsWith(truth),
      given: { kind: 'score', predicted: Float64Array.from(predicted) },
    };
    const values = once(sheet);
    expect(values[0]).toBeCloseTo(pearson, 12);
    expect(values[1]).toBeCloseTo(spearman, 12);
  });
});

const multirc = (): Sheet => {
  const { questions } = golden.multirc;
  return sheetWith(
    'superglue/multirc',
    questions.flatMap(({ truth }) => truth),
    questions.flatMap(({ predicted }) => predicted),
    questions.flatMap(({ paragraph, question, truth }) => truth.map(() => `${paragraph}/${question}`)),
  );
};

test('MultiRC: F1 over all answers, and questions whose answers are all right', () => {
  const [f1a, em] = once(multirc());
  expect(f1a).toBeCloseTo(golden.multirc.f1a, 12);
  expect(em).toBeCloseTo(golden.multirc.em, 12);
  expect(golden.multirc.accuracy).toBeGreaterThan(golden.multirc.em);
  expect(unitsOf(multirc(), 'em')).toHaveLength(golden.multirc.questions.length);
  expect(unitsOf(multirc(), 'f1a')).toBeNull();
});

test('a question drawn twice counts twice', () => {
  const sheet = sheetWith('superglue/multirc', [1, 0, 1, 1], [1, 0, 0, 1], ['0/0', '0/0', '0/1', '0/1']);
  const values = valuesOf(sheet);
  expect(values([1, 1, 1, 1])[1]).toBe(0.5);
  expect(values([2, 2, 1, 1])[1]).toBeCloseTo(2 / 3, 12);
  expect(values([2, 2, 1, 1])[0]).toBeCloseTo((2 * 3) / (4 + 3), 12);
});

test('gender parity: pairs answered alike, right or wrong; a constant answer has all of them', () => {
  const pairs = ['0', '0', '1', '1', '2', '2'];
  const truth = [0, 0, 1, 1, 0, 0];
  const sheet = sheetWith('superglue/axg', truth, [0, 0, 0, 1, 1, 1], pairs);
  expect(once(sheet)[0]).toBe(0.5);
  expect(once(sheet)[1]).toBeCloseTo(2 / 3, 12);
  expect([...unitsOf(sheet, 'gender-parity')!]).toEqual([1, 0, 1]);
  // Rows of a pair are no independent rows.
  expect(unitsOf(sheet, 'accuracy')).toBeNull();
  expect(once(sheetWith('superglue/axg', truth, [1, 1, 1, 1, 1, 1], pairs))[1]).toBe(1);
});

test('ReCoRD: means over queries of exact match and word F1', () => {
  const rows = [['Tracy Morgan', 'Morgan'], ['China'], ['The Cook Islands']].map((answers, at) => ({
    id: String(at),
    fields: {},
    label: null,
    answers,
    cluster: String(at),
  }));
  const sheet: Sheet = {
    task: taskOf('superglue/record'),
    rows,
    given: { kind: 'text', predicted: ['morgan', null, 'Cook'] },
  };
  const [f1, em] = once(sheet);
  expect(f1).toBeCloseTo((1 + 0 + 2 / 3) / 3, 12);
  expect(em).toBeCloseTo(1 / 3, 12);
  expect([...rightIn(sheet)!]).toEqual([1, 0, 0]);
});

test('every metric of every task is declared', () => {
  for (const { metrics } of suiteTasks) for (const id of metrics) expect(suiteMetrics[id].definition).toMatch(/\.$/);
});
