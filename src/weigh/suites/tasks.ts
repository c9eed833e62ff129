import { SteelyardError } from '../../contracts/index.ts';
import { advglueTasks } from './advglue.ts';
import { glueTasks } from './glue.ts';
import { superglueTasks } from './superglue.ts';
import type { SuiteId, SuiteTask } from './types.ts';

/** Every task of every benchmark. */
export const suiteTasks: readonly SuiteTask[] = [...glueTasks, ...superglueTasks, ...advglueTasks];

/** A benchmark and how its score comes about: the mean over `groups` of the mean over a group's tasks. */
export interface Suite {
  readonly id: SuiteId;
  readonly title: string;
  /** Short task names. Diagnostic sets are left out. */
  readonly groups: readonly (readonly string[])[];
  readonly source: string;
}

/** The benchmarks. A task with two metrics counts with their mean; MNLI’s two halves count as one task. */
export const suites: readonly Suite[] = [
  {
    id: 'glue',
    title: 'GLUE',
    groups: [['cola'], ['sst2'], ['mrpc'], ['stsb'], ['qqp'], ['mnli', 'mnli-mm'], ['qnli'], ['rte'], ['wnli']],
    source: 'Wang et al. 2019, GLUE; MNLI averaged as in the script of Adversarial GLUE',
  },
  {
    id: 'superglue',
    title: 'SuperGLUE',
    groups: [['boolq'], ['cb'], ['copa'], ['multirc'], ['record'], ['rte'], ['wic'], ['wsc']],
    source: 'Wang et al. 2019, SuperGLUE',
  },
  {
    id: 'advglue',
    title: 'Adversarial GLUE',
    groups: [['sst2'], ['qqp'], ['mnli', 'mnli-mm'], ['qnli'], ['rte']],
    source: 'Wang et al. 2021, evaluate.py',
  },
];

/** "MNLI_Matched", "mnli-m" and "mnlim" are the same name. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

export const suiteOf = (id: SuiteId): Suite => suites.find((suite) => suite.id === id)!;

/** The tasks that a name means: one task ("glue/sst2", also by another of its names), or all of a benchmark ("glue").
 *  Errors: `score/task` naming what there is. */
export const findTasks = (name: string): readonly SuiteTask[] => {
  const [suite, ...rest] = name
    .toLowerCase()
    .replace(/^super[-_]glue/, 'superglue')
    .split('/');
  const all = suiteTasks.filter((task) => task.suite === suite);
  if (all.length > 0 && rest.length === 0) return all;
  const wanted = plainName(rest.join(''));
  const found = all.filter(({ id, aliases }) => plainName(id.split('/')[1]!) === wanted || aliases.includes(wanted));
  if (found.length > 0) return found.slice(0, 1);
  const known = all.length > 0 ? all.map(({ id }) => id) : suites.map(({ id }) => id);
  throw new SteelyardError(
    'score/task',
    `unknown task "${name}"; known: ${known.join(', ')}`,
    'steelyard score --list shows every task',
  );
};
