import { expect, test } from 'vitest';
import { findTasks, plainName, suites, suiteTasks } from './tasks.ts';

test('every task has an id of its own, its benchmark, rows and places', () => {
  expect(new Set(suiteTasks.map(({ id }) => id)).size).toBe(suiteTasks.length);
  for (const { id, suite, rows, places, labels, answer } of suiteTasks) {
    expect(id.startsWith(`${suite}/`), id).toBe(true);
    expect(rows, id).toBeGreaterThan(0);
    expect(places.length, id).toBeGreaterThan(0);
    expect(labels.length > 0, id).toBe(answer === 'class');
  }
});

test('what counts for a benchmark exists', () => {
  for (const { id, groups } of suites)
    for (const name of groups.flat())
      expect(
        suiteTasks.some((task) => task.id === `${id}/${name}`),
        `${id}/${name}`,
      ).toBe(true);
  expect(suites.map(({ groups }) => groups.length)).toEqual([9, 8, 5]);
});

test.each([
  ['glue/SST-2', 'glue/sst2'],
  ['glue/mnli_mismatched', 'glue/mnli-mm'],
  ['glue/mnli-m', 'glue/mnli'],
  ['super_glue/wsc.fixed', 'superglue/wsc'],
  ['superglue/AX-g', 'superglue/axg'],
  ['advglue/adv_rte', 'advglue/rte'],
])('%s is %s', (name, id) => {
  expect(findTasks(name).map((task) => task.id)).toEqual([id]);
});

test('a benchmark is all its tasks; other names are refused with what there is', () => {
  expect(findTasks('superglue')).toHaveLength(10);
  expect(findTasks('glue')).toHaveLength(11);
  expect(() => findTasks('glue/boolq')).toThrow(/unknown task "glue\/boolq"; known: glue\/cola/);
  expect(() => findTasks('squad')).toThrow('known: glue, superglue, advglue');
  expect(plainName('MNLI_Matched')).toBe('mnlimatched');
});
