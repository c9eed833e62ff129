import { join } from 'node:path';
import type { Chain, ChoiceRecord, Machine, Store } from '../../contracts/index.ts';
import { writeFolder } from '../../model/write-folder.ts';
import type { Found } from '../run/baseline.ts';
import { suffixOf } from './chain.ts';
import { packageVersion } from '../../package/index.ts';
import { companionsOf, type Built } from '../run/subject.ts';
import type { Run, Weighed } from '../run/run.ts';

/** What steelyard.json says about a written version: what was done, from which digest, by which versions. */
const receiptOf = (parts: {
  readonly chain: Chain;
  readonly built: Built;
  readonly found: Found;
  readonly machine: Machine;
  readonly more: Readonly<Record<string, unknown>>;
}) => ({
  steelyard: packageVersion,
  version: parts.chain.id,
  source: { digest: parts.found.digest, sizeBytes: parts.found.sizeBytes, parameters: parts.found.parameters },
  steps: parts.built.steps.map(({ technique, version, options, changes, skipped }) => ({
    technique,
    version,
    options,
    changes: changes.length,
    leftAlone: skipped.length,
  })),
  files: parts.built.files,
  ...(parts.built.companions === undefined ? {} : { companions: parts.built.companions }),
  session: parts.built.sessionOptions,
  verification: parts.built.verification,
  builtOn: {
    cpu: parts.machine.cpu,
    instructionSets: parts.machine.instructionSets,
    onnxruntime: parts.machine.onnxruntime,
    node: parts.machine.node,
  },
  ...parts.more,
});

/** Write a built version as a model folder: companions copied, model named so that transformers.js finds it. Returns the folder. */
export const writeVersion = async (parts: {
  readonly found: Found;
  /** Path of the built model file. */
  readonly modelPath: string;
  readonly built: Built;
  readonly chain: Chain;
  readonly machine: Machine;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly target: string;
  readonly store: Store;
  readonly overwrite?: boolean;
}): Promise<string> => {
  const { root } = await writeFolder(parts.target, {
    source: parts.found.folder,
    model: parts.modelPath,
    suffix: suffixOf(parts.chain),
    replaced: await companionsOf(parts.built, parts.store),
    receipt: receiptOf({ ...parts, more: parts.more ?? {} }),
    overwrite: parts.overwrite === true,
  });
  return root;
};

/** Write the chosen version of a run into its `model` folder. */
export const writeChoice = (run: Run, { subject, chain, built }: Weighed, choice: ChoiceRecord): Promise<string> =>
  writeVersion({
    found: run.found,
    modelPath: subject.files[0]!.path,
    built,
    chain,
    machine: run.machine,
    store: run.store,
    target: join(run.folder, 'model'),
    overwrite: true,
    more: {
      scenario: run.scenario.name,
      chosenOn: { cpu: run.machine.cpu, instructionSets: run.machine.instructionSets, machine: run.machine.digest },
      confirmed: choice.confirmation?.verdict ?? null,
      why: choice.why,
    },
  });
