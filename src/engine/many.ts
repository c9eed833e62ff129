import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  SteelyardError,
  isSteelyardError,
  type BuildRecord,
  type Chain,
  type ChoiceRecord,
  type Scenario,
} from '../contracts/index.ts';
import { onDisk } from '../records/files/fault.ts';
import type { MatrixRow } from '../report/index.ts';
import { metrics } from '../weigh/index.ts';
import { readRun } from './report.ts';
import { runFolder, slug } from './run/run-folder.ts';
import { readScenario } from './scenario/index.ts';
import { tune, type TuneResult, type TuneSettings } from './tune.ts';
import { knownOf, measurementsOf, type Known } from './what-if/known.ts';

export interface ManySettings extends Omit<TuneSettings, 'scenario' | 'candidates' | 'also'> {
  /** Paths of the scenario files, at least two. */
  readonly scenarios: readonly string[];
}

export interface ManyResult {
  /** Holds a run's folder for each scenario. */
  readonly folder: string;
  readonly rows: readonly MatrixRow[];
  /** In the order of the rows. */
  readonly results: readonly TuneResult[];
  /** Scenarios that could not be tuned, in their order: the others went on without them. */
  readonly failed: readonly { readonly scenario: string; readonly error: SteelyardError }[];
}

interface Named {
  readonly file: string;
  readonly scenario: Scenario;
  /** Folder in the parent. */
  readonly place: string;
}

/** The scenarios, each under a name of its own. Errors: `usage/same-scenario`, `usage/same-name`, `scenario/…`. */
export const namedScenarios = async (files: readonly string[]): Promise<readonly Named[]> => {
  const named: Named[] = [];
  for (const file of files) {
    if (named.some((one) => resolve(one.file) === resolve(file)))
      throw new SteelyardError('usage/same-scenario', `${file} is given twice`, 'give each scenario file once');
    const { scenario } = await readScenario(file, metrics);
    const place = slug(scenario.name);
    const other = named.find((one) => one.place === place);
    if (other !== undefined)
      throw new SteelyardError(
        'usage/same-name',
        `${file} and ${other.file} are both named "${scenario.name}", so their runs would share a folder`,
        'give each its own name',
      );
    named.push({ file, scenario, place });
  }
  return named;
};

/** Whether versions of one run can be weighed in another: the same model, read by the same task. */
export const akin = (a: Known, b: Known): boolean =>
  a.run.model.digest === b.run.model.digest && a.scenario.task.id === b.scenario.task.id;

const chosenChain = ({ choice, builds }: Known): Chain | null => {
  const build: BuildRecord | undefined =
    choice?.chosen === undefined || choice.chosen === null ? undefined : builds.get(choice.chosen);
  return build?.chain ?? null;
};

/** What won elsewhere and was not weighed here, where it can be: each once. */
export const othersFor = (own: Known, all: readonly Known[]): readonly Chain[] => {
  const weighed = measurementsOf(own, 'evaluation');
  const also = new Map<string, Chain>();
  for (const other of all) {
    const chain = chosenChain(other);
    if (chain !== null && akin(own, other) && !weighed.has(chain.id)) also.set(chain.id, chain);
  }
  return [...also.values()];
};

const rowOf = (known: Known, choice: ChoiceRecord): MatrixRow => ({
  scenario: known.scenario.name,
  prefer: known.scenario.prefer,
  choice,
  measured: measurementsOf(known, 'evaluation'),
});

/** One run over many scenarios: each is tuned in a folder of its own inside one parent, all share one cache of builds, answers and what follows
 *  from them, and what won in one scenario is also weighed in the others of the same model and task, where it may win too. Where one cannot be tuned
 *  (its data is damaged, its model does not load), the others go on without it.
 *  Errors: `usage/same-scenario`, `usage/same-name`, `engine/run-exists`, `scenario/…`; `engine/cancelled`; as `tune` when none can be tuned. */
export const tuneMany = async (settings: ManySettings): Promise<ManyResult> => {
  const named = await namedScenarios(settings.scenarios);
  const folder =
    settings.out === undefined
      ? await runFolder({
          name: named.map(({ place }) => place).join(' '),
          out: undefined,
          resume: settings.resume === true,
          base: settings.base,
          now: new Date(),
        })
      : resolve(settings.base, settings.out);
  const begun = named.some(({ place }) => existsSync(join(folder, place, 'records.jsonl')));
  if (begun && settings.resume !== true)
    throw new SteelyardError(
      'engine/run-exists',
      `${folder} already holds runs of these scenarios`,
      'add --resume to go on with them, or choose another --out',
    );
  await onDisk('making the folder of the runs', folder, () => mkdir(folder, { recursive: true }));
  const { scenarios: _files, ...shared } = settings;
  const cache = settings.cache ?? join(folder, 'cache');
  const one = ({ file, place }: Named, also: readonly Chain[]): Promise<TuneResult> => {
    const out = join(folder, place);
    return tune({ ...shared, cache, scenario: file, out, resume: existsSync(join(out, 'records.jsonl')), also });
  };
  const knownIn = async ({ place }: Named): Promise<Known> => knownOf(await readRun(join(folder, place)));
  const failed: { scenario: string; error: SteelyardError }[] = [];
  /** What comes of a scenario; null: it failed for a reason of its own. */
  const attempt = async (each: Named, also: readonly Chain[]): Promise<TuneResult | null> => {
    try {
      return await one(each, also);
    } catch (error) {
      if (!isSteelyardError(error) || error.code === 'engine/cancelled') throw error;
      settings.log?.('warn', `${each.scenario.name}: ${error.message}; the others go on without it`);
      failed.push({ scenario: each.scenario.name, error });
      return null;
    }
  };
  const tuned: { each: Named; result: TuneResult; known: Known }[] = [];
  for (const each of named) {
    const result = await attempt(each, []);
    if (result !== null) tuned.push({ each, result, known: await knownIn(each) });
  }
  if (tuned.length === 0) throw failed[0]!.error;
  const rows: MatrixRow[] = [];
  const results: TuneResult[] = [];
  for (const { each, result, known } of tuned) {
    const also = othersFor(
      known,
      tuned.map((other) => other.known),
    );
    const again = also.length === 0 ? result : await attempt(each, also);
    if (again === null) continue;
    results.push(again);
    rows.push(rowOf(also.length === 0 ? known : await knownIn(each), again.choice));
  }
  return { folder, rows, results, failed };
};
