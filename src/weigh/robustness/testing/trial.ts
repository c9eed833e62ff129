import type { Example, Options, OptionsSpec, Predictions, Subject, Task, Trial } from '../../../contracts/index.ts';
import { defaultSessionOptions, parseOptions, type Context, type Evaluator } from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';

/** Scores of a text; the largest is the answer. */
export type Mind = (text: string) => readonly number[];

const [begin, end, unknown] = [0, 1, 2];
const chunk = 4;

/** Words in pieces of four letters; a piece with a letter outside a to z is unknown. At most `most` tokens. */
const tokensOf = (text: string, most: number): readonly number[] => {
  const pieces = (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) =>
    Array.from({ length: Math.ceil(word.length / chunk) }, (_, at) => word.slice(at * chunk, (at + 1) * chunk)),
  );
  const ids = pieces.map((piece) => (/^[a-z0-9]+$/.test(piece) ? 3 + piece.length : unknown));
  return [begin, ...ids.slice(0, most - 2), end];
};

export const textTask = (labels: readonly string[], most = 64): Task => ({
  id: 'text-classification',
  labels,
  fingerprint: 'made up',
  encode: () => ({ feeds: {}, truncated: 0, tokens: 0 }),
  decode: () => new Float32Array(),
  text: {
    padToken: begin,
    unknownToken: unknown,
    maskToken: null,
    special: new Set([begin, end, unknown]),
    maxLength: most,
    vocabularySize: 16,
    startsWord: () => true,
    tokens: ({ text = '' }) => tokensOf(text, most),
    feeds: () => ({}),
  },
});

export interface Made {
  readonly trial: Trial;
  readonly context: Context;
  /** What each version was asked beside the clean examples, one entry a call. */
  readonly asked: ReadonlyMap<string, readonly (readonly Example[])[]>;
  readonly logged: readonly string[];
}

const answersOf = (labels: readonly string[], mind: Mind, examples: readonly Example[]): Predictions => {
  const rows = examples.map(({ text = '', pair }) => mind(pair === undefined ? text : `${text}\n${pair}`));
  return {
    labels,
    predicted: Int32Array.from(rows, (row) => row.indexOf(Math.max(...row))),
    scores: Float32Array.from(rows.flat()),
    truncated: 0,
  };
};

/** A trial over texts whose versions are plain functions: the first is the baseline. */
export const madeUp = (
  labels: readonly string[],
  rows: readonly (readonly [text: string, label: string | null])[],
  minds: Readonly<Record<string, Mind>>,
  more: Partial<Trial> = {},
  seed = 1,
): Made => {
  const examples = rows.map(([text, label], at): Example => ({ id: `row ${at}`, text, label, groups: {} }));
  const asked = new Map<string, (readonly Example[])[]>();
  const logged: string[] = [];
  const subjects = Object.keys(minds).map((id): Subject => ({
    id,
    digest: id,
    sessionOptions: defaultSessionOptions,
    files: [],
    open: () => Promise.reject(new Error('nothing is opened here')),
  }));
  const trial: Trial = {
    task: textTask(labels),
    baseline: subjects[0]!,
    candidates: subjects.slice(1),
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: async (subject) => answersOf(labels, minds[subject.id]!, more.examples ?? examples),
    ask: async (subject, some) => {
      asked.set(subject.id, [...(asked.get(subject.id) ?? []), some]);
      return answersOf(labels, minds[subject.id]!, some);
    },
    reference: [],
    outOfScope: [],
    ...more,
  };
  const context: Context = {
    signal: new AbortController().signal,
    seed,
    now: () => 0,
    random: (label) => seeded(seed, label),
    log: (_, message) => {
      logged.push(message);
    },
    progress: () => undefined,
    bytes: () => Promise.reject(new Error('no weights here')),
    keep: (tensor) => Promise.resolve(tensor),
    aside: () => {
      throw new Error('nothing is set aside here');
    },
    open: () => Promise.reject(new Error('nothing is opened here')),
    openTraining: () => Promise.reject(new Error('nothing learns here')),
    calibration: null,
    learning: null,
    originalLearning: null,
    original: null,
    companion: () => Promise.resolve(null),
    checkpoints: () => null,
  };
  return { trial, context, asked, logged };
};

/** The measurements of one version; throws where it failed. */
export const weighed = async <S extends OptionsSpec>(
  evaluator: Evaluator<S>,
  { trial, context }: Made,
  options: Readonly<Record<string, unknown>> = {},
) => {
  const parsed = parseOptions(evaluator.id, evaluator.options, options) as Options<S>;
  const outcomes = await evaluator.evaluate(trial, parsed, context);
  return (id: string, metric: string, slice?: string) => {
    const outcome = outcomes.get(id);
    if (outcome?.kind !== 'measured') throw new Error(`${id}: ${outcome?.message ?? 'no outcome'}`);
    return outcome.measurements.find((one) => one.metric === metric && one.slice === slice);
  };
};
