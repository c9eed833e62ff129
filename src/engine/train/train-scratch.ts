import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { SteelyardError, type Context, type Example, type Model, type Task } from '../../contracts/index.ts';
import {
  countWeights,
  encoderModel,
  specialTokens,
  train,
  trainBytePairs,
  trainWordPiece,
  writeTokenizer,
  type Architecture,
  type TrainingExample,
} from '../../optimize/training/index.ts';
import { createTask } from '../../weigh/tasks/index.ts';
import { answered, labelsIn, loadTraining } from './train-data.ts';
import type { Prepared } from './train-prepared.ts';
import type { Shape, TrainPlan } from './train-config.ts';

const bertConfig = (shape: Shape, labels: readonly string[], dropout: number): Record<string, unknown> => ({
  architectures: ['BertForSequenceClassification'],
  model_type: 'bert',
  attention_probs_dropout_prob: 0,
  classifier_dropout: null,
  hidden_act: 'gelu',
  hidden_dropout_prob: dropout,
  hidden_size: shape.width,
  id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
  initializer_range: 0.02,
  intermediate_size: shape.ffn,
  label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  layer_norm_eps: 1e-12,
  max_position_embeddings: shape.positions,
  num_attention_heads: shape.heads,
  num_hidden_layers: shape.layers,
  pad_token_id: specialTokens.indexOf('[PAD]'),
  position_embedding_type: 'absolute',
  problem_type: 'single_label_classification',
  type_vocab_size: 2,
  vocab_size: shape.vocabularySize,
});

const textsOf = (examples: readonly Example[]): string[] =>
  examples.map(({ text, pair }) => {
    if (text !== undefined && pair === undefined) return text;
    throw new SteelyardError(
      'training/data',
      'training from scratch reads single texts, and the data has pairs',
      'leave data.columns.pair out, or give a model to train further',
    );
  });

/** An encoder from scratch: vocabulary from the training texts, tokenizer, task, and the training itself.
 *  Errors: `training/architecture`, `training/vocabulary`, `data/…`, `task/…`. */
export const fromScratch = async (
  plan: TrainPlan,
  wanted: Shape,
  folder: string,
  workFolder: string,
): Promise<Prepared> => {
  const { vocabularySize, vocabularyKind, ...sizes } = wanted;
  const labels = plan.task.labels ?? (await labelsIn(plan, folder));
  const planned: Architecture = { ...sizes, vocabulary: vocabularySize, labels: Math.max(1, labels.length) };
  // Before anything is read or counted: a shape that cannot be.
  const seen: Model = encoderModel(planned, new Map());
  const data = await loadTraining(plan, folder, { id: 'text-classification', labels });
  const [learned, chosenOn] = [answered(data.train.examples), answered(data.validation.examples)];
  const texts = textsOf(learned);
  const size = { size: vocabularySize };
  const written = vocabularyKind === 'bpe' ? trainBytePairs(texts, size) : trainWordPiece(texts, size);
  const vocabulary = 'tokens' in written ? written.tokens : written;
  const shape: Shape = { ...wanted, vocabularySize: vocabulary.length };
  const architecture: Architecture = { ...planned, vocabulary: vocabulary.length };
  const maxLength = Math.min(shape.positions, plan.task.maxLength ?? shape.positions);
  const files = join(workFolder, 'tokenizer');
  await writeTokenizer(files, written, { maxLength });
  const config = bertConfig(shape, labels, plan.settings.dropout);
  const task: Task = await createTask(
    { id: 'text-classification', labels },
    {
      config,
      tokenizerPath: join(files, 'tokenizer.json'),
      tokenizerConfigPath: join(files, 'tokenizer_config.json'),
      sidecar: null,
    },
    seen.graph,
  );
  const examplesOf = (some: readonly Example[]): TrainingExample[] =>
    some.map((example) => ({ ids: task.text!.tokens(example), label: labels.indexOf(example.label!) }));
  const replaced = new Map<string, Uint8Array>([['config.json', Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]]);
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'])
    replaced.set(name, await readFile(join(files, name)));
  const idOf = (token: (typeof specialTokens)[number]): number => vocabulary.indexOf(token);
  return {
    task,
    data,
    shape,
    source: null,
    replaced,
    identity: { vocabulary: vocabulary.length, kind: vocabularyKind },
    async run(settings, context: Context) {
      const result = await train(
        {
          ...plan.settings,
          ...settings,
          architecture,
          train: examplesOf(learned),
          validation: examplesOf(chosenOn),
          padToken: idOf('[PAD]'),
          unknownToken: idOf('[UNK]'),
        },
        context,
      );
      const { model, bestEpoch, validationAccuracy: score, history, stopped } = result;
      return { model, bestEpoch, score, history, stopped, weights: countWeights(result.weights) };
    },
  };
};
