import { z } from 'zod';
import { SteelyardError, type DataSource, type Scenario } from '../../contracts/index.ts';
import type { FineTuneSettings } from '../../optimize/training/index.ts';
import { check } from '../../data/yaml/index.ts';
import { locateFile, readText, sourceOf } from '../scenario/parse.ts';
import { columns, source } from '../scenario/schema.ts';

/** The YAML form of a training, as the user writes it. Keys are kebab-case, as in a scenario. */

const share = z.number().min(0).max(1);
const count = z.int().min(1).max(1_000_000);

const architecture = z
  .strictObject({
    layers: count,
    width: count.describe('Width of the hidden states; a multiple of heads'),
    heads: count,
    ffn: count.optional().describe('Inner width of the feed-forward part; default: four times the width'),
    positions: z
      .int()
      .min(3)
      .max(1_000_000)
      .optional()
      .describe('Longest text in tokens, special ones included; longer ones are cut. Default: 128'),
    vocabulary: z
      .strictObject({
        size: count.optional().describe('Most tokens, learned from the training texts. Default: 8000'),
        kind: z
          .enum(['wordpiece', 'bpe'])
          .optional()
          .describe(
            'How words are cut into tokens. wordpiece (the default): lower case, as BERT has it; bpe: bytes and their merges, as GPT-2 has it, for any text, upper and lower case apart',
          ),
      })
      .optional(),
  })
  .describe('A BERT-style encoder to train from scratch');

const settings = z
  .strictObject({
    epochs: count.optional(),
    'batch-size': count.optional(),
    'learning-rate': z.number().positive().max(100).optional().describe('The peak'),
    'warm-up': share.optional().describe('Share of all steps in which the rate rises'),
    schedule: z.enum(['constant', 'linear', 'cosine']).optional(),
    'weight-decay': z.number().min(0).max(100).optional(),
    clip: z.number().positive().optional().describe('Largest norm of the gradient'),
    accumulate: count.optional().describe('Batches whose gradients make one step'),
    averaging: z
      .number()
      .gt(0)
      .lt(1)
      .nullable()
      .optional()
      .describe('Decay of averaged weights, for example 0.999; default: no averaging'),
    'label-smoothing': share.optional(),
    dropout: z.number().min(0).lt(1).optional(),
    'token-dropout': z.number().min(0).lt(1).optional().describe('Share of tokens hidden in training'),
    patience: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe('Stop after more than this many epochs without improvement'),
    threads: z.int().min(1).max(1024).optional().describe('Part of what the result depends on; default: 1'),
    freeze: z
      .strictObject({
        weights: z.array(z.string()).optional().describe('Names of weights or nodes; * matches any run of characters'),
        embeddings: z.boolean().optional(),
        blocks: z.int().min(0).max(10_000).optional().describe('The first so many blocks'),
      })
      .optional()
      .describe('What stays as it is, when a given model is trained further'),
  })
  .describe('How it is trained');

export const trainSchema = z.strictObject({
  name: z.string().optional(),
  model: z
    .string()
    .optional()
    .describe('Model to train further: folder in the Hugging Face layout, .onnx file, or hf:owner/name[@revision]'),
  architecture: architecture.optional(),
  task: z
    .strictObject({
      type: z.enum(['text-classification', 'tensor-classification']).optional(),
      labels: z.array(z.string()).min(2).optional().describe('Label names in the order of the head'),
      'max-length': count.optional().describe('Longest input in tokens'),
      output: z.string().optional().describe('Model output with the scores; default: the first'),
    })
    .optional(),
  data: z.strictObject({
    columns: columns.optional().describe('Column map for every source below that has none of its own'),
    train: source,
    validation: source.optional().describe('For choosing the best epoch; default: a tenth of the training data'),
    tests: z
      .record(z.string().min(1), source)
      .optional()
      .describe('Data that nothing is chosen on, by name; accuracy on it is reported'),
  }),
  settings: settings.optional(),
  budget: z.strictObject({ minutes: z.number().positive().max(100_000) }).optional(),
  seed: z.int().min(0).max(4_294_967_295).optional(),
});

/** The published JSON Schema of a training file, for editors. */
export const trainJsonSchema = (): Record<string, unknown> => ({
  title: 'Steelyard training',
  ...(z.toJSONSchema(trainSchema, { target: 'draft-2020-12' }) as Record<string, unknown>),
});

/** An encoder to train from scratch. */
export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly ffn: number;
  readonly positions: number;
  readonly vocabularySize: number;
  readonly vocabularyKind: 'wordpiece' | 'bpe';
}

