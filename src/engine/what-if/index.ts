import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import {
  SteelyardError,
  type ChoiceRecord,
  type Context,
  type MeasureRecord,
  type Progress,
  type RunRecord,
  type Scenario,
  type StoreRecord,
} from '../../contracts/index.ts';
import { frontChances } from '../../decide/index.ts';
import { digestOf, openStore } from '../../records/index.ts';
import { buildReport, whatIfBlocks, type Block, type WhatIfFacts } from '../../report/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { metrics } from '../../weigh/index.ts';
import { findModel, locateModel, type Found } from '../run/baseline.ts';
import { prepare } from '../run/prepare.ts';
import { readRun } from '../report.ts';
import { slug } from '../run/run-folder.ts';
import { builtDigest, materialize } from '../run/subject.ts';
import { withWorkFolder } from '../run/work-folder.ts';
import { writeVersion } from '../build/write.ts';
import { checkAgreement } from './agree.ts';
import { decideFrom } from './decide.ts';
import { knownOf, type Known } from './known.ts';
import { numbersFor, type Numbers } from './numbers.ts';
import { withOverrides, type Overrides } from './overrides.ts';

export interface WhatIfSettings {
  /** The run's folder. */
  readonly folder: string;
  /** Another scenario file; absent: the run's own, with the overrides. */
  readonly scenario?: string;
  readonly overrides: Overrides;
  /** Write the chosen version as a model folder. */
  readonly write: boolean;
  /** Where the decision and the model are written; default: `what-if/<name>` in the run's folder where something is to be written. */
  readonly out?: string;
  /** The command as the user can repeat it. */
  readonly command: string;
  /** Relative paths start here. */
  readonly base: string;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
}

export interface WhatIf {
  readonly choice: ChoiceRecord;
  /** What the run itself had chosen; null: it came to no decision. */
  readonly before: ChoiceRecord | null;
  readonly scenario: Scenario;
  readonly facts: WhatIfFacts;
  readonly blocks: readonly Block[];
  /** Where the decision was written, or null. */
  readonly folder: string | null;
  /** The model folder that was written, or null. */
  readonly written: string | null;
}

/** The scenario to decide by, checked against the run; `found` finds the original model when it is needed. */
interface Asked {
  readonly scenario: Scenario;
  readonly file: string;
  readonly notes: readonly string[];
  readonly outOfScope: { readonly before: string | null; readonly after: string | null };
  readonly found: () => Promise<Found>;
}

const askedOf = async (settings: WhatIfSettings, known: Known): Promise<Asked> => {
  const { run } = known;
  const before = run.data['outOfScope']?.digest ?? null;
  if (settings.scenario === undefined) {
    const folder = dirname(resolve(settings.base, run.scenarioFile));
    return {
      scenario: withOverrides(known.scenario, settings.overrides, metrics),
      file: run.scenarioFile,
      notes: [],
      outOfScope: { before, after: before },
      found: async () => findModel(await locateModel(run.model.source, folder, settings.progress ?? (() => undefined))),
    };
  }
  const { scenario, found, data } = await prepare({
    scenario: settings.scenario,
    ...(settings.progress === undefined ? {} : { progress: settings.progress }),
    ...(settings.log === undefined ? {} : { log: settings.log }),
  });
  const notes = await checkAgreement(known, scenario, settings.scenario, found, data);
  return {
    scenario: withOverrides(scenario, settings.overrides, metrics),
    file: settings.scenario,
    notes,
    outOfScope: { before, after: data.described['outOfScope']?.digest ?? null },
    found: () => Promise.resolve(found),
  };
};

/** The records as a report reads them: the new scenario, the new decision, only numbers that hold for it. */
const seenAs = (
  records: readonly StoreRecord[],
  run: RunRecord,
  choice: ChoiceRecord,
  numbers: Numbers,
): readonly StoreRecord[] => {
  const usable = new Set(numbers.reused.map(({ evaluator }) => evaluator));
  const costs: MeasureRecord = {
    kind: 'measure',
    key: digestOf({ kind: 'derived', run: run.key, choice: choice.key }),
    at: choice.at,
    seconds: 0,
    evaluator: 'cost/requests',
    evaluatorVersion: 1,
    split: 'evaluation',
    data: run.data['evaluation']!.digest,
    machine: run.machine.digest,
    outcomes: Object.fromEntries(
      [...numbers.evaluation].map(([id, own]) => [
        id,
        { kind: 'measured', measurements: own.filter(({ metric }) => metric === 'cost') },
      ]),
    ),
  };
  return [
    ...records.filter((record) =>
      record.kind === 'measure'
        ? usable.has(record.evaluator) || record.split !== 'evaluation'
        : record.kind !== 'run' && record.kind !== 'choice',
    ),
    ...(numbers.derived.length === 0 ? [] : [costs]),
    run,
    choice,
  ];
};

