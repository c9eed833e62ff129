import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSessionOptions, type Context, type Progress, type Receipt } from '../../contracts/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { findModel } from '../baseline.ts';
import { createContext } from '../context.ts';
import { receiptInputs } from './inputs.ts';
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

/** The kernel receipt of one model on this machine. Errors: those of `makeReceipt` and of reading model and data. */
export const inspectReceipt = async (settings: InspectReceiptSettings): Promise<Receipt> => {
  const found = await findModel(settings.path);
  const seed = 1;
  const { feeds, ranOn, notes } = await receiptInputs(
    found,
    { file: settings.inputs, text: settings.textColumn },
    settings.base,
    seed,
  );
  const work = await mkdtemp(join(tmpdir(), 'steelyard-'));
  try {
    return await makeReceipt({
      modelPath: found.folder.modelPath,
      model: found.model,
      session: defaultSessionOptions,
      feeds,
      ranOn,
      notes,
      machine: await readMachine(),
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
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
