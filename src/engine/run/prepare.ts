import {
  parseOptions,
  type Context,
  type Digest,
  type Machine,
  type Progress,
  type Scenario,
  type Task,
} from '../../contracts/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { metrics } from '../../weigh/index.ts';
import { findModel, locateModel, type Found } from './baseline.ts';
import { techniqueOf } from '../build/techniques.ts';
import { loadData, type RunData } from './data.ts';
import { evaluatorsOf } from '../measure/evaluators.ts';
import type { Asked } from '../measure/measure.ts';
import { digestOf } from '../../records/index.ts';
import { readScenario } from '../scenario/index.ts';
import { searchingOf } from '../search/searching.ts';
import { checkSearch } from '../search/check.ts';
import { makeTask } from './task.ts';

export interface PrepareSettings {
  /** Path of the scenario file. */
  readonly scenario: string;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
  /** The machine to decide for; default: this one. */
  readonly machine?: Machine;
}

/** What the user gave, read and checked: scenario, model, data. Nothing is written yet. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly scenarioFile: string;
  readonly scenarioFolder: string;
  readonly text: string;
  readonly found: Found;
  readonly task: Task;
  readonly data: RunData;
  readonly evaluators: readonly Asked[];
  readonly machine: Machine;
}

/** Everything that can be wrong with what the user gave, found before a run folder exists.
 *  Errors: `scenario/…`, `data/…`, `model/…`, `usage/…`. */
export const prepare = async (settings: PrepareSettings): Promise<Prepared> => {
  const { scenario, folder: scenarioFolder, text } = await readScenario(settings.scenario, metrics);
  const say = settings.progress ?? (() => undefined);
  say({ label: 'reading the model and the data', done: 0, total: null });
  for (const { technique, options } of scenario.candidates?.flatMap(({ steps }) => steps) ?? [])
    parseOptions(technique, techniqueOf(technique).options, options);
  checkSearch(scenario.search);
  searchingOf(scenario);
  const found = await findModel(await locateModel(scenario.model, scenarioFolder, say));
  const task = await makeTask(scenario, found);
  const data = await loadData(scenario, scenarioFolder, task);
  for (const warning of data.warnings) settings.log?.('warn', warning);
  const evaluators = await evaluatorsOf(scenario, scenarioFolder, task);
  return {
    scenario,
    scenarioFile: settings.scenario,
    scenarioFolder,
    text,
    found,
    task,
    data,
    evaluators,
    machine: settings.machine ?? (await readMachine()),
  };
};

/** The key of a run: what the user asks, of which model and data, on which machine. */
export const runKey = ({ text, found, data, machine }: Prepared, candidates: readonly string[] | null): Digest =>
  digestOf({ kind: 'run', text, model: found.digest, data: data.digest, machine: machine.digest, candidates });
