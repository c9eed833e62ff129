import type { Feeds, Learning, LearningRows, Random } from '../../contracts/index.ts';
import { batchCount, bucketed } from '../training/batches.ts';
import type { Lesson } from '../training/lessons.ts';
import { augmented, type Rates } from './augment.ts';
import { labelWeights, rightLabels, teacherScores } from './objective.ts';
import type { Teacher } from './teacher.ts';
import type { Words } from './words.ts';

/** What lessons of a teacher are made of. */
export interface Course {
  readonly learning: Learning;
  readonly batchSize: number;
  /** How many changed texts go with each row in an epoch. */
  readonly augment: number;
  /** null: texts cannot be changed. */
  readonly words: Words | null;
  readonly rates: Rates;
  readonly teacher: Teacher;
  readonly output: string;
  readonly classes: number;
  /** Inner value of the teacher → input of the objective. */
  readonly inner: ReadonlyMap<string, string>;
  /** The teacher's scores of all rows, [rows, classes]: asked for once. Not used where inner values are needed. */
  readonly scores: Float32Array | null;
}

/** Runs one item ahead of whoever reads, so that the maker and the reader work at the same time. Errors come where their item would. */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T>> => {
    const answer = items.next();
    // Whoever reads hears of it; until then nobody else should.
    answer.catch(() => undefined);
    return answer;
  };
  let next = ask();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = ask();
      yield value as T;
    }
  } finally {
    await next.catch(() => undefined);
    await items.return?.();
  }
}

/** Lessons in an epoch. */
export const lessonCount = (rows: number, batchSize: number, augment: number): number =>
  batchCount(rows, batchSize) * (1 + augment);

type Plan =
  | { readonly kind: 'rows'; readonly rows: readonly number[] }
  | { readonly kind: 'texts'; readonly texts: readonly (readonly number[])[] };

/** All batches of an epoch. Everything that is drawn is drawn here, so that lessons may be made ahead of their time. */
const planned = (
  { learning: { train, text }, batchSize, augment, words, rates }: Course,
  lengths: readonly number[],
  random: Random,
): Plan[] => {
  const plans: Plan[] = bucketed(train.count, (row) => lengths[row]!, batchSize, random).map((rows) => ({
    kind: 'rows',
    rows,
  }));
  if (text === null || words === null) return plans;
  for (let round = 0; round < augment; round++) {
    const texts = Array.from({ length: train.count }, (_, row) =>
      augmented(train.tokens(row) ?? [], text, words, rates, random),
    );
    for (const rows of bucketed(texts.length, (row) => texts[row]!.length, batchSize, random))
      plans.push({ kind: 'texts', texts: rows.map((row) => texts[row]!) });
  }
  return random.shuffle(plans);
};

const labelFeeds = (train: LearningRows, rows: readonly number[]): Feeds => ({
  [rightLabels]: {
    dtype: 'int64',
    dims: [rows.length],
    data: BigInt64Array.from(rows, (row) => BigInt(train.label(row) ?? -1)),
  },
  [labelWeights]: {
    dtype: 'float32',
    dims: [rows.length],
    data: Float32Array.from(rows, (row) => (train.label(row) === null ? 0 : 1)),
  },
});

const noLabels = (count: number): Feeds => ({
  [rightLabels]: { dtype: 'int64', dims: [count], data: new BigInt64Array(count).fill(-1n) },
  [labelWeights]: { dtype: 'float32', dims: [count], data: new Float32Array(count) },
});

/** The lessons of each epoch: every row once, with its label where it has one, and changed texts, which the teacher alone answers for.
 *  The teacher is asked one lesson ahead, in its own process. */
export const courseOf = (course: Course) => {
  const { learning, teacher, output, classes, inner, scores } = course;
  const { train, text } = learning;
  const lengths = Array.from({ length: train.count }, (_, row) => train.length(row));

  const taught = async (feeds: Feeds): Promise<Feeds> => {
    const answers = await teacher.ask(feeds);
    const values = Object.fromEntries([...inner].map(([value, input]) => [input, answers[value]!]));
    return { [teacherScores]: answers[output]!, ...values };
  };
  const answersFor = (rows: readonly number[], feeds: Feeds): Promise<Feeds> => {
    if (inner.size > 0 || scores === null) return taught(feeds);
    const data = new Float32Array(rows.length * classes);
    for (const [at, row] of rows.entries()) data.set(scores.subarray(row * classes, (row + 1) * classes), at * classes);
    return Promise.resolve({ [teacherScores]: { dtype: 'float32', dims: [rows.length, classes], data } });
  };

  async function* made(random: Random): AsyncGenerator<Lesson> {
    for (const plan of planned(course, lengths, random)) {
      if (plan.kind === 'rows') {
        const { rows } = plan;
        const feeds = train.feeds(rows);
        yield {
          feeds: { ...feeds, ...(await answersFor(rows, feeds)), ...labelFeeds(train, rows) },
          examples: rows.length,
          tokens: rows.reduce((sum, row) => sum + lengths[row]!, 0),
        };
      } else {
        const { texts } = plan;
        const feeds = text!.feeds(texts);
        yield {
          feeds: { ...feeds, ...(await taught(feeds)), ...noLabels(texts.length) },
          examples: texts.length,
          tokens: texts.reduce((sum, tokens) => sum + tokens.length, 0),
        };
      }
    }
  }
  return (_epoch: number, random: Random): AsyncIterable<Lesson> => ahead(made(random));
};
