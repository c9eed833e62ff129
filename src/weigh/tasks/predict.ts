import {
  SteelyardError,
  type Answer,
  type Context,
  type Example,
  type Predictions,
  type RunResult,
  type Session,
  type Task,
} from '../../contracts/index.ts';
import { bucketsOf } from './buckets.ts';

/** The index of the largest of `count` scores from `from`; the first one of equals. */
export const argmax = (scores: ArrayLike<number>, from: number, count: number): number => {
  let best = 0;
  for (let index = 1; index < count; index++) if (scores[from + index]! > scores[from + best]!) best = index;
  return best;
};

export interface PredictOptions {
  /** Most examples per call. A model with a fixed batch size is called with that size. */
  readonly batchSize: number;
  readonly context: Context;
  /** Who is asked, for the progress line. */
  readonly label?: string;
}

const fixedBatch = (session: Session): number | null => {
  for (const { type } of session.inputs) {
    const first = type?.kind === 'tensor' ? type.dims?.[0] : null;
    if (typeof first === 'number' && first > 0) return first;
  }
  return null;
};

/** Rows of examples that may share a call: the same bucket (token count or shape), at most `size`, in the order of the data. */
const batchesOf = (task: Task, examples: readonly Example[], size: number): number[][] => {
  // Alone in its call, an example need not be looked at before its turn.
  if (size === 1) return examples.map((_, row) => [row]);
  return [...bucketsOf(task, examples).values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / size) }, (_, at) => rows.slice(at * size, (at + 1) * size)),
  );
};

/** Answers as they come in, in any order. */
const collector = (task: Task, examples: number) => {
  const classes = task.labels.length;
  const kind = task.answers ?? 'classes';
  // As many numbers for each example as there are labels, or as many as an answer has.
  const regular = kind === 'classes' || kind === 'labels';
  const scores = new Float32Array(regular ? examples * classes : 0);
  const predicted = new Int32Array(kind === 'classes' ? examples : 0);
  const numbers: Float32Array[] = [];
  const answers: Answer[] = [];
  return {
    add(row: number, found: Float32Array, answer?: Answer): void {
      if (regular) {
        if (found.length !== classes)
          throw new SteelyardError('task/output', `${found.length} scores for an example of ${classes} classes`);
        scores.set(found, row * classes);
      } else numbers[row] = found.slice();
      if (kind === 'classes') predicted[row] = argmax(found, 0, classes);
      if (answer !== undefined) answers[row] = answer;
    },
    done(truncated: number): Predictions {
      const worded = kind === 'labels' || kind === 'tags' || kind === 'span' ? { answers } : {};
      if (regular) return { labels: task.labels, predicted, scores, truncated, ...worded };
      const sizes = Int32Array.from(numbers, ({ length }) => length);
      const all = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
      let at = 0;
      for (const some of numbers) {
        all.set(some, at);
        at += some.length;
      }
      return {
        labels: task.labels,
        predicted,
        scores: all,
        ...(kind === 'tags' || kind === 'span' ? {} : { sizes }),
        truncated,
        ...worded,
      };
    },
  };
};

/** Which row of the model belongs to which example. */
const rowsOf = (task: Task, examples: readonly Example[]) => {
  if (task.parts === undefined) return { parts: examples, owner: null, counts: null };
  const all = examples.map((example) => task.parts!(example));
  return {
    parts: all.flat(),
    owner: all.flatMap((some, row) => some.map((_, at) => [row, at] as const)),
    counts: all.map(({ length }) => length),
  };
};

interface Asked {
  readonly rows: readonly number[];
  readonly filled: readonly Example[];
  readonly result: Promise<RunResult>;
}

/** Calls that are under way while the next one is made ready: the model does not wait for the tokenizer, nor for the way of its answers. */
const ahead = 1;

/** A model's answers on examples, in the order of the examples. Only rows of equal length share a call, so no answer depends on padding.
 *  Shapes: see Predictions. Errors: `task/…` of the task, `runtime/…` of the session; cancellation throws. */
export const predict = async (
  task: Task,
  session: Session,
  examples: readonly Example[],
  options: PredictOptions,
): Promise<Predictions> => {
  const { context } = options;
  const fixed = fixedBatch(session);
  const size = fixed ?? Math.max(1, Math.floor(options.batchSize));
  const { parts, owner, counts } = rowsOf(task, examples);
  const found = collector(task, examples.length);
  const waiting = new Map<number, { readonly rows: Float32Array[]; missing: number }>();
  const take = (part: number, row: Float32Array): void => {
    const [index, at] = owner?.[part] ?? [part, 0];
    const before = waiting.get(index) ?? { rows: [], missing: counts?.[index] ?? 1 };
    // A row that waits must not keep its whole batch in memory.
    before.rows[at] = before.missing > 1 ? row.slice() : row;
    before.missing -= 1;
    if (before.missing > 0) {
      waiting.set(index, before);
      return;
    }
    waiting.delete(index);
    const made = task.answer?.(examples[index]!, before.rows) ?? { numbers: before.rows[0]! };
    found.add(index, made.numbers, made.answer);
  };
  const say = (done: number): void =>
    context.progress({
      label: 'asking the model',
      done,
      total: parts.length,
      ...(options.label === undefined ? {} : { detail: options.label }),
    });
  const cut = new Set<number>();
  let done = 0;
  const settle = async ({ rows, filled, result }: Asked): Promise<void> => {
    const numbers = task.decode(await result, filled.length, filled);
    const width = numbers.length / filled.length;
    if (!Number.isInteger(width))
      throw new SteelyardError('task/output', `${numbers.length} numbers for ${filled.length} examples`);
    for (const [at, row] of rows.entries()) take(row, numbers.subarray(at * width, (at + 1) * width));
    done += rows.length;
  };
  const asked: Asked[] = [];
  for (const rows of batchesOf(task, parts, size)) {
    context.signal.throwIfAborted();
    say(done);
    const batch = rows.map((row) => parts[row]!);
    const encoded = task.encode(batch);
    if (encoded.truncated > 0)
      for (const row of rows) if (task.encode([parts[row]!]).truncated > 0) cut.add(owner?.[row]?.[0] ?? row);
    // A fixed batch is filled up with its last example; the surplus answers are dropped.
    const filled =
      fixed === null ? batch : Array.from({ length: fixed }, (_, at) => batch[Math.min(at, batch.length - 1)]!);
    const { feeds } = fixed === null ? encoded : task.encode(filled);
    const result = session.run(feeds, { cpu: false });
    // It is waited for below; when one before it fails, nobody does.
    result.catch(() => undefined);
    asked.push({ rows, filled, result });
    if (asked.length > ahead) await settle(asked.shift()!);
  }
  for (const one of asked) {
    context.signal.throwIfAborted();
    say(done);
    await settle(one);
  }
  say(done);
  return found.done(cut.size);
};
