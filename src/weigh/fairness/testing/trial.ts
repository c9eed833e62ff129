import {
  defaultSessionOptions,
  type Context,
  type Example,
  type Measurement,
  type Predictions,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';

/** A subject whose answers are given. */
const subject = (id: string): Subject => ({
  id,
  digest: id,
  sessionOptions: defaultSessionOptions,
  files: [],
  open: () => Promise.reject(new Error('answers are given')),
});

/** Answers with this class index each, sure of it. */
export const answering = (labels: readonly string[], answers: readonly number[]): Predictions => ({
  labels,
  predicted: Int32Array.from(answers),
  scores: Float32Array.from(answers.flatMap((answer) => labels.map((_, at) => (at === answer ? 4 : 0)))),
  truncated: 0,
});

/** The first id is the baseline; `answer` gives the class index for an example. */
export const trialOf = (
  labels: readonly string[],
  examples: readonly Example[],
  ids: readonly string[],
  answer: (id: string, example: Example, at: number) => number,
  more: Partial<Trial> = {},
): Trial => {
  const ask = ({ id }: Subject, some: readonly Example[]): Promise<Predictions> =>
    Promise.resolve(
      answering(
        labels,
        some.map((example, at) => answer(id, example, at)),
      ),
    );
  return {
    task: { labels } as unknown as Trial['task'],
    baseline: subject(ids[0]!),
    candidates: ids.slice(1).map(subject),
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: (one) => ask(one, examples),
    ask: (one, some) => ask(one, some),
    reference: [],
    outOfScope: [],
    ...more,
  };
};

/** What evaluators that only count need of a context. */
export const quietContext = (signal: Context['signal'] = new AbortController().signal, seed = 3): Context =>
  ({
    signal,
    seed,
    random: (label: string) => seeded(seed, label),
    progress: () => undefined,
    log: () => undefined,
  }) as unknown as Context;

export const measuredOf = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string): readonly Measurement[] => {
  const outcome = outcomes.get(id);
  if (outcome?.kind !== 'measured') throw new Error(`${id}: ${JSON.stringify(outcome)}`);
  return outcome.measurements;
};

export const find = (all: readonly Measurement[], metric: string, slice?: string): Measurement => {
  const one = all.find((some) => some.metric === metric && some.slice === slice);
  if (one === undefined) throw new Error(`no ${metric} ${slice ?? ''}`);
  return one;
};
