import { expect, test } from 'vitest';
import { aggregate } from './aggregate.ts';
import type { Scored } from './measure.ts';
import { suiteOf } from './tasks.ts';

/** A task that scores `value`, give or take one. */
const scored = (task: string, value: number, difference: number | null = null): Scored => {
  const around = (center: number): Float64Array =>
    Float64Array.from({ length: 401 }, (_, at) => center + (((at * 173) % 401) - 200) / 100);
  const versus = difference === null ? {} : { versus: { value: difference, low: 0, high: 0 } };
  return {
    report: {
      task,
      title: '',
      rows: 10,
      metrics: [],
      score: { value, low: 0, high: 0, standardError: 1, ...versus },
      cautions: [],
    },
    draws: { own: around(value), difference: difference === null ? null : around(difference) },
  };
};
const all = (id: 'glue' | 'superglue' | 'advglue', value: (name: string, at: number) => number): Scored[] =>
  suiteOf(id)
    .groups.flat()
    .map((name, at) => scored(`${id}/${name}`, value(name, at)));

test('GLUE: nine tasks, the two halves of MNLI count as one', () => {
  const score = aggregate(
    'glue',
    all('glue', (name) => (name === 'mnli' ? 0 : name === 'mnli-mm' ? 90 : 45)),
    0.95,
  )!;
  expect(score).toMatchObject({ name: 'GLUE score', complete: true, missing: [], tasks: 9 });
  expect(score.value).toBeCloseTo(45, 12);
});

test('SuperGLUE: eight tasks, the diagnostic sets are left out', () => {
  const tasks = [...all('superglue', (_, at) => at * 10), scored('superglue/axb', 1000), scored('superglue/axg', 1000)];
  expect(aggregate('superglue', tasks, 0.95)).toMatchObject({ value: 35, tasks: 8, complete: true });
});

test('Adversarial GLUE: five tasks', () => {
  const score = aggregate(
    'advglue',
    all('advglue', (name) => (name === 'mnli-mm' ? 20 : 0)),
    0.95,
  )!;
  expect([score.tasks, score.value]).toEqual([5, 2]);
});

test('fewer tasks: the missing ones are named, and the number is not called the benchmark’s', () => {
  const score = aggregate('glue', [scored('glue/cola', 50), scored('glue/mnli', 80)], 0.95)!;
  expect(score).toMatchObject({ value: 65, complete: false, name: 'mean of 2 of 9 tasks: not the GLUE score' });
  expect(score.missing).toEqual([
    'glue/sst2',
    'glue/mrpc',
    'glue/stsb',
    'glue/qqp',
    'glue/mnli-mm',
    'glue/qnli',
    'glue/rte',
    'glue/wnli',
  ]);
  expect(aggregate('superglue', [scored('superglue/axg', 50)], 0.95)).toBeNull();
});

test('the interval comes from the tasks’ replicates, draw by draw', () => {
  const one = aggregate('glue', [scored('glue/cola', 50, -1)], 0.95)!;
  expect(one.low).toBeCloseTo(48.1, 2);
  expect(one.high).toBeCloseTo(51.9, 2);
  expect(one.versus!.value).toBe(-1);
  expect(one.versus!.high).toBeCloseTo(0.9, 2);
  expect(aggregate('glue', [scored('glue/cola', 50, -1), scored('glue/rte', 50)], 0.95)!.versus).toBeUndefined();
});
