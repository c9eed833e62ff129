// Trains the baseline from the seed and writes its folder: npm run example:train [-- --out folder] [--work folder] [--epochs n]
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isSteelyardError } from '../../src/contracts/index.ts';
import { createContext } from '../../src/engine/context.ts';
import { encodeFile } from '../../src/model/onnx/index.ts';
import {
  accuracyOf,
  countWeights,
  tokenizerConfig,
  tokenizerJson,
  train,
  trainWordPiece,
  writeTokenizer,
} from '../../src/optimize/training/index.ts';
import type { EpochResult, TrainingExample } from '../../src/optimize/training/index.ts';
import { makeTokenizer } from '../../src/weigh/tasks/tokenizer.ts';
import { modelCard } from './model-card.ts';

const seed = 20260;
const maxLength = 96;
const vocabularySize = 2500;
const shape = { layers: 4, width: 192, heads: 4, ffn: 768, positions: maxLength };
const settings = {
  epochs: 14,
  batchSize: 32,
  learningRate: 5e-4,
  warmUp: 0.1,
  schedule: 'linear',
  dropout: 0.1,
  tokenDropout: 0.05,
  labelSmoothing: 0.1,
  weightDecay: 0.01,
  clip: 1,
  patience: 4,
  threads: 1,
} as const;

interface Message {
  readonly text: string;
  readonly intent: string;
}

const read = async (split: string): Promise<Message[]> => {
  const text = await readFile(`examples/support-desk/data/${split}.jsonl`, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Message);
};
const line = ({ epoch, loss, reported, score, seconds, tokensPerSecond }: EpochResult): string =>
  `epoch ${epoch}: loss ${loss.toFixed(3)}, training ${(100 * reported['accuracy']!).toFixed(1)} %, ` +
  `validation ${(100 * score).toFixed(1)} %, ${seconds.toFixed(0)} s, ${tokensPerSecond.toFixed(0)} tokens/s`;

const main = async (signal: AbortSignal): Promise<void> => {
  const { values: flags } = parseArgs({
    options: {
      out: { type: 'string', default: 'examples/support-desk/model' },
      work: { type: 'string', default: 'examples/support-desk/work' },
      epochs: { type: 'string', default: String(settings.epochs) },
    },
  });
  const [out, work] = [resolve(flags.out), resolve(flags.work)];

  const splits = {
    train: await read('train'),
    validation: await read('validation'),
    test: await read('test'),
    uncommon: await read('uncommon'),
  };
  const labels = [...new Set(splits.train.map(({ intent }) => intent))].sort();
  const vocabulary = trainWordPiece(
    splits.train.map(({ text }) => text),
    { size: vocabularySize },
  );
  const tokenizer = makeTokenizer(tokenizerJson(vocabulary, maxLength), tokenizerConfig(maxLength), '', 0);
  const prepared = (messages: readonly Message[]): TrainingExample[] =>
    messages.map(({ text, intent }) => ({
      ids: tokenizer.encode(text, undefined, maxLength).ids,
      label: labels.indexOf(intent),
    }));
  const data = prepared(splits.train);
  const lengths = data.map(({ ids }) => ids.length).sort((a, b) => a - b);
  const architecture = { ...shape, vocabulary: vocabulary.length, labels: labels.length };
  console.log(
    `${data.length} messages, ${labels.length} intents, ${vocabulary.length} tokens; ` +
      `tokens a message: median ${lengths[lengths.length >> 1]}, most ${lengths.at(-1)}`,
  );

  await mkdir(work, { recursive: true });
  let spoken = performance.now();
  const context = createContext({
    seed,
    workFolder: work,
    signal,
    progress: ({ label, done, total, detail }) => {
      if (performance.now() - spoken < 30_000) return;
      spoken = performance.now();
      console.log(`  ${label}: ${done} of ${total}, ${detail}`);
    },
  });
  const result = await train(
    {
      ...settings,
      epochs: Number(flags.epochs),
      architecture,
      train: data,
      validation: prepared(splits.validation),
      padToken: vocabulary.indexOf('[PAD]'),
      unknownToken: vocabulary.indexOf('[UNK]'),
      checkpointFolder: join(work, 'checkpoint'),
      onEpoch: (epoch) => console.log(line(epoch)),
    },
    context,
  );

  const session = await context.open(result.model, { intraOpThreads: settings.threads });
  const accuracy: Record<string, number> = {};
  for (const split of ['validation', 'test', 'uncommon'] as const)
    accuracy[split] = await accuracyOf(session, prepared(splits[split]), 0);
  await session.close();
  for (const [split, value] of Object.entries(accuracy)) console.log(`${split}: ${(100 * value).toFixed(1)} % right`);

  const config = {
    architectures: ['BertForSequenceClassification'],
    model_type: 'bert',
    attention_probs_dropout_prob: 0,
    classifier_dropout: null,
    hidden_act: 'gelu',
    hidden_dropout_prob: settings.dropout,
    hidden_size: shape.width,
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    initializer_range: 0.02,
    intermediate_size: shape.ffn,
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    layer_norm_eps: 1e-12,
    max_position_embeddings: maxLength,
    num_attention_heads: shape.heads,
    num_hidden_layers: shape.layers,
    pad_token_id: 0,
    position_embedding_type: 'absolute',
    problem_type: 'single_label_classification',
    type_vocab_size: 2,
    vocab_size: vocabulary.length,
  };
  await mkdir(join(out, 'onnx'), { recursive: true });
  await encodeFile(result.model, join(out, 'onnx', 'model.onnx'));
  await writeTokenizer(out, vocabulary, { maxLength });
  await writeFile(join(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const card = modelCard({
    labels,
    shape: architecture,
    settings: { ...settings, seed, maxLength },
    weights: countWeights(result.weights),
    accuracy,
    counts: Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, rows.length])),
    history: result.history,
    bestEpoch: result.bestEpoch,
  });
  await writeFile(join(out, 'README.md'), card);
  console.log(`wrote ${out}`);
};

const aborter = new AbortController();
process.once('SIGINT', () => aborter.abort());
try {
  await main(aborter.signal);
} catch (error) {
  if (!isSteelyardError(error)) throw error;
  console.error(
    aborter.signal.aborted ? 'stopped; the same command goes on after the last whole epoch' : error.message,
  );
  if (error.hint !== undefined && !aborter.signal.aborted) console.error(error.hint);
  process.exitCode = 1;
}
