/** What the model card of the baseline is made of: numbers of the run itself. */
export interface CardFacts {
  readonly labels: readonly string[];
  readonly shape: Readonly<Record<'layers' | 'width' | 'heads' | 'ffn' | 'vocabulary' | 'positions', number>>;
  readonly settings: Readonly<
    Record<
      | 'seed'
      | 'maxLength'
      | 'epochs'
      | 'batchSize'
      | 'learningRate'
      | 'warmUp'
      | 'dropout'
      | 'tokenDropout'
      | 'labelSmoothing'
      | 'weightDecay'
      | 'clip'
      | 'threads',
      number
    >
  >;
  readonly weights: number;
  /** Share of right answers per split. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly history: readonly {
    readonly epoch: number;
    readonly loss: number;
    /** Share of right answers on validation. */
    readonly score: number;
    readonly tokensPerSecond: number;
  }[];
  readonly bestEpoch: number;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const count = (value: number): string => value.toLocaleString('en-US');

/** 95 % interval of a proportion. Source: Wilson 1927. */
const interval = (share: number, samples: number): string => {
  const z = 1.959964;
  const middle = (share + (z * z) / (2 * samples)) / (1 + (z * z) / samples);
  const half = (z / (1 + (z * z) / samples)) * Math.sqrt((share * (1 - share)) / samples + (z / (2 * samples)) ** 2);
  return `${(100 * (middle - half)).toFixed(1)} to ${percent(middle + half)}`;
};

/** The model card as Markdown, in the form that model hubs read. */
export const modelCard = (facts: CardFacts): string => {
  const { shape, settings, accuracy, counts } = facts;
  const rows = Object.entries(accuracy).map(
    ([split, share]) =>
      `| ${split} | ${count(counts[split]!)} | ${percent(share)} | ${interval(share, counts[split]!)} |`,
  );
  const speeds = facts.history.map(({ tokensPerSecond }) => tokensPerSecond).sort((a, b) => a - b);
  const speed = Math.round(speeds[speeds.length >> 1]!);
  return `---
license: apache-2.0
language: en
pipeline_tag: text-classification
library_name: transformers.js
---

# Support desk: which of ${facts.labels.length} intents a customer message has

A small BERT-style encoder, trained from scratch by Steelyard on ONNX Runtime, on the synthetic messages in \`../data\`. It is the
baseline of the embedded example: small enough to train on two cores, and not perfect, so that an optimization can cost something.

- ${shape.layers} layers, width ${shape.width}, ${shape.heads} heads, feed-forward ${shape.ffn}, ${count(shape.vocabulary)} WordPiece tokens, ${shape.positions} positions; ${count(facts.weights)} weights
- Input: \`input_ids\`, \`attention_mask\`, \`token_type_ids\` (int64 [batch, sequence]); output: \`logits\` (float32 [batch, ${facts.labels.length}])
- Loads in transformers.js: \`await pipeline('text-classification', folder, { dtype: 'fp32' })\`

## How right it is

| Split | Messages | Right | 95 % interval |
| ----- | -------: | ----: | ------------- |
${rows.join('\n')}

Training never sees the templates and part of the values of the test messages; \`uncommon\` has slang, office language and rare words.
The epoch was chosen on validation, so that number flatters; the others do not.

## How it was trained

Cross-entropy with label smoothing ${settings.labelSmoothing}, AdamW (peak rate ${settings.learningRate}, warm-up ${percent(settings.warmUp)} of the steps, then linear to zero, weight decay ${settings.weightDecay}, gradient norm at most ${settings.clip}),
dropout ${settings.dropout}, ${percent(settings.tokenDropout)} of tokens hidden, batches of ${settings.batchSize} of similar length, texts cut at ${settings.maxLength} tokens, seed ${settings.seed}, ${settings.threads} threads.
The best of ${facts.history.length} epochs (of at most ${settings.epochs}) on validation is epoch ${facts.bestEpoch}. Median speed ${count(speed)} tokens a second.
\`npm run example:train\` makes the folder again; on another kind of processor the numbers differ in the last digits.

| Epoch | Loss | Validation |
| ----: | ---: | ---------: |
${facts.history.map(({ epoch, loss, score }) => `| ${epoch} | ${loss.toFixed(3)} | ${percent(score)} |`).join('\n')}

## What it is not for

Real customers: the messages are made from templates, and the errors of real ones look different. It knows English only, and answers one
of its ${facts.labels.length} intents whatever the text says.

Intents: ${facts.labels.map((label) => `\`${label}\``).join(', ')}
`;
};
