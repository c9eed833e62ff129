import {
  defineEvaluator,
  fewestItems,
  needed,
  noted,
  tooFew,
  untold,
  type Context,
  type Measurement,
  type Predictions,
  type Subject,
  type TooFew,
  type Trial,
} from '../../../contracts/index.ts';
import { bootstrapMean } from '../../../statistics/index.ts';
import { answersOf, truthOf } from '../../quality/answers.ts';
import { rowDistances } from '../../quality/row-distances.ts';
import { everyone, nothing } from '../everyone.ts';
import { shareOf, sharesVersus } from '../shares.ts';
import { fifthNames, fifthsOf } from './fifths.ts';
import { rarityOf, unseenShares, wordRanks, type Rarity } from './rarity.ts';
import { fewestOutcomes, slopeOf } from './slope.ts';

/** Rows that belong together: "fertility=top fifth", or all that are uncommon in any way. */
interface Part {
  /** Absent: the uncommon ones as a whole. */
  readonly slice?: string;
  readonly rows: readonly number[];
}

const partsOf = (byMeasure: Readonly<Record<string, ArrayLike<number>>>) => {
  const parts: Part[] = [];
  const refused: TooFew[] = [];
  const uncommon = new Set<number>();
  for (const [measure, values] of Object.entries(byMeasure)) {
    const fifths = fifthsOf(values);
    for (const [at, name] of fifthNames.entries()) {
      const rows = [...fifths.keys()].filter((row) => fifths[row] === at);
      if (at === 4) for (const row of rows) uncommon.add(row);
      const slice = `${measure}=${name}`;
      if (rows.length >= fewestItems) parts.push({ slice, rows });
      else if (rows.length > 0) refused.push(tooFew(slice, rows.length));
    }
  }
  const whole = [...uncommon].sort((a, b) => a - b);
  if (whole.length >= fewestItems) parts.unshift({ rows: whole });
  return { parts, refused, uncommon: whole };
};

/** The mean of per-example values. */
const meanOf = (
  metric: string,
  unit: 'ratio' | 'proportion' | 'nats',
  all: Float64Array,
  trial: Trial,
  context: Context,
  slice?: string,
): Measurement[] => {
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length === 0) return [];
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  const { confidence } = trial;
  const random = context.random(`robustness/uncommon-words ${metric}`);
  const { low, high } = bootstrapMean(values, { confidence, replicates: 500, random });
  const samples = values.length;
  const where = slice === undefined ? {} : { slice };
  return [
    { metric, unit, value, low: Math.min(low, value), high: Math.max(high, value), confidence, samples, ...where },
  ];
};

interface Own {
  readonly subject: Subject;
  readonly answers: Predictions;
  readonly rarity: readonly Rarity[];
}

/** What uncommon vocabulary does: how many pieces the tokenizer breaks words into, what it cannot read, and how accuracy, changed answers and the distance
 *  from the original differ between texts of common and of uncommon words. Fifths are cut by the original's tokenizer, so that all versions share them; fertility
 *  and unknown tokens are those of each version's own. It asks nothing that is not known already.
 *  Errors: `task/labels`, `quality/rows`, `task/not-finite`; a version with other classes fails with `quality/classes`. */
