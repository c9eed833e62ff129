import type {
  Context,
  Example,
  Predictions,
  Session,
  Subject,
  Task,
  Trial,
  WordGradients,
} from '../../../../contracts/index.ts';
import { seeded } from '../../../../statistics/index.ts';
import { predict } from '../../../tasks/predict.ts';
import { lockStep, type World } from '../lock-step.ts';
import { search, type Setting } from '../search.ts';
import type { Attack, Item, Model, Outcome, Text } from '../types.ts';

export type Weights = Readonly<Record<string, number>>;

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}'’\u200b]+/gu) ?? [];

/** The sum of the words' weights: above 0 is class 1. Words that it does not know weigh nothing. */
export const sumOf = (weights: Weights, { text, pair }: Text, bias = 0): number =>
  [...wordsOf(text), ...(pair === undefined ? [] : wordsOf(pair))].reduce(
    (sum, word) => sum + (Object.hasOwn(weights, word) ? weights[word]! : 0),
    bias,
  );

export interface Bag {
  readonly model: Model;
  /** Every list of texts that the model was asked about. */
  readonly calls: readonly (readonly Text[])[];
}

/** A linear bag of words as a model of two classes: logits 0 and the sum. */
export const bag = (weights: Weights, bias = 0): Bag => {
  const calls: (readonly Text[])[] = [];
  return {
    calls,
    model: (texts) => {
      calls.push(texts);
      return Promise.resolve(Float32Array.from(texts.flatMap((text) => [0, sumOf(weights, text, bias)])));
    },
  };
};

/** p(class 0) of a sum: the danger of an item of class 1. */
export const dangerOf = (sum: number): number => 1 / (1 + Math.exp(sum));

export const setting = (more: Partial<Setting> = {}): Setting => ({
  maxQueries: 1000,
  maxShare: 1,
  column: 'recipe',
  neighbors: () => [],
  random: (label) => seeded(1, label),
  ...more,
});

export const item = (text: string, label = 1, pair?: string): Item => ({
  id: text,
  text: pair === undefined ? { text } : { text, pair },
  label,
});

export const world = (model: Model, more: Partial<World> = {}): World => ({
  model,
  propose: null,
  classes: 2,
  signal: new AbortController().signal,
  ...more,
});

/** One attack on some items, in lock step. */
export const attackItems = (
  attack: Attack,
  items: readonly Item[],
  model: Model,
  how: Setting = setting(),
  more: Partial<World> = {},
): Promise<readonly Outcome[]> =>
  lockStep(
    items.map((one) => ({ label: one.label, searching: search(attack, one, how) })),
    world(model, more),
  );

/** One attack on one text of class 1. */
export const attackText = async (
  attack: Attack,
  text: string,
  weights: Weights,
  how: Setting = setting(),
): Promise<Outcome> => (await attackItems(attack, [item(text)], bag(weights).model, how))[0]!;

// A task, sessions and gradients over the same kind of model, for what needs a whole trial.

const [begin, end, unknown] = [0, 1, 2];

/** A task whose tokenizer knows these words: token 3 is the first. */
export const bagTask = (vocabulary: readonly string[], fingerprint = vocabulary.join(' ')): Task => {
  const tokens = ({ text = '', pair }: Example): readonly number[] => {
    const ids = (some: string): readonly number[] =>
      wordsOf(some).map((word) => (vocabulary.includes(word) ? vocabulary.indexOf(word) + 3 : unknown));
    return [begin, ...ids(text), end, ...(pair === undefined ? [] : [...ids(pair), end])];
  };
  const size = vocabulary.length + 3;
  return {
    id: 'text-classification',
    labels: ['no', 'yes'],
    fingerprint,
    output: 'y',
    encode(examples) {
      const data = new Float32Array(examples.length * size);
      for (const [row, example] of examples.entries()) for (const id of tokens(example)) data[row * size + id]! += 1;
      return { feeds: { x: { dtype: 'float32', dims: [examples.length, size], data } }, truncated: 0, tokens: 0 };
    },
    decode: (result) => result.outputs['y']!.data as Float32Array,
    text: {
      padToken: end,
      unknownToken: unknown,
      maskToken: null,
      special: new Set([begin, end, unknown]),
      maxLength: 64,
      vocabularySize: size,
      startsWord: () => true,
      feeds: () => ({}),
      tokens,
    },
  };
};

