import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSessionOptions, type Context, type Progress, type Receipt } from '../../contracts/index.ts';
import { describeInstructionSets, readMachine } from '../../runtime/index.ts';
import { findModel } from '../run/baseline.ts';
import { createContext } from '../run/context.ts';
import { neededInputs } from '../run/inputs.ts';
import { withWorkFolder } from '../run/work-folder.ts';
import { makeReceipt } from './make.ts';

export interface InspectReceiptSettings {
  readonly path: string;
  /** Real inputs: a data file, and the column with the text. */
  readonly inputs?: string | undefined;
  readonly textColumn?: string | undefined;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
}

const fileBytes = 16 * 1024 * 1024;

/** A version that was chosen on other instruction sets may be the wrong one here: a sentence, or null. */
export const chosenElsewhere = (root: string, instructionSets: readonly string[]): string | null => {
  const path = join(root, 'steelyard.json');
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > fileBytes) return null;
  let stated: unknown;
  try {
    const parsed = JSON.parse(readFileSync(path, 'utf8')) as { chosenOn?: { instructionSets?: unknown } } | null;
    stated = parsed?.chosenOn?.instructionSets;
  } catch {
    return null;
  }
  if (!Array.isArray(stated) || !stated.every((one) => typeof one === 'string')) return null;
  const [there, here] = [describeInstructionSets(stated), describeInstructionSets(instructionSets)];
  return there === here
    ? null
    : `this version was chosen on ${there}; this machine has ${here}, where other kernels run: steelyard tune decides again`;
};

/** The kernel receipt of one model on this machine. Errors: those of `makeReceipt` and of reading model and data. */
export const inspectReceipt = async (settings: InspectReceiptSettings): Promise<Receipt> => {
  const found = await findModel(settings.path);
  const seed = 1;
  const machine = await readMachine();
  const elsewhere = chosenElsewhere(found.folder.root, machine.instructionSets);
  return withWorkFolder(async (work) => {
    const given = { file: settings.inputs, text: settings.textColumn };
    const { feeds, source: ranOn, notes } = await neededInputs(found, given, settings.base, seed, work);
    return makeReceipt({
      modelPath: found.folder.modelPath,
      model: found.model,
      session: defaultSessionOptions,
      feeds,
      ranOn,
      notes: elsewhere === null ? notes : [...notes, elsewhere],
      machine,
      folder: work,
      seconds: 2,
      context: createContext({
        seed,
        workFolder: work,
        signal: settings.signal,
        ...(settings.progress === undefined ? {} : { progress: settings.progress }),
        ...(settings.log === undefined ? {} : { log: settings.log }),
      }),
    });
  });
};