export interface TrainPlan {
  readonly name: string;
  /** Train this model further, or an encoder from scratch. */
  readonly start:
    { readonly kind: 'model'; readonly reference: string } | { readonly kind: 'scratch'; readonly shape: Shape };
  readonly task: Scenario['task'];
  readonly data: {
    readonly train: DataSource;
    readonly validation: DataSource | null;
    readonly tests: ReadonlyMap<string, DataSource>;
  };
  readonly settings: Omit<FineTuneSettings, 'checkpointFolder' | 'key' | 'onEpoch'>;
  readonly seed: number;
}

/** For weights that start from nothing: more epochs and a higher rate than for those that were trained before. */
const scratchDefaults = {
  epochs: 15,
  batchSize: 32,
  learningRate: 5e-4,
  labelSmoothing: 0.1,
  tokenDropout: 0.05,
  patience: 4,
};
const tunedDefaults = { epochs: 3, batchSize: 16, learningRate: 5e-5, labelSmoothing: 0, tokenDropout: 0, patience: 2 };

/** Turn a training file's text into a plan. Errors: `scenario/yaml`, `training/config`, each with file, line and column. */
export const parseTraining = (file: string, text: string): TrainPlan => {
  const raw = check(locateFile(file, text), trainSchema, {
    code: 'training/config',
    hint: 'the JSON Schema in schema/training.schema.json describes every key',
  });
  const { model, data } = raw;
  if ((model === undefined) === (raw.architecture === undefined))
    throw new SteelyardError(
      'training/config',
      `${file}: ${model === undefined ? 'neither model nor architecture is given' : 'model and architecture are both given'}, expected one of them`,
      'model: trains a model further; architecture: trains an encoder from scratch',
    );
  const given = raw.settings ?? {};
  const usual = model === undefined ? scratchDefaults : tunedDefaults;
  const { architecture: shape } = raw;
  const start: TrainPlan['start'] =
    shape === undefined
      ? { kind: 'model', reference: model! }
      : {
          kind: 'scratch',
          shape: {
            layers: shape.layers,
            width: shape.width,
            heads: shape.heads,
            ffn: shape.ffn ?? 4 * shape.width,
            positions: shape.positions ?? 128,
            vocabularySize: shape.vocabulary?.size ?? 8000,
            vocabularyKind: shape.vocabulary?.kind ?? 'wordpiece',
          },
        };
  if (start.kind === 'scratch' && given.freeze !== undefined)
    throw new SteelyardError(
      'training/config',
      `${file}: settings.freeze needs a model; an encoder from scratch has nothing to keep`,
    );
  if (start.kind === 'scratch' && raw.task?.type === 'tensor-classification')
    throw new SteelyardError(
      'training/config',
      `${file}: an encoder from scratch classifies texts, and task.type is tensor-classification`,
      'give a model to train further',
    );
  return {
    name: raw.name ?? 'training',
    start,
    task: {
      id: raw.task?.type ?? 'text-classification',
      ...(raw.task?.labels === undefined ? {} : { labels: raw.task.labels }),
      ...(raw.task?.['max-length'] === undefined ? {} : { maxLength: raw.task['max-length'] }),
      ...(raw.task?.output === undefined ? {} : { output: raw.task.output }),
    },
    data: {
      train: sourceOf(data.train, data.columns),
      validation: data.validation === undefined ? null : sourceOf(data.validation, data.columns),
      tests: new Map(Object.entries(data.tests ?? {}).map(([name, one]) => [name, sourceOf(one, data.columns)])),
    },
    settings: {
      epochs: given.epochs ?? usual.epochs,
      batchSize: given['batch-size'] ?? usual.batchSize,
      learningRate: given['learning-rate'] ?? usual.learningRate,
      warmUp: given['warm-up'] ?? 0.1,
      schedule: given.schedule ?? 'linear',
      weightDecay: given['weight-decay'] ?? 0.01,
      clip: given.clip ?? 1,
      accumulate: given.accumulate ?? 1,
      averaging: given.averaging ?? null,
      labelSmoothing: given['label-smoothing'] ?? usual.labelSmoothing,
      dropout: given.dropout ?? 0.1,
      tokenDropout: given['token-dropout'] ?? usual.tokenDropout,
      patience: given.patience ?? usual.patience,
      threads: given.threads ?? 1,
      seconds: raw.budget === undefined ? null : raw.budget.minutes * 60,
      freeze: {
        names: given.freeze?.weights ?? [],
        embeddings: given.freeze?.embeddings ?? false,
        blocks: given.freeze?.blocks ?? 0,
      },
    },
    seed: raw.seed ?? 1,
  };
};

/** Read a training file. Paths inside it are relative to `folder`. Errors: those of parseTraining, `scenario/missing`, `scenario/too-large`. */
export const readTraining = async (path: string): Promise<{ plan: TrainPlan; folder: string }> => {
  const { text, folder } = await readText(path);
  return { plan: parseTraining(path, text), folder };
};