export const uncommonWords = defineEvaluator({
  id: 'robustness/uncommon-words',
  version: 4,
  title: 'Uncommon words',
  source:
    'fertility as in Rust et al. 2021 (subwords per word); word ranks as in Zipf 1949; Kullback & Leibler 1951; Tango 1998; logistic regression',
  metrics: [
    {
      id: 'fertility',
      title: 'Subwords per word',
      noun: 'number of subwords per word',
      unit: 'ratio',
      better: 'neither',
      versus: 'none',
      definition: 'Mean over examples of tokens per word, words taken one by one without punctuation.',
    },
    {
      id: 'unknown-tokens',
      title: 'Texts with unknown tokens',
      noun: 'share of texts with unknown tokens',
      found: '{} of the texts have unknown tokens',
      unit: 'proportion',
      better: 'lower',
      versus: 'difference',
      definition: 'Share of examples with at least one piece that the version’s tokenizer has no token for.',
    },
    {
      id: 'unseen-words',
      title: 'Words not among the usual ones',
      noun: 'share of words that are not among the usual ones',
      found: '{} of the words are not among the usual ones',
      unit: 'proportion',
      better: 'neither',
      versus: 'none',
      definition: 'Mean over examples of the share of words that no row of the training or calibration data holds.',
    },
    {
      id: 'word-rank',
      title: 'Rank of the words',
      unit: 'ratio',
      better: 'neither',
      versus: 'none',
      definition:
        'Mean over examples of the geometric mean rank of their words by frequency in the training and calibration rows, 1 for the most frequent; a word that no row holds comes after all others.',
    },
    {
      id: 'uncommon-accuracy',
      title: 'Accuracy on uncommon words',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Accuracy on the fifth of examples with the most subwords per word together with the fifth with the most unseen words and the fifth with the rarest words; by slices: each fifth of each of the three.',
    },
    {
      id: 'uncommon-flips',
      title: 'Changed answers on uncommon words',
      noun: 'share of changed answers on uncommon words',
      found: '{} of the answers on uncommon words changed',
      unit: 'proportion',
      better: 'lower',
      versus: 'none',
      definition: 'Share of those examples that get another answer than from the original.',
    },
    {
      id: 'uncommon-kl',
      title: 'Distance from the original on uncommon words',
      unit: 'nats',
      better: 'lower',
      versus: 'none',
      definition:
        'Mean over those examples of KL(original ‖ version) of the class probabilities. An alarm, not a ranking: it shows how much answers move, not whether for the worse.',
    },
    {
      id: 'uncommon-slope',
      title: 'Changed answers against subwords per word',
      noun: 'slope of changed answers over subwords per word',
      unit: 'score',
      better: 'lower',
      versus: 'none',
      definition:
        'Log odds of a changed answer per standard deviation of subwords per word (logistic regression, standard normal prior on the slope); above 0 uncommon words suffer more.',
    },
  ],
  options: {
    replicates: {
      kind: 'integer',
      default: 300,
      min: 100,
      max: 10_000,
      description: 'Bootstrap draws behind the interval of the slope.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes' },
  async evaluate(trial, { replicates }, context) {
    context.signal.throwIfAborted();
    const { text } = trial.task;
    if (text === undefined || trial.examples.some((example) => example.text === undefined))
      return nothing(trial, context, 'uncommon words: the examples are no texts', 'debug');
    const truth = truthOf(trial);
    const ofOriginal = rarityOf(trial.examples, text);
    const fertility = Float64Array.from(ofOriginal, (one) => one.fertility);
    const usual =
      trial.reference.length === 0
        ? null
        : {
            unseen: unseenShares(trial.examples, trial.reference),
            'word-rank': wordRanks(trial.examples, trial.reference),
          };
    const { parts, refused, uncommon } = partsOf({ fertility, ...usual });
    const whence =
      usual === null
        ? 'no training or calibration rows say which words are usual'
        : `usual words are those of the ${trial.referenceFrom ?? `${trial.reference.length} other rows`}`;
    const judgedOf = (rows: readonly number[]): number[] => rows.filter((row) => truth[row]! >= 0);
    const labelled = judgedOf([...truth.keys()]).length > 0;
    // Large enough to see answers change, but not to judge them.
    const unjudged = parts.flatMap(({ slice, rows }) => {
      const judged = judgedOf(rows).length;
      return slice === undefined || !labelled || judged >= fewestItems ? [] : [tooFew(slice, judged, 'right answer')];
    });
    const missed = [...refused, ...unjudged];
    const notes = noted([whence], missed);
    const about = [
      ...meanOf('fertility', 'ratio', fertility, trial, context),
      ...(usual === null
        ? []
        : [
            ...meanOf('unseen-words', 'proportion', usual.unseen, trial, context),
            ...meanOf('word-rank', 'ratio', usual['word-rank'], trial, context),
          ]),
    ];
    const { confidence } = trial;
    const answer = async (subject: Subject): Promise<Own> => ({
      subject,
      answers: answersOf(await trial.predictions(subject), trial.examples, subject.id),
      rarity: subject.task?.text === undefined ? ofOriginal : rarityOf(trial.examples, subject.task.text),
    });
    return everyone<Own>(trial, context, 'weighing uncommon words', answer, (own, baseline) => {
      const measurements: Measurement[] =
        own.rarity === ofOriginal
          ? [...about]
          : [
              ...meanOf(
                'fertility',
                'ratio',
                Float64Array.from(own.rarity, (one) => one.fertility),
                trial,
                context,
              ),
              ...about.filter(({ metric }) => metric !== 'fertility'),
            ];
      const flags = ({ rarity }: Own): Uint8Array => Uint8Array.from(rarity, ({ unknown }) => (unknown ? 1 : 0));
      const add = (one: Measurement, before: Uint8Array | null, now: Uint8Array): void => {
        measurements.push(
          before === null ? one : { ...one, versus: sharesVersus(before, now, confidence, 'examples') },
        );
      };
      const unknown = flags(own);
      add(shareOf('unknown-tokens', unknown, confidence), baseline === null ? null : flags(baseline), unknown);
      const moved = baseline === null ? null : rowDistances(baseline.answers, own.answers, own.subject.id);
      const missing = (metric: string, count: number): void => {
        const spec = this.metrics.find(({ id }) => id === metric)!;
        const remarks = [needed(count, 'texts with uncommon words'), whence];
        measurements.push(untold(spec, count, confidence, remarks, missed));
      };
      if (labelled && judgedOf(uncommon).length < fewestItems) missing('uncommon-accuracy', judgedOf(uncommon).length);
      if (moved !== null && uncommon.length < fewestItems)
        for (const metric of ['uncommon-flips', 'uncommon-kl']) missing(metric, uncommon.length);
      for (const { slice, rows } of parts) {
        const judged = judgedOf(rows);
        const rightOf = ({ answers }: Own): Uint8Array =>
          Uint8Array.from(judged, (row) => (answers.predicted[row] === truth[row] ? 1 : 0));
        if (judged.length >= fewestItems) {
          const right = rightOf(own);
          const measured = shareOf('uncommon-accuracy', right, confidence, slice);
          add(
            slice === undefined ? { ...measured, ...notes } : measured,
            baseline === null ? null : rightOf(baseline),
            right,
          );
        }
        if (moved === null) continue;
        const changed = Uint8Array.from(rows, (row) => 1 - moved.same[row]!);
        measurements.push(shareOf('uncommon-flips', changed, confidence, slice));
        const kl = Float64Array.from(rows, (row) => moved.kl[row]!);
        measurements.push(...meanOf('uncommon-kl', 'nats', kl, trial, context, slice));
      }
      if (moved !== null) {
        const rows = [...fertility.keys()].filter((row) => !Number.isNaN(fertility[row]!));
        const changed = Uint8Array.from(rows, (row) => 1 - moved.same[row]!);
        const x = Float64Array.from(rows, (row) => fertility[row]!);
        // The same draws for every version.
        const slope = slopeOf(x, changed, confidence, replicates, context.random('robustness/uncommon-words slope'));
        if (slope !== null)
          measurements.push({ metric: 'uncommon-slope', unit: 'score', ...slope, confidence, samples: rows.length });
        else
          context.log(
            'debug',
            `${own.subject.id}: no slope of changed answers: fewer than ${fewestOutcomes} changed or kept, or all texts alike`,
          );
      }
      return measurements;
    });
  },
});
