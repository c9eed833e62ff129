import {
  SteelyardError,
  defineEvaluator,
  isSteelyardError,
  type Comparison,
  type Measurement,
  type MetricSpec,
  type Subject,
  type SubjectOutcome,
  type Trial,
  type Unit,
} from '../../contracts/index.ts';
import { bootstrap } from '../../statistics/index.ts';
import { answersOf, truthOf } from './answers.ts';
import { factsOf, figureIds, type Facts } from './calibration-facts.ts';
import { differenceInterval, ownInterval } from './calibration-intervals.ts';

/** Below this, binned errors say little. Source: HELM, calibration metrics ("at least about 300 examples"). */
const fewRows = 300;

const spec = (
  id: string,
  title: string,
  unit: Unit,
  better: MetricSpec['better'],
  definition: string,
  said: Pick<MetricSpec, 'noun'> = {},
): MetricSpec => ({ id, title, ...said, unit, better, versus: 'difference', definition });

const metrics = [
  spec(
    'ece',
    'Calibration error',
    'proportion',
    'lower',
    'How far confidence and accuracy lie apart, over 15 equally wide bins of confidence (Guo et al. 2017). Rough below about 300 examples.',
  ),
  spec(
    'ece-equal-mass',
    'Calibration error, equal bins',
    'proportion',
    'lower',
    'The same over 10 bins of equally many examples (HELM, ece_10_bin). Rough below about 300 examples.',
    { noun: 'calibration error with equal bins' },
  ),
  spec(
    'brier',
    'Brier score',
    'score',
    'lower',
    'Mean squared distance of all class probabilities from the right answer, 0 to 2 (Brier 1950; as in lm-evaluation-harness).',
    { noun: 'Brier score' },
  ),
  spec(
    'nll',
    'Surprise at the right answer',
    'nats',
    'lower',
    'Mean of −ln of the probability given to the right answer (negative log-likelihood).',
  ),
  spec(
    'selective-accuracy',
    'Selective accuracy',
    'proportion',
    'higher',
    'Accuracy when only the surest answers count, averaged over every share of answers (HELM, selective_cov_acc_area).',
  ),
  spec(
    'selective-accuracy-10',
    'Accuracy of the surest tenth',
    'proportion',
    'higher',
    'Accuracy of the tenth of the answers that the version is surest of (HELM, selective_acc@10).',
  ),
  spec(
    'temperature',
    'Best temperature',
    'score',
    'neither',
    'What scores must be divided by to fit best on a half of the examples drawn by seed: above 1 means too sure (Guo et al. 2017, §4.2).',
  ),
  spec(
    'ece-untempered',
    'Calibration error of the second half',
    'proportion',
    'lower',
    'Calibration error (15 bins) on the half of the examples that the temperature was not fitted on, as the version is.',
  ),
  spec(
    'ece-tempered',
    'Calibration error after tempering',
    'proportion',
    'lower',
    'Calibration error (15 bins) on the half that the temperature was not fitted on, after division by it: what one number could repair.',
  ),
  spec(
    'ece-one-bin',
    'Confidence against accuracy',
    'proportion',
    'lower',
    'How far mean confidence and accuracy lie apart over all examples, in one bin (HELM, ece_1_bin): too sure or too unsure on the whole.',
    { noun: 'gap between confidence and accuracy' },
  ),
] as const;

/** How sure a version is, and whether rightly: calibration error in two binnings, Brier score, likelihood, selective accuracy, and the temperature
 *  that fits best with what it would repair. A seed and each row's id say which half it is fitted on; the other half judges it.
 *  Intervals: bootstrap over examples with the same draws for every version. Calibration errors are lifted by chance, and more so in draws:
 *  see `ownInterval`.
 *  Rows without a right answer do not count. Errors: `task/labels`, `quality/rows`, `quality/unlabelled`, `task/not-finite`. */