export interface BagVersion {
  readonly id: string;
  readonly weights: Weights;
  readonly bias?: number;
  /** Words of its own tokenizer; default: the trial's. */
  readonly vocabulary?: readonly string[];
  /** Added to every score once for each other row of the batch: answers depend on their neighbors. */
  readonly leak?: number;
}

export const bagSubject = (version: BagVersion, shared: readonly string[]): Subject => {
  const vocabulary = version.vocabulary ?? shared;
  const size = vocabulary.length + 3;
  const session = {
    inputs: [],
    outputs: [],
    run: ({ x }: { x: { dims: readonly number[]; data: Float32Array } }) => {
      const rows = x.dims[0]!;
      const data = new Float32Array(rows * 2);
      for (let row = 0; row < rows; row++) {
        data[row * 2 + 1] = (version.bias ?? 0) + (version.leak ?? 0) * (rows - 1);
        for (const [at, word] of vocabulary.entries())
          data[row * 2 + 1]! += x.data[row * size + at + 3]! * (version.weights[word] ?? 0);
      }
      return Promise.resolve({ outputs: { y: { dtype: 'float32', dims: [rows, 2], data } }, durationMs: 0, cpuMs: 0 });
    },
    close: () => Promise.resolve(),
  };
  return {
    id: version.id,
    digest: version.id,
    sessionOptions: {} as Subject['sessionOptions'],
    files: [],
    open: () => Promise.resolve(session as unknown as Session),
    ...(version.vocabulary === undefined ? {} : { task: bagTask(vocabulary) }),
  };
};

export const bagContext = (more: Partial<Context> = {}): Context =>
  ({
    signal: new AbortController().signal,
    seed: 1,
    random: (label: string) => seeded(1, label),
    log: () => undefined,
    progress: () => undefined,
    ...more,
  }) as unknown as Context;

/** Versions on the balance, the first is the baseline; answers in batches of `batchSize`. */
export const bagTrial = (
  vocabulary: readonly string[],
  versions: readonly BagVersion[],
  examples: readonly Example[],
  more: Partial<Trial> = {},
): Trial => {
  const task = bagTask(vocabulary);
  const [baseline, ...candidates] = versions.map((one) => bagSubject(one, vocabulary));
  const batchSize = more.batchSize ?? 1;
  const ask = async (subject: Subject, some: readonly Example[]): Promise<Predictions> =>
    predict(subject.task ?? task, await subject.open(), some, { batchSize, context: bagContext() });
  return {
    task,
    baseline: baseline!,
    candidates,
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize,
    predictions: (subject) => ask(subject, examples),
    ask,
    reference: [],
    outOfScope: [],
    ...more,
  };
};

/** Embeddings of two numbers: the word's weight, and 1. The model's score is the sum of the first. */
export const bagGradients = (vocabulary: readonly string[], weights: Weights): WordGradients => {
  const { tokens } = bagTask(vocabulary).text!;
  const table = Float32Array.from([0, 0, 0, 0, 0, 0, ...vocabulary.flatMap((word) => [weights[word] ?? 0, 1])]);
  return {
    width: 2,
    table,
    word: (token) => vocabulary[token - 3] ?? null,
    products: (vectors) => {
      const rows = table.length / 2;
      const products = new Float32Array((vectors.length / 2) * rows);
      for (const at of products.keys()) {
        const [vector, row] = [Math.floor(at / rows), at % rows];
        products[at] = vectors[vector * 2]! * table[row * 2]! + vectors[vector * 2 + 1]! * table[row * 2 + 1]!;
      }
      return Promise.resolve(products);
    },
    gradients: (examples) =>
      Promise.resolve(
        examples.map((example) => {
          const ids = tokens(example);
          const danger = dangerOf(sumOf(weights, { text: example.text ?? '' }));
          // d −log p(yes) / d sum = −p(no); d −log p(no) / d sum = p(yes).
          const slope = example.label === 'yes' ? -danger : 1 - danger;
          return { tokens: ids, gradient: Float32Array.from(ids.flatMap(() => [slope, 0])) };
        }),
      ),
    close: () => Promise.resolve(),
  };
};

export const rows = (texts: readonly string[], label = 'yes'): readonly Example[] =>
  texts.map((text, at) => ({ id: `row ${at}`, text, label, groups: {} }));
