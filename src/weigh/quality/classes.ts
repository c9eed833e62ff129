import {
  defineEvaluator,
  fewestItems,
  noted,
  tooFew,
  type Measurement,
  type Predictions,
} from '../../contracts/index.ts';
import { tangoInterval, wilson } from '../../statistics/index.ts';
import { everyone } from '../robustness/everyone.ts';
import { answersOf, pairsOf, pick, truthOf } from './answers.ts';

/** The answers class by class: how many examples of each class are found, and how many of its answers are right. A version can keep its accuracy and
 *  give up a class. Intervals against the original: Tango on the same rows, for all classes together (Bonferroni). Largest losses first.
 *  Classes with fewer than 30 examples are refused by name. Errors: `task/labels`, `quality/rows`, `task/not-finite`. */
export const classes = defineEvaluator({
  id: 'quality/classes',
  version: 2,
  title: 'Answers by class',
  source: 'precision and recall; Wilson 1927; Tango 1998; Bonferroni',
  metrics: [
    {
      id: 'classes-compared',
      title: 'Classes compared',
      noun: 'number of classes compared',
      unit: 'count',
      better: 'neither',
      versus: 'none',
      definition: 'Classes with at least 30 examples, enough to say something about; the others are named.',
    },
    {
      id: 'class-recall',
      title: 'Found of a class',
      noun: 'share of a class’s examples that are found',
      found: '{} of the examples are found',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Share of the examples of each class that get this class as answer (recall); the intervals against the original hold for all classes together (Bonferroni).',
    },
    {
      id: 'class-precision',
      title: 'Right among the answers of a class',
      noun: 'share of a class’s answers that are right',
      found: '{} of the answers are right',
      unit: 'proportion',
      better: 'higher',
      versus: 'none',
      definition: 'Share of the answers of each class that are right (precision).',
    },
  ],
  options: {},
  needs: { dataset: 'labelled', alone: false, answers: 'classes' },
  async evaluate(trial, _options, context) {
    const { labels } = trial.task;
    const { confidence, examples } = trial;
    const truth = truthOf(trial);
    const labelled = [...truth.keys()].filter((row) => truth[row]! >= 0);
    const byClass = labels.map((_, index) => labelled.filter((row) => truth[row] === index));
    const large = [...labels.keys()].filter((index) => byClass[index]!.length >= fewestItems);
    const small = [...labels.keys()].filter((index) => !large.includes(index) && byClass[index]!.length > 0);
    const refused = small.map((index) => tooFew(`class=${labels[index]!}`, byClass[index]!.length));
    const together = 1 - (1 - confidence) / Math.max(1, large.length);
    const count: Measurement = {
      metric: 'classes-compared',
      unit: 'count',
      value: large.length,
      low: large.length,
      high: large.length,
      confidence,
      samples: labelled.length,
    };
    const answer = async (subject: (typeof trial)['baseline']): Promise<Predictions> =>
      answersOf(await trial.predictions(subject), examples, subject.id);
    return everyone<Predictions>(trial, context, 'weighing quality by class', answer, (own, baseline) => {
      const recalls = large.map((index): Measurement => {
        const rows = byClass[index]!;
        const after = pick(truth, own.predicted, rows, labels.length);
        const found = rows.filter((row) => own.predicted[row] === index).length;
        const evidence =
          baseline === null ? null : pairsOf(pick(truth, baseline.predicted, rows, labels.length), after);
        const n = rows.length;
        const base = {
          metric: 'class-recall',
          unit: 'proportion' as const,
          slice: `class=${labels[index]!}`,
          value: found / n,
          ...wilson(found, n, confidence),
          confidence,
          samples: n,
        };
        if (evidence === null) return base;
        const [b, c] = [evidence.onlyBaselineRight, evidence.onlyCandidateRight];
        const method = `Tango score interval on ${n.toLocaleString('en-US')} paired answers, for ${large.length} classes together (Bonferroni)`;
        return {
          ...base,
          versus: { kind: 'difference', value: (c - b) / n, ...tangoInterval({ b, c, n }, together), evidence, method },
        };
      });
      const precisions = large.flatMap((index): Measurement[] => {
        const given = labelled.filter((row) => own.predicted[row] === index);
        const right = given.filter((row) => truth[row] === index).length;
        return given.length < fewestItems
          ? []
          : [
              {
                metric: 'class-precision',
                unit: 'proportion',
                slice: `class=${labels[index]!}`,
                value: right / given.length,
                ...wilson(right, given.length, confidence),
                confidence,
                samples: given.length,
              },
            ];
      });
      const loss = ({ versus, value }: Measurement): number => versus?.value ?? value;
      const rare = large
        .map((index) => [labels[index]!, labelled.filter((row) => own.predicted[row] === index).length] as const)
        .filter(([, given]) => given < fewestItems)
        .map(([label, given]) => tooFew(`class=${label}`, given, 'answer'));
      return [
        { ...count, ...noted([], [...refused, ...rare]) },
        ...recalls.toSorted((a, b) => loss(a) - loss(b)),
        ...precisions,
      ];
    });
  },
});
