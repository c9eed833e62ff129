import { join } from 'node:path';
import { isSteelyardError, type ReceiptRecord, type Subject } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { digestOf } from '../../records/index.ts';
import { isOwnFault } from '../run/own-fault.ts';
import { throwIfCancelled } from '../run/context.ts';
import { sampleFeeds } from '../run/data.ts';
import { packageVersion } from '../../package/index.ts';
import type { Run, Weighed } from '../run/run.ts';
import { makeReceipt } from './make.ts';

/** Raised whenever the same model and inputs may give another receipt. */
const receiptVersion = 1;

/** Time for running each version, once the first input had its turn. */
const seconds = 0.7;

/** Make the kernel receipts of the original and of the version that the report is about, each once a machine.
 *  A receipt that cannot be made is kept with its reason: it takes nothing from the choice. Errors: `engine/cancelled`, a full disk. */
export const recordReceipts = async (run: Run, baseline: Subject, about: Weighed | null): Promise<void> => {
  const { store, context, data, machine, scenario } = run;
  const split = data.calibration ?? data.evaluation;
  for (const subject of about === null ? [baseline] : [baseline, about.subject]) {
    throwIfCancelled(context.signal);
    const task = subject.task ?? run.task;
    const key = digestOf({
      kind: 'receipt',
      version: receiptVersion,
      steelyard: packageVersion,
      subject: { id: subject.id, digest: subject.digest, session: subject.sessionOptions },
      task: task.fingerprint,
      data: split.digest,
      machine: machine.digest,
      seed: scenario.seed,
    });
    if ((await store.find(key)) !== null) continue;
    const started = context.now();
    const modelPath = subject.files[0]!.path;
    let outcome: ReceiptRecord['outcome'];
    try {
      const receipt = await makeReceipt({
        modelPath,
        model: await decodeFile(modelPath),
        session: subject.sessionOptions,
        feeds: sampleFeeds(task, split.examples, scenario.seed),
        ranOn: `${Math.min(24, split.examples.length)} rows of the ${split.name} data`,
        machine,
        folder: join(run.folder, 'work'),
        seconds,
        context,
      });
      outcome = { kind: 'made', receipt };
    } catch (error) {
      throwIfCancelled(context.signal);
      // An operator without a kernel is the version's own fault.
      if (!isSteelyardError(error) || !(isOwnFault(error) || error.code === 'engine/no-kernel')) throw error;
      context.log('info', `${subject.id}: no kernel receipt: ${error.message}`);
      outcome = { kind: 'failed', code: error.code, message: error.message };
    }
    await store.append({
      kind: 'receipt',
      key,
      at: new Date().toISOString(),
      seconds: (context.now() - started) / 1000,
      subject: subject.id,
      machine: machine.digest,
      outcome,
    });
  }
};