export const calibration = defineEvaluator({
  id: 'quality/calibration',
  version: 2,
  title: 'How sure it is, and whether rightly',
  source: 'Guo et al. 2017; HELM (Liang et al. 2022); Brier 1950; Efron & Tibshirani 1993, §10',
  metrics,
  options: {
    replicates: {
      kind: 'integer',
      default: 1000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind each interval.',
    },
  },
  needs: { dataset: 'labelled', alone: false, answers: 'classes' },
  async evaluate(trial: Trial, { replicates }, context) {
    const truth = truthOf(trial);
    const rows = [...truth.keys()].filter((row) => truth[row]! >= 0);
    if (rows.length === 0)
      throw new SteelyardError(
        'quality/unlabelled',
        'no example has a right answer',
        'map the label column: data.columns.label',
      );
    const first = rows.map((row) => context.random(`quality/calibration half ${trial.examples[row]!.id}`).next() < 0.5);
    const outcomes = new Map<string, SubjectOutcome>();
    const facts = new Map<string, Facts>();
    const everyone: readonly Subject[] = [trial.baseline, ...trial.candidates];
    for (const subject of everyone) {
      context.signal.throwIfAborted();
      try {
        const predictions = answersOf(await trial.predictions(subject), trial.examples, subject.id);
        facts.set(subject.id, factsOf(predictions, rows, truth, first));
      } catch (error) {
        if (context.signal.aborted || subject.id === trial.baseline.id || !isSteelyardError(error)) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    const draws = new Map([...facts.keys()].map((id) => [id, figureIds.map(() => new Float64Array(replicates))]));
    let draw = 0;
    const drawAll = (weights: Int32Array): number => {
      if (draw % 50 === 0) {
        context.signal.throwIfAborted();
        context.progress({ label: 'weighing calibration', done: draw, total: replicates });
      }
      for (const [id, one] of facts) {
        const figures = one.figures(weights);
        for (const [at, values] of draws.get(id)!.entries()) values[draw] = figures[at]!;
      }
      return draw++;
    };
    const { confidence } = trial;
    bootstrap(rows.length, drawAll, { replicates, confidence, random: context.random('quality/calibration') });

    const judged = first.filter((one) => !one).length;
    const original = facts.get(trial.baseline.id)!.figures();
    const before = draws.get(trial.baseline.id)!;
    for (const [id, one] of facts) {
      const own = one.figures();
      const measurements = metrics.flatMap(({ id: metric, unit }, at): Measurement[] => {
        const value = own[at]!;
        if (Number.isNaN(value)) return [];
        const half = metric.endsWith('tempered');
        const samples = half
          ? judged
          : metric === 'temperature'
            ? rows.length - judged
            : metric === 'selective-accuracy-10'
              ? Math.floor(0.1 * rows.length) + 1
              : rows.length;
        const chance = one.chance[at]!;
        const caveats = [
          ...(chance !== null && samples < fewRows
            ? [`rough: ${samples} examples, calibration errors want about ${fewRows}`]
            : []),
          ...(metric === 'ece' && !one.tempered
            ? ['no temperature fits: half of the answers are all right or no better than chance']
            : []),
        ];
        const measured = {
          metric,
          unit,
          value,
          ...ownInterval(draws.get(id)![at]!, value, chance, confidence),
          confidence,
          samples,
          ...(caveats.length === 0 ? {} : { caveat: caveats.join('; ') }),
        };
        if (id === trial.baseline.id) return [measured];
        const difference = value - original[at]!;
        // No temperature fits the original: there is nothing to compare with.
        if (Number.isNaN(difference)) return [];
        const versus: Comparison = {
          kind: 'difference',
          value: difference,
          ...differenceInterval(draws.get(id)![at]!, before[at]!, difference, chance !== null, confidence),
          method: `paired bootstrap over ${samples.toLocaleString('en-US')} examples, ${replicates.toLocaleString('en-US')} draws`,
        };
        return [{ ...measured, versus }];
      });
      outcomes.set(id, { kind: 'measured', measurements });
    }
    return outcomes;
  },
});
