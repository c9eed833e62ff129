import { probabilities } from '../../quality/softmax.ts';
import type { Question, Reply, Searching } from './questions.ts';
import { keyOf } from './text.ts';
import type { Flip, Model, Proposer, Score, Text } from './types.ts';

export interface World {
  readonly model: Model;
  /** null: no search may ask for flips. */
  readonly propose: Proposer | null;
  readonly classes: number;
  readonly signal: AbortSignal;
  /** After each round: how many searches are done, and how many texts the model was asked about. */
  readonly onRound?: (done: number, asked: number) => void;
}

/** A search and the right label by which its texts are scored. */
export interface Job<T> {
  readonly label: number;
  readonly searching: Searching<T>;
}

/** Texts that go to the model at once: what holds the scores in memory. */
const mostTexts = 2048;

/** Scores of one row from the view of a label. The danger is summed from the other classes, so that it stays exact near 0. */
export const scoreOf = (scores: Float32Array, row: number, classes: number, label: number): Score => {
  const p = probabilities(scores, row * classes, classes);
  let [predicted, danger] = [0, 0];
  for (let index = 0; index < classes; index++) {
    if (scores[row * classes + index]! > scores[row * classes + predicted]!) predicted = index;
    if (index !== label) danger += p[index]!;
  }
  return { predicted, danger };
};

/** Run searches side by side: all their questions of a round become one list without repeats, answered in large batches; what one search
 *  asked is known to all. Every search gets the answers that it would get alone, if the model's answers do not depend on their batch.
 *  Shapes: one result per job, in their order. Errors: those of the model; cancellation throws. */
export const lockStep = async <T>(jobs: readonly Job<T>[], world: World): Promise<readonly T[]> => {
  const { model, propose, classes, signal } = world;
  const known = new Map<string, Score>();
  const results: T[] = Array.from({ length: jobs.length });
  let asked = 0;
  const keyFor = (at: number, text: Text): string => `${jobs[at]!.label}\0${keyOf(text)}`;

  const askAll = async (open: ReadonlyMap<number, Question>): Promise<void> => {
    const fresh = new Map<string, { readonly text: Text; readonly label: number }>();
    for (const [at, question] of open)
      if (question.kind === 'ask')
        for (const text of question.texts) {
          const key = keyFor(at, text);
          if (!known.has(key)) fresh.set(key, { text, label: jobs[at]!.label });
        }
    const all = [...fresh];
    for (let from = 0; from < all.length; from += mostTexts) {
      signal.throwIfAborted();
      const some = all.slice(from, from + mostTexts);
      const scores = await model(some.map(([, { text }]) => text));
      for (const [row, [key, { label }]] of some.entries()) known.set(key, scoreOf(scores, row, classes, label));
      asked += some.length;
    }
  };
  const proposeAll = async (open: ReadonlyMap<number, Question>): Promise<ReadonlyMap<number, readonly Flip[]>> => {
    const wanted = [...open].flatMap(([at, question]) => (question.kind === 'flips' ? [{ at, ...question }] : []));
    if (wanted.length === 0) return new Map();
    if (propose === null) throw new Error('an attack by gradients needs gradients');
    const flips = await propose(wanted.map(({ request }) => request));
    return new Map(wanted.map(({ at }, index) => [at, flips[index]!]));
  };

  let open = new Map<number, Question>();
  const advance = (at: number, reply: Reply): void => {
    const { done, value } = jobs[at]!.searching.next(reply);
    if (done === true) results[at] = value;
    else open.set(at, value);
  };
  for (const at of jobs.keys()) advance(at, []);
  while (open.size > 0) {
    signal.throwIfAborted();
    const round = open;
    await askAll(round);
    const flips = await proposeAll(round);
    open = new Map();
    for (const [at, question] of round)
      advance(
        at,
        question.kind === 'ask' ? question.texts.map((text) => known.get(keyFor(at, text))!) : flips.get(at)!,
      );
    world.onRound?.(jobs.length - open.size, asked);
  }
  return results;
};
