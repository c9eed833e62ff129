import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  SteelyardError,
  parseOptions,
  type Digest,
  type Evaluator,
  type Scenario,
  type Task,
} from '../../contracts/index.ts';
import { evaluators } from '../../weigh/index.ts';
import type { Asked } from './measure.ts';
import { closest } from '../../contracts/closest.ts';

const digestFile = async (path: string, option: string): Promise<Digest> => {
  try {
    return `sha256:${createHash('sha256')
      .update(await readFile(path))
      .digest('hex')}`;
  } catch (cause) {
    throw new SteelyardError(
      'scenario/file',
      `cannot read ${path}: ${(cause as Error).message}`,
      `"${option}" is a path relative to the scenario file`,
      { cause },
    );
  }
};

const checkNames = ({ weigh }: Scenario): void => {
  for (const id of Object.keys(weigh)) {
    if (evaluators.some((one) => one.id === id)) continue;
    const known = evaluators.map((one) => one.id);
    const near = closest(id, known);
    throw new SteelyardError(
      'scenario/evaluator',
      `weigh: there is no evaluator "${id}"${near === null ? '' : `; did you mean "${near}"?`}`,
      `known: ${known.join(', ')}`,
    );
  }
};

/** The evaluator as this scenario wants it: its options checked, its files found. */
const ask = async (evaluator: Evaluator, { weigh }: Scenario, folder: string): Promise<Asked> => {
  const wanted = weigh[evaluator.id] ?? {};
  const parsed = parseOptions(evaluator.id, evaluator.options, wanted);
  const options: Record<string, unknown> = { ...wanted };
  const files: Record<string, Digest> = {};
  for (const name of evaluator.needs.files ?? []) {
    const path = parsed[name];
    if (typeof path !== 'string' || path === '') continue;
    const absolute = resolve(folder, path);
    options[name] = absolute;
    files[name] = await digestFile(absolute, name);
  }
  return { evaluator, options, files };
};

/** The evaluators of a run: those that always run, and those whose metrics or name the scenario mentions, where the task, the price and
 *  the data allow them. Errors: `scenario/evaluator`, `scenario/needs`, `scenario/file`, `usage/option`. */
export const evaluatorsOf = async (scenario: Scenario, folder: string, task: Task): Promise<readonly Asked[]> => {
  checkNames(scenario);
  const named = new Set([...scenario.must.map(({ metric }) => metric), ...scenario.prefer]);
  const asked: Asked[] = [];
  for (const evaluator of evaluators) {
    const { needs } = evaluator;
    const wanted = Object.hasOwn(scenario.weigh, evaluator.id) || evaluator.metrics.some(({ id }) => named.has(id));
    if (!wanted && evaluator.when === 'asked') continue;
    const missing =
      needs.answers !== undefined && ![needs.answers].flat().includes(task.answers ?? 'classes')
        ? `it is not about answers as ${task.id} gives them`
        : needs.price === true && scenario.price === null
          ? 'the scenario names no price'
          : needs.outOfScope === true && scenario.data.outOfScope === undefined
            ? 'the scenario has no data.out-of-scope'
            : null;
    if (missing === null) asked.push(await ask(evaluator, scenario, folder));
    else if (wanted)
      throw new SteelyardError(
        'scenario/needs',
        `${evaluator.id} was asked for (${evaluator.metrics.map(({ id }) => id).join(', ')}), but ${missing}`,
        'add what is missing, or take its metrics out of must, prefer and weigh',
      );
  }
  return asked;
};

/** What is asked of evaluators, as a key holds it: files by their digest, wherever they lie. */
export const askedOf = (asked: readonly Asked[]) =>
  asked.map(({ evaluator: { id, version }, options, files }) => ({ id, version, options: { ...options, ...files } }));

/** Evaluators that compare answers and need no quiet machine. */
export const ofAnswers = (asked: readonly Asked[]): readonly Asked[] =>
  asked.filter(({ evaluator: { needs } }) => needs.dataset !== 'none' && !needs.alone);
