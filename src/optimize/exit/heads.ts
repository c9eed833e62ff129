import type { Context, Learning, LearningRows, Model } from '../../contracts/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { cooled, softmax, surenessOf, temperatureOf } from './calibrate.ts';
import { applyHead, fitLogistic, type Head } from './logistic.ts';
import type { Measure } from './measure.ts';
import { poolFrom, type Pooling } from './pooling.ts';
import { answersOf, type Answers } from '../answers.ts';

/** Rows that heads are fitted on at most: more make them hardly better. */
const most = 4096;

/** Every fifth row calibrates the temperature and is not fitted on. */
const held = 5;

export interface Place {
  /** Blocks in front of the exit. */
  readonly after: number;
  /** Hidden states there. */
  readonly hidden: string;
}

/** A model that also answers with the pooled hidden states of each place. */
export const withPooled = (
  model: Model,
  pooling: Pooling,
  last: string,
  places: readonly Place[],
): { readonly model: Model; readonly vectors: readonly string[] } => {
  const to = emitter(model);
  const pooled = places.map(({ after, hidden }) =>
    poolFrom(pooling, last, hidden, `exit${after}/`, (hint) => to.fresh(hint)),
  );
  const { graph } = extend(model, { nodes: pooled.flatMap(({ nodes }) => nodes), initializers: new Map() });
  const vectors = pooled.map(({ vector }) => vector);
  const outputs = vectors.map((name) => ({
    name,
    type: { kind: 'tensor', dtype: 'float32', dims: [null, null] } as const,
  }));
  return { model: { ...model, graph: { ...graph, outputs: [...graph.outputs, ...outputs] } }, vectors };
};

const rowsOf = (all: Answers, rows: readonly number[]): Answers => {
  const { width } = all;
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(all.values.subarray(row * width, (row + 1) * width), i * width));
  return { width, values };
};

/** What a head is fitted to: the model's soft answers, or the labels where there are some. */
const targetsOf = (
  answers: Answers,
  probabilities: boolean,
  from: LearningRows,
  rows: readonly number[],
  labels: boolean,
): Answers => {
  const soft = probabilities ? { ...answers, values: answers.values.slice() } : softmax(answers);
  if (!labels) return soft;
  rows.forEach((row, i) => {
    const label = from.label(row);
    if (label === null || label >= soft.width) return;
    soft.values.fill(0, i * soft.width, (i + 1) * soft.width);
    soft.values[i * soft.width + label] = 1;
  });
  return soft;
};

export interface Candidate {
  readonly place: Place;
  /** Calibrated: its scores' Softmax is how likely each class is. */
  readonly head: Head;
  /** On the validation rows. */
  readonly scores: Answers;
  readonly sureness: Float32Array;
}

export interface Fitted {
  readonly candidates: readonly Candidate[];
  /** The model's own scores of the validation rows. */
  readonly late: Answers;
}

export interface HeadSettings {
  readonly measure: Measure;
  readonly learnFrom: string;
  readonly regularization: number;
  readonly probabilities: boolean;
}

/** Fits and calibrates an exit head at each place on training rows, and answers with it on the validation rows.
 *  Errors: those of `answersOf` and `fitLogistic`. */
export const fitHeads = async (
  { model, vectors }: ReturnType<typeof withPooled>,
  places: readonly Place[],
  { train, validation, output }: Learning,
  settings: HeadSettings,
  context: Context,
): Promise<Fitted> => {
  const all = Array.from({ length: train.count }, (_, i) => i);
  const rows = train.count > most ? context.random('exit/early').shuffle(all).slice(0, most) : all;
  const session = await context.open(model);
  const names = [output, ...vectors];
  const read = async (from: LearningRows, which: readonly number[], label: string) =>
    answersOf(session, names, from, which, context, label);
  let [seen, checked]: (ReadonlyMap<string, Answers> | null)[] = [null, null];
  try {
    seen = await read(train, rows, 'collecting hidden states');
    checked = await read(
      validation,
      Array.from({ length: validation.count }, (_, i) => i),
      'answering validation rows',
    );
  } finally {
    await session.close();
  }
  const targets = targetsOf(seen.get(output)!, settings.probabilities, train, rows, settings.learnFrom === 'labels');
  const order = rows.map((_, i) => i);
  const fitting = rows.length < 2 * held ? order : order.filter((i) => i % held !== 0);
  const calibrating = order.filter((i) => i % held === 0);
  const candidates: Candidate[] = [];
  for (const [at, place] of places.entries()) {
    context.progress({ label: 'fitting exit heads', done: at, total: places.length });
    const pooled = seen.get(vectors[at]!)!;
    const raw = await fitLogistic(rowsOf(pooled, fitting), rowsOf(targets, fitting), settings.regularization, context);
    const head = cooled(raw, temperatureOf(applyHead(raw, rowsOf(pooled, calibrating)), rowsOf(targets, calibrating)));
    const scores = applyHead(head, checked.get(vectors[at]!)!);
    candidates.push({ place, head, scores, sureness: surenessOf(softmax(scores), settings.measure) });
  }
  return { candidates, late: checked.get(output)! };
};
