import { expect, test } from 'vitest';
import { listScoreTasks, type ScoredTask, type ScoreResult } from '../engine/measure/score.ts';
import { listText, scoreText } from './score-text.ts';

const file = (path: string) => ({ path, layout: 'TSV, by idx', notes: [] });
const task: ScoredTask = {
  task: 'glue/mrpc',
  title: 'Paraphrases',
  rows: 408,
  metrics: [
    {
      metric: 'glue/mrpc/accuracy',
      title: 'Accuracy',
      unit: 'proportion',
      value: 0.862,
      low: 0.825,
      high: 0.892,
      confidence: 0.95,
      samples: 408,
      standardError: 0.0171,
      method: 'Wilson',
      versus: {
        kind: 'difference',
        value: -0.0049,
        low: -0.0176,
        high: 0.0069,
        evidence: { kind: 'exact' },
        method: 'Tango',
      },
    },
    {
      metric: 'glue/mrpc/f1',
      title: 'F1',
      unit: 'proportion',
      value: Number.NaN,
      low: 0,
      high: 1,
      confidence: 0.95,
      samples: 408,
      standardError: Number.NaN,
      method: 'bootstrap',
      caveat: 'no value',
    },
  ],
  score: { value: Number.NaN, low: Number.NaN, high: Number.NaN, standardError: Number.NaN },
  flips: {
    rows: 408,
    changed: 6,
    worse: 4,
    better: 2,
    mcnemar: { exact: 0.6875, midP: 0.453 },
    examples: { worse: ['9', '18', '25', '32'], better: ['1', '2'] },
  },
  cautions: ['read with care'],
  gold: file('dev.tsv'),
  predictions: { ...file('MRPC.tsv'), notes: ['by row number'] },
  baseline: file('other.tsv'),
};
const result: ScoreResult = {
  tasks: [task],
  aggregate: {
    suite: 'glue',
    title: 'GLUE',
    name: 'mean of 1 of 9 tasks: not the GLUE score',
    complete: false,
    missing: ['glue/cola', 'glue/sst2'],
    tasks: 1,
    value: 86.2,
    low: 82,
    high: 90,
    standardError: 2,
  },
  leftOut: [
    { task: 'glue/cola', reason: 'no answers under x' },
    { task: 'glue/sst2', reason: 'no answers under x' },
  ],
  verdicts: [
    {
      gate: { metric: 'glue/mrpc/accuracy', limit: { kind: 'worse-by-at-most', value: 0.01 } },
      verdict: 'undecided',
      p: 0.2,
      value: -0.0049,
      bound: -0.016,
      reason: 'about 3,000 samples would decide it',
    },
  ],
  margin: 0.01,
  confidence: 0.95,
  replicates: 10_000,
  seed: 1,
};

test('a table a task, with flips, reasons and notes', () => {
  const lines = scoreText(result).split('\n');
  expect(lines[0]).toBe('glue/mrpc  Paraphrases, 408 rows');
  expect(lines.slice(5, 8)).toEqual([
    '  metric        of 100  95 % interval  std. error    n  against baseline    verdict',
    '  Accuracy        86.2   [82.5, 89.2]         1.7  408  −0.5 [−1.8, +0.7]  UNDECIDED',
    '  F1                 –                             408',
  ].map((line) => expect.stringMatching(new RegExp(`^${line.replace(/[.[\]+]/g, '\\$&').replace(/ +/g, ' +')}$`)))); // prettier-ignore
  const text = lines.join('\n');
  expect(text).toContain(
    'flips: 6 of 408 answers changed, 4 became wrong (idx 9, 18, 25, 32), 2 became right (idx 1, 2); McNemar mid-p 0.45, exact 0.69',
  );
  expect(text).toContain('about 3,000 samples would decide it');
  for (const note of ['by row number', 'read with care', 'F1: no value']) expect(text).toContain(`note: ${note}`);
  expect(text).toContain(
    'mean of 1 of 9 tasks: not the GLUE score: 86.2 [82.0, 90.0]\n  missing: glue/cola, glue/sst2',
  );
  expect(text).toContain('no answers under x: glue/cola, glue/sst2');
  expect(text).toContain('worse by at most 1 point of 100, at 95 % confidence, 1 judged together');
});

test('without a baseline there is neither a column for it nor a verdict', () => {
  const { versus: _, ...accuracy } = task.metrics[0]!;
  const alone: ScoredTask = { ...task, metrics: [accuracy], flips: undefined, baseline: undefined };
  const text = scoreText({ ...result, tasks: [alone], verdicts: [], margin: null, aggregate: null, leftOut: [] });
  for (const word of ['baseline', 'verdict', 'flips']) expect(text).not.toContain(word);
});

test('the list names every task with its labels in id order', () => {
  const lines = listText(listScoreTasks()).split('\n');
  expect(lines).toHaveLength(28);
  expect(lines.find((line) => line.includes('glue/wnli'))).toMatch(/not_entailment, entailment +Accuracy +71$/);
});
