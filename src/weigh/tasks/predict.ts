import {
  SteelyardError,
  type Context,
  type Example,
  type Predictions,
  type Session,
  type Task,
} from '../../contracts/index.ts';

export interface PredictOptions {
  /** Most examples per call. A model with a fixed batch size is called with that size. */
  readonly batchSize: number;
  readonly context: Context;
  /** Who is asked, for the progress line. */
  readonly label?: string;
}

/** The index of the largest score; the first one of equals. */
export const argmax = (scores: ArrayLike<number>, from: number, count: number): number => {
  let best = 0;
  for (let index = 1; index < count; index++) if (scores[from + index]! > scores[from + best]!) best = index;
  return best;
};

const fixedBatch = (session: Session): number | null => {
  for (const { type } of session.inputs) {
    const first = type?.kind === 'tensor' ? type.dims?.[0] : null;
    if (typeof first === 'number' && first > 0) return first;
  }
  return null;
};

/** Rows of examples that may share a call: the same bucket (token count or shape), at most `size`, in the order of the data. */
const batchesOf = (task: Task, examples: readonly Example[], size: number): number[][] => {
  const buckets = new Map<string, number[]>();
  for (const [row, example] of examples.entries()) {
    const key = task.bucket?.(example) ?? '';
    const rows = buckets.get(key);
    if (rows === undefined) buckets.set(key, [row]);
    else rows.push(row);
  }
  return [...buckets.values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / size) }, (_, at) => rows.slice(at * size, (at + 1) * size)),
  );
};

/** A model's answers on examples, in the order of the examples. Only examples of equal length share a call, so no answer depends on padding.
 *  Shapes: scores [examples, labels]. Errors: `task/…` of the task, `runtime/…` of the session; cancellation throws. */
export const predict = async (
  task: Task,
  session: Session,
  examples: readonly Example[],
  options: PredictOptions,
): Promise<Predictions> => {
  const { context } = options;
  const classes = task.labels.length;
  const fixed = fixedBatch(session);
  const size = fixed ?? Math.max(1, Math.floor(options.batchSize));
  const predicted = new Int32Array(examples.length);
  const scores = new Float32Array(examples.length * classes);
  let truncated = 0;
  let done = 0;
  for (const rows of batchesOf(task, examples, size)) {
    context.signal.throwIfAborted();
    context.progress({
      label: 'asking the model',
      done,
      total: examples.length,
      ...(options.label === undefined ? {} : { detail: options.label }),
    });
    const batch = rows.map((row) => examples[row]!);
    truncated += task.encode(batch).truncated;
    // A fixed batch is filled up with its last example; the surplus answers are dropped.
    const filled =
      fixed === null ? batch : Array.from({ length: fixed }, (_, at) => batch[Math.min(at, batch.length - 1)]!);
    const found = task.decode(await session.run(task.encode(filled).feeds), filled.length, filled);
    if (found.length !== filled.length * classes)
      throw new SteelyardError(
        'task/output',
        `${found.length} scores for ${filled.length} examples of ${classes} classes`,
      );
    for (const [at, row] of rows.entries()) {
      scores.set(found.subarray(at * classes, (at + 1) * classes), row * classes);
      predicted[row] = argmax(found, at * classes, classes);
    }
    done += rows.length;
  }
  context.progress({
    label: 'asking the model',
    done,
    total: examples.length,
    ...(options.label === undefined ? {} : { detail: options.label }),
  });
  return { labels: task.labels, predicted, scores, truncated };
};
