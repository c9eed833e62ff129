// A trial on CLINC150: the float32 model as the original, its dynamic int8 version as the candidate, answers asked in their own processes and counted.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  defaultSessionOptions,
  parseOptions,
  type Context,
  type Example,
  type Predictions,
  type Subject,
  type Trial,
} from '../src/contracts/index.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { dynamic } from '../src/optimize/quantize/dynamic.ts';
import { predict } from '../src/weigh/tasks/index.ts';
import type { Clinc } from './clinc.ts';

const subjectAt = (id: string, path: string, context: Context): Subject => ({
  id,
  digest: id,
  sessionOptions: defaultSessionOptions,
  files: [{ path, sizeBytes: statSync(path).size }],
  open: () => context.open(path, defaultSessionOptions),
});

export interface Asked {
  questions: number;
  /** Of the answers alone; processes are started outside of it. */
  seconds: number;
}

/** The trial, and what it has asked so far. The answers on `examples` are there before anybody counts. The int8 file goes into `folder`. */
export const clincTrial = async (
  clinc: Clinc,
  given: Pick<Trial, 'examples' | 'batchSize' | 'gradients'> & {
    readonly reference?: readonly Example[];
    readonly folder: string;
    readonly context: Context;
  },
): Promise<{ readonly trial: Trial; readonly asked: Asked }> => {
  const { examples, batchSize, reference = [], gradients, folder, context } = given;
  const int8 = join(folder, 'int8.onnx');
  const options = parseOptions(dynamic.id, dynamic.options);
  await encodeFile((await dynamic.apply(await decodeFile(clinc.path), options, context)).model, int8);
  const [baseline, candidate] = [subjectAt('float32', clinc.path, context), subjectAt('int8', int8, context)];
  const asked: Asked = { questions: 0, seconds: 0 };
  const ask = async (subject: Subject, some: readonly Example[]): Promise<Predictions> => {
    const session = await subject.open();
    const started = performance.now();
    try {
      return await predict(clinc.task, session, some, { batchSize, context });
    } finally {
      asked.questions += some.length;
      asked.seconds += (performance.now() - started) / 1000;
      await session.close();
    }
  };
  const clean = new Map<string, Predictions>();
  for (const subject of [baseline, candidate]) clean.set(subject.id, await ask(subject, examples));
  const trial: Trial = {
    task: clinc.task,
    baseline,
    candidates: [candidate],
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize,
    predictions: async ({ id }) => clean.get(id)!,
    ask,
    reference,
    outOfScope: [],
    ...(gradients === undefined ? {} : { gradients }),
  };
  return { trial, asked };
};
