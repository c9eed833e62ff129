import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SteelyardError,
  isSteelyardError,
  type Context,
  type Feeds,
  type Machine,
  type Model,
  type Receipt,
  type SessionOptions,
} from '../../contracts/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { cannotPay, describeInstructionSets, profileRun } from '../../runtime/index.ts';
import { randomInputs } from '../run/inputs.ts';
import { checkSaturation } from './check-saturation.ts';
import { kernelTable, mostRows, namer } from './kernel-table.ts';

export interface ReceiptSettings {
  readonly modelPath: string;
  readonly model: Model;
  readonly session: SessionOptions;
  readonly feeds: readonly Feeds[];
  /** "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly ranOn: string;
  readonly notes?: readonly string[];
  readonly machine: Pick<Machine, 'instructionSets'>;
  /** For the optimized graph, the profile and a copy of the graph; removed again. */
  readonly folder: string;
  /** Time to spend on running, and again on looking for saturation. */
  readonly seconds: number;
  readonly context: Context;
}

/** A fault of running, in words that say what to do: an operator without a kernel, made-up inputs that do not fit. */
const explained = (error: unknown, ranOn: string): unknown => {
  if (!isSteelyardError(error)) return error;
  if (error.code === 'runtime/run' && ranOn === randomInputs)
    return new SteelyardError(
      'engine/inputs',
      `the model does not run on made-up inputs: ${error.message}`,
      'give real ones with --inputs',
      { cause: error },
    );
  const found = /Could not find an implementation for (\S+) node with name '([^']{0,200})'/.exec(error.message);
  if (found === null) return error;
  return new SteelyardError(
    'engine/no-kernel',
    `ONNX Runtime has no kernel on this CPU for ${found[1]}${found[2] === '' ? '' : ` (node ${found[2]})`} with the types it has here`,
    'the operator is made for another device, or its types are: leave this operation as it was when quantizing or fusing',
    { cause: error },
  );
};

/** What all weights take as float32, the most that the runtime can make of them. */
const floatBytes = (model: Model): number =>
  graphsOf(model).reduce(
    (sum, { initializers }) => [...initializers.values()].reduce((all, { dims }) => all + elementCount(dims) * 4, sum),
    0,
  );

/** Run a model with profiling on and say which kernel ran each operation, what was meant to be quantized and is not, and whether
 *  16-bit sums touch the results.
 *  Errors: `engine/no-kernel`, `runtime/…`, `model/…`, `engine/cancelled`. */
export const makeReceipt = async (settings: ReceiptSettings): Promise<Receipt> => {
  const { model, session, feeds, machine, context } = settings;
  const folder = join(settings.folder, `receipt-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    context.progress({ label: 'running with profiling on', done: 0, total: null });
    const run = await profileRun(settings.modelPath, {
      folder,
      session,
      feeds,
      seconds: settings.seconds,
      large: floatBytes(model) > 1.5e9,
      control: { signal: context.signal },
    }).catch((error: unknown) => {
      throw explained(error, settings.ranOn);
    });
    const table = kernelTable(model, run, session);
    context.progress({ label: 'looking for saturated sums', done: 0, total: null });
    const saturation = await checkSaturation({
      optimized: run.optimized,
      session,
      // A slow model shows fewer inputs.
      feeds: feeds.slice(0, Math.max(1, Math.floor((settings.seconds * 1000) / Math.max(1, table.kernelMs)))),
      instructionSets: machine.instructionSets,
      folder,
      nameOf: namer(model),
      context,
    });
    const notes = [...(settings.notes ?? [])];
    if (run.unread > 0)
      notes.push(`${run.unread} lines of the runtime's profile could not be read: the shares lack them`);
    if (table.unplaced > 0)
      notes.push(`${table.unplaced} kernels could not be told apart and count as other operators`);
    return {
      ranOn: settings.ranOn,
      runs: run.runs,
      kernelMs: table.kernelMs,
      integerShare: table.integerShare,
      groups: table.groups,
      rows: table.rows.slice(0, mostRows),
      rowsLeftOut: Math.max(0, table.rows.length - mostRows),
      unfulfilled: table.rows.filter(({ why }) => why !== null).length,
      instructionSets: machine.instructionSets,
      machine: describeInstructionSets(machine.instructionSets),
      cannotPay: cannotPay(machine.instructionSets),
      saturation,
      notes,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
