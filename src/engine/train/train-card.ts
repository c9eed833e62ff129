import type { EpochResult } from '../../optimize/training/index.ts';
import { wilson } from '../../statistics/index.ts';
import type { Shape, TrainPlan } from './train-config.ts';

/** What a model card is made of: numbers of the run itself. */
export interface TrainFacts {
  readonly name: string;
  readonly labels: readonly string[];
  /** null: a given model was trained further. */
  readonly shape: Shape | null;
  /** Names of inputs and of the output with the scores. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly settings: TrainPlan['settings'];
  readonly seed: number;
  /** Values that training could change. */
  readonly weights: number;
  /** Share of right answers by split; validation chose the epoch. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly history: readonly EpochResult[];
  /** 0: the model as it was given. */
  readonly bestEpoch: number;
  readonly stopped: 'epochs' | 'patience' | 'seconds';
}

/** What only the author can say. */
export interface CardWords {
  readonly title?: string;
  readonly license?: string;
  readonly language?: string;
  /** One or more paragraphs below the title. */
  readonly about?: string;
  /** What its tests are like. */
  readonly tests?: string;
  /** How to make it again. */
  readonly again?: string;
  /** What it is not for. */
  readonly limits?: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const number = (value: number): string => value.toLocaleString('en-US');
const table = (head: readonly string[], align: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const accuracyTable = ({ accuracy, counts }: TrainFacts): string =>
  table(
    ['Split', 'Examples', 'Right', '95 % interval'],
    ['-----', '-------:', '----:', '-------------'],
    Object.entries(accuracy).map(([split, share]) => {
      const count = counts[split]!;
      const { low, high } = wilson(Math.round(share * count), count, 0.95);
      return [split, number(count), percent(share), `${(100 * low).toFixed(1)} to ${percent(high)}`];
    }),
  );

const shapeText = ({ shape, weights }: TrainFacts): string =>
  shape === null
    ? `${number(weights)} weights were trained further`
    : `${shape.layers} layers, width ${shape.width}, ${shape.heads} heads, feed-forward ${shape.ffn}, ` +
      `${number(shape.vocabularySize)} ${shape.vocabularyKind === 'bpe' ? 'byte-level BPE' : 'WordPiece'} tokens, ${shape.positions} positions; ${number(weights)} weights`;

const howText = ({ settings: s, seed, history, bestEpoch, stopped, shape }: TrainFacts): string => {
  const falls = { constant: 'then constant', linear: 'then linear to zero', cosine: 'then along a cosine to zero' };
  const why = {
    epochs: '',
    patience: '; validation got no better',
    seconds: '; the time was over',
  };
  const best =
    bestEpoch === 0 ? 'none was better than the model as it was' : `epoch ${bestEpoch} was the best on validation`;
  return [
    `Cross-entropy${s.labelSmoothing === 0 ? '' : ` with label smoothing ${s.labelSmoothing}`}, AdamW (peak rate ${s.learningRate}, ` +
      `warm-up ${percent(s.warmUp)} of the steps, ${falls[s.schedule]}, weight decay ${s.weightDecay}, gradient norm at most ${s.clip}` +
      `${s.averaging === null ? '' : `, averaged weights ${s.averaging}`}), dropout ${s.dropout}, ${percent(s.tokenDropout)} of tokens hidden,`,
    `batches of ${s.batchSize * s.accumulate} of similar length${shape === null ? '' : `, texts cut at ${shape.positions} tokens`}, ` +
      `seed ${seed}, ${s.threads} thread${s.threads === 1 ? '' : 's'}.`,
    `Of ${history.length} epochs (at most ${s.epochs}${why[stopped]}) ${best}.`,
  ].join('\n');
};

/** The model card as Markdown, in the form that model hubs read. */
export const trainingCard = (facts: TrainFacts, words: CardWords = {}): string => {
  const { labels, inputs, output, history } = facts;
  const front = [
    ...(words.license === undefined ? [] : [`license: ${words.license}`]),
    ...(words.language === undefined ? [] : [`language: ${words.language}`]),
    'pipeline_tag: text-classification',
    'library_name: transformers.js',
  ];
  const about =
    words.about ??
    (facts.shape === null
      ? 'A classifier that Steelyard trained further on ONNX Runtime.'
      : 'A small BERT-style encoder, trained from scratch by Steelyard on ONNX Runtime.');
  const names = inputs.map((name) => `\`${name}\``).join(', ');
  const parts = [
    `---\n${front.join('\n')}\n---`,
    `# ${words.title ?? `${facts.name}: which of ${labels.length} classes a text belongs to`}`,
    about,
    [
      `- ${shapeText(facts)}`,
      `- Input: ${names}; output: \`${output}\` (float32 [batch, ${labels.length}])`,
      "- Loads in transformers.js: `await pipeline('text-classification', folder, { dtype: 'fp32' })`",
    ].join('\n'),
    '## How right it is',
    accuracyTable(facts),
    [
      ...(words.tests === undefined ? [] : [words.tests]),
      'The epoch was chosen on validation, so that number flatters.',
    ].join('\n'),
    '## How it was trained',
    [howText(facts), ...(words.again === undefined ? [] : [words.again])].join('\n'),
    table(
      ['Epoch', 'Loss', 'Validation'],
      ['----:', '---:', '---------:'],
      history.map(({ epoch, loss, score }) => [String(epoch), loss.toFixed(3), percent(score)]),
    ),
    ...(words.limits === undefined ? [] : ['## What it is not for', words.limits]),
    `Classes: ${labels.map((label) => `\`${label}\``).join(', ')}`,
  ];
  return `${parts.join('\n\n')}\n`;
};
