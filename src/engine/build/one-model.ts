import { join } from 'node:path';
import type { Context, Machine, Progress, Store } from '../../contracts/index.ts';
import { openStore } from '../../records/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { findModel, locateModel, type Found } from '../run/baseline.ts';
import { createContext } from '../run/context.ts';
import { modelInputs, type ModelInputs } from '../run/inputs.ts';
import { withWorkFolder } from '../run/work-folder.ts';

/** What work on one model outside of a scenario is told. */
export interface OneModelSettings {
  readonly model: string;
  /** Real inputs for comparison and calibration: a data file, and the column with the text. */
  readonly inputs?: string | undefined;
  readonly textColumn?: string | undefined;
  /** Examples to learn from: a data file, and the column with the answers. */
  readonly train?: string | undefined;
  readonly labelColumn?: string | undefined;
  readonly seed: number;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
  /** Where training leaves its checkpoints; absent: nowhere. */
  readonly checkpointFolder?: string;
}

/** What such work holds in its hands. */
export interface OneModel {
  readonly found: Found;
  readonly inputs: ModelInputs;
  readonly context: Context;
  readonly machine: Machine;
  readonly store: Store;
  /** Removed at the end. */
  readonly workFolder: string;
}

/** Open a model with its inputs and a temporary store, do the work, and leave nothing behind.
 *  Errors: `model/…`, `data/…`; those of the work. */
export const withModel = async <T>(
  settings: OneModelSettings,
  work: (one: OneModel) => Promise<T>,
  inputsOf: typeof modelInputs = modelInputs,
): Promise<T> => {
  const say = settings.progress ?? (() => undefined);
  return withWorkFolder(async (workFolder) => {
    const store = await openStore(join(workFolder, 'store'));
    try {
      const found = await findModel(await locateModel(settings.model, settings.base, say));
      const given = {
        file: settings.inputs,
        text: settings.textColumn,
        train: settings.train,
        label: settings.labelColumn,
      };
      const inputs = await inputsOf(found, given, settings.base, settings.seed, workFolder);
      const context = createContext({
        seed: settings.seed,
        workFolder,
        signal: settings.signal,
        calibration: inputs.calibration,
        learning: inputs.learning,
        companionFolder: found.folder.root,
        checkpointFolder: settings.checkpointFolder ?? null,
        progress: say,
        ...(settings.log === undefined ? {} : { log: settings.log }),
      });
      return await work({ found, inputs, context, machine: await readMachine(), store, workFolder });
    } finally {
      await store.close();
    }
  });
};
