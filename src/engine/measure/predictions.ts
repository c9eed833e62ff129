import { readFile } from 'node:fs/promises';
import {
  requestsPerCall,
  type Answer,
  type Context,
  type Digest,
  type Example,
  type Machine,
  type PredictRecord,
  type Predictions,
  type Store,
  type Subject,
  type Task,
} from '../../contracts/index.ts';
import { predict } from '../../weigh/tasks/index.ts';
import { predictKey } from '../run/keys.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** What an answer is made of, one after another. */
const pack = ({ predicted, scores, sizes, answers }: Predictions) => {
  const json = answers === undefined ? null : Buffer.from(JSON.stringify(answers));
  const parts = [
    bytesOf(predicted),
    bytesOf(scores),
    ...(sizes === undefined ? [] : [bytesOf(sizes)]),
    ...(json === null ? [] : [json]),
  ];
  const plain = sizes === undefined && answers === undefined;
  return {
    bytes: new Uint8Array(Buffer.concat(parts)),
    holds: plain
      ? {}
      : {
          holds: {
            predicted: predicted.length,
            scores: scores.length,
            sizes: sizes?.length ?? null,
            answers: json?.length ?? null,
          },
        },
  };
};

const unpack = async (record: PredictRecord, store: Store): Promise<Predictions> => {
  const file = await readFile(await store.path(record.artifact));
  const bytes = new Uint8Array(file).buffer;
  const { labels, truncated, rows } = record;
  const holds = record.holds ?? { predicted: rows, scores: rows * labels.length, sizes: null, answers: null };
  const scoresAt = holds.predicted * 4;
  const sizesAt = scoresAt + holds.scores * 4;
  const answersAt = sizesAt + (holds.sizes ?? 0) * 4;
  return {
    labels,
    predicted: new Int32Array(bytes, 0, holds.predicted),
    scores: new Float32Array(bytes, scoresAt, holds.scores),
    ...(holds.sizes === null ? {} : { sizes: new Int32Array(bytes, sizesAt, holds.sizes) }),
    truncated,
    ...(holds.answers === null
      ? {}
      : { answers: JSON.parse(Buffer.from(bytes, answersAt, holds.answers).toString('utf8')) as readonly Answer[] }),
  };
};

export interface Split {
  readonly name: string;
  readonly digest: Digest;
  readonly examples: readonly Example[];
}

/** A subject's answers on any examples, each computed once: remembered in memory and as an artifact. Asked in batches of production's
 *  size, or of the version's own: versions that quantize at run time take one scale for the whole batch, so an answer depends on its neighbors. */
export const rememberAnswers = (
  task: Task,
  store: Store,
  machine: Machine,
  context: Context,
  batchSize: number,
): ((subject: Subject, split: Split) => Promise<Predictions>) => {
  const known = new Map<Digest, Promise<Predictions>>();
  const compute = async (subject: Subject, split: Split, key: Digest): Promise<Predictions> => {
    const record = await store.find(key, (found) =>
      found.kind === 'predict' ? { ...found, subject: subject.id, split: split.name } : found,
    );
    if (record?.kind === 'predict') return unpack(record, store);
    const started = context.now();
    const session = await subject.open({ shared: true });
    try {
      const predictions = await predict(subject.task ?? task, session, split.examples, {
        batchSize: requestsPerCall(subject, batchSize),
        context,
        label: subject.id,
      });
      const { bytes, holds } = pack(predictions);
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
        artifact: await store.put(bytes),
        ...holds,
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
      batchSize: requestsPerCall(subject, batchSize),
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
