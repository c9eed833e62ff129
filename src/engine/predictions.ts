import { readFile } from 'node:fs/promises';
import type {
  Context,
  Digest,
  Example,
  Machine,
  PredictRecord,
  Predictions,
  Store,
  Subject,
  Task,
} from '../contracts/index.ts';
import { predict } from '../weigh/tasks/index.ts';
import { predictKey } from './keys.ts';

const pack = (predictions: Predictions): Uint8Array => {
  const { predicted, scores } = predictions;
  const bytes = new Uint8Array(predicted.byteLength + scores.byteLength);
  bytes.set(new Uint8Array(predicted.buffer, predicted.byteOffset, predicted.byteLength), 0);
  bytes.set(new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength), predicted.byteLength);
  return bytes;
};

const unpack = async (record: PredictRecord, store: Store): Promise<Predictions> => {
  const file = await readFile(await store.path(record.artifact));
  const bytes = new Uint8Array(file).buffer;
  return {
    labels: record.labels,
    predicted: new Int32Array(bytes, 0, record.rows),
    scores: new Float32Array(bytes, record.rows * 4, record.rows * record.labels.length),
    truncated: record.truncated,
  };
};

export interface Split {
  readonly name: string;
  readonly digest: Digest;
  readonly examples: readonly Example[];
}

/** A subject's answers on any examples, each computed once: remembered in memory and as an artifact. Asked in batches of production's
 *  size: versions that quantize at run time take one scale for the whole batch, so an answer depends on its neighbors. */
export const rememberAnswers = (
  task: Task,
  store: Store,
  machine: Machine,
  context: Context,
  batchSize: number,
): ((subject: Subject, split: Split) => Promise<Predictions>) => {
  const known = new Map<Digest, Promise<Predictions>>();
  const compute = async (subject: Subject, split: Split, key: Digest): Promise<Predictions> => {
    const record = await store.find(key);
    if (record?.kind === 'predict') return unpack(record, store);
    const started = context.now();
    const session = await subject.open();
    try {
      const predictions = await predict(subject.task ?? task, session, split.examples, {
        batchSize,
        context,
        label: subject.id,
      });
      await store.append({
        kind: 'predict',
        key,
        at: new Date().toISOString(),
        seconds: (context.now() - started) / 1000,
        subject: subject.id,
        split: split.name,
        labels: predictions.labels,
        rows: split.examples.length,
        truncated: predictions.truncated,
        artifact: await store.put(pack(predictions)),
      });
      return predictions;
    } finally {
      await session.close();
    }
  };
  return (subject, split) => {
    const key = predictKey({
      subject: subject.digest,
      session: subject.sessionOptions,
      task: (subject.task ?? task).fingerprint,
      data: split.digest,
      batchSize,
      runtime: machine.onnxruntime,
      instructionSets: machine.instructionSets,
    });
    const again = known.get(key);
    if (again !== undefined) return again;
    const promise = compute(subject, split, key);
    known.set(key, promise);
    return promise;
  };
};