/** Write the chosen version of a run as a model folder; null where none is chosen or the original stays.
 *  Errors: `what-if/model-moved`, `model/…`. */
const writeChosen = async (
  settings: WhatIfSettings,
  known: Known,
  { scenario, found: find }: Asked,
  choice: ChoiceRecord,
  out: string,
): Promise<string | null> => {
  const build = choice.chosen === null ? undefined : known.builds.get(choice.chosen);
  if (build?.outcome.kind !== 'built') return null;
  const found = await find();
  if (found.digest !== known.run.model.digest)
    throw new SteelyardError(
      'what-if/model-moved',
      `the original model has changed since the run: it is ${found.digest}, the run weighed versions of ${known.run.model.digest}`,
      'give --scenario with a scenario that finds it, or put it back',
    );
  const store = await openStore(settings.folder, { readOnly: true });
  const built = build.outcome;
  try {
    return await withWorkFolder(async (work) => {
      return writeVersion({
        found,
        modelPath: await materialize(built, store, join(work, builtDigest(built).slice(-12))),
        built,
        chain: build.chain,
        machine: known.run.machine,
        store,
        target: join(out, 'model'),
        overwrite: settings.out === undefined,
        more: {
          scenario: scenario.name,
          chosenOn: {
            cpu: known.run.machine.cpu,
            instructionSets: known.run.machine.instructionSets,
            machine: known.run.machine.digest,
          },
          decidedFrom: known.run.key,
          confirmed: choice.confirmation?.verdict ?? null,
          why: choice.why,
        },
      });
    });
  } finally {
    await store.close();
  }
};

/** Decide again from a run's records, by another scenario or with single changes, without measuring anything. The run is only read.
 *  Errors: `engine/no-run`, `store/…`; `what-if/…` when the two are not about the same thing; `usage/…`, `scenario/…`. */
export const whatIf = async (settings: WhatIfSettings): Promise<WhatIf> => {
  const records = await readRun(settings.folder);
  const known = knownOf(records);
  const asked = await askedOf(settings, known);
  const { scenario, file } = asked;
  const numbers = numbersFor(known, scenario, asked.outOfScope);
  const { choice, unconfirmed } = decideFrom(known, scenario, numbers, new Date());
  const here = (await readMachine()).digest === known.run.machine.digest;
  const facts: WhatIfFacts = {
    run: relative(settings.base, settings.folder) || settings.folder,
    startedAt: known.run.at,
    before: known.choice?.chosen ?? null,
    was: known.scenario,
    is: scenario,
    machine: known.run.machine,
    here,
    versions: [...known.builds.keys()].filter((id) => numbers.evaluation.has(id)).length,
    unweighed: [...known.builds.keys()].filter((id) => !numbers.evaluation.has(id)).length,
    reused: numbers.reused,
    derived: numbers.derived,
    missing: numbers.missing,
    unconfirmed: unconfirmed ? choice.chosen : null,
    notes: asked.notes,
    measure: `steelyard tune ${file}`,
    file: settings.scenario ?? null,
  };
  const seen: RunRecord = {
    ...known.run,
    scenario,
    scenarioFile: file,
    command: `${known.run.command}\n${settings.command}`,
  };
  const blocks = whatIfBlocks(
    buildReport(seenAs(records, seen, choice, numbers), metrics, frontChances, false),
    facts,
    metrics,
  );
  const wanted = settings.write || settings.out !== undefined;
  const folder = !wanted
    ? null
    : settings.out === undefined
      ? join(settings.folder, 'what-if', slug(scenario.name))
      : resolve(settings.base, settings.out);
  const written = settings.write ? await writeChosen(settings, known, asked, choice, folder!) : null;
  if (folder !== null) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'decision.json'), `${JSON.stringify({ scenario, facts, choice }, null, 2)}\n`);
  }
  return { choice, before: known.choice, scenario, facts, blocks, folder, written };
};
