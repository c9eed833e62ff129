import { SteelyardError, type Example, type Judging, type MetricSpec } from '../../../contracts/index.ts';
import { f1Of, share, totalOf, summing } from './sums.ts';

const higher = { unit: 'proportion', better: 'higher', versus: 'difference' } as const;
export const labelMetrics: readonly MetricSpec[] = [
  {
    id: 'label-f1-micro',
    title: 'Micro F1 of labels',
    ...higher,
    definition: 'Harmonic mean of precision and recall over all given labels (scikit-learn, average="micro").',
  },
  {
    id: 'label-f1-macro',
    title: 'Macro F1 of labels',
    ...higher,
    definition: 'Mean F1 over all labels of the model, 0 for those that never occur (scikit-learn, average="macro").',
  },
  {
    id: 'subset-accuracy',
    title: 'Exactly right label sets',
    noun: 'share of exactly right label sets',
    found: '{} of the label sets are exactly right',
    ...higher,
    definition: 'Share of examples that get exactly the right labels.',
  },
  {
    id: 'hamming-loss',
    title: 'Hamming loss',
    noun: 'Hamming loss',
    ...higher,
    better: 'lower',
    definition: 'Share of all decisions, one per example and label, that are wrong.',
  },
  {
    id: 'label-ranking',
    title: 'Label ranking precision',
    ...higher,
    definition:
      'Mean, over the right labels of an example, of the share of right labels among those scored as high (scikit-learn, label_ranking_average_precision_score).',
  },
];

const goldOf = (example: Example): readonly string[] | null =>
  Array.isArray(example.gold) ? (example.gold as readonly string[]) : null;

/** Label ranking average precision of one example: 1 when no label or every label is right. Source: scikit-learn. */
export const rankingPrecision = (scores: ArrayLike<number>, from: number, right: readonly boolean[]): number => {
  const truths = right.flatMap((one, label) => (one ? [label] : []));
  if (truths.length === 0 || truths.length === right.length) return 1;
  let all = 0;
  for (const label of truths) {
    const own = scores[from + label]!;
    let [above, rightAbove] = [0, 0];
    for (let other = 0; other < right.length; other++) {
      if (scores[from + other]! < own) continue;
      above += 1;
      if (right[other]!) rightAbove += 1;
    }
    all += rightAbove / above;
  }
  return all / truths.length;
};

/** Sets of labels. Counts per example: for each label right, given, true; then set exactly right, wrong decisions, ranking. Errors: `task/labels`. */
export const judgeLabels = (labels: readonly string[]): Judging => {
  const indexOf = new Map(labels.map((name, index) => [name, index]));
  return {
    metrics: labelMetrics,
    check(examples, where) {
      const strange = new Set(
        examples.flatMap((example) => goldOf(example) ?? []).filter((name) => !indexOf.has(name)),
      );
      if (strange.size > 0)
        throw new SteelyardError(
          'task/labels',
          `${where}: labels that the model does not know: ${[...strange].slice(0, 8).join(', ')}; it knows: ${labels.slice(0, 20).join(', ')}`,
          'rename the labels in the data, or map the model’s classes with task.labels',
        );
    },
    judge(examples, predictions) {
      const classes = labels.length;
      const rows = [...examples.keys()].filter((row) => goldOf(examples[row]!) !== null);
      const width = 3 * classes + 3;
      const counts = new Float64Array(rows.length * width);
      const right = new Uint8Array(rows.length);
      for (const [at, row] of rows.entries()) {
        const truth = new Set(goldOf(examples[row]!));
        const given = new Set(predictions.answers![row] as readonly string[]);
        const base = at * width;
        let wrong = 0;
        for (const [label, name] of labels.entries()) {
          const [expected, got] = [truth.has(name), given.has(name)];
          if (expected && got) counts[base + 3 * label] = 1;
          if (got) counts[base + 3 * label + 1] = 1;
          if (expected) counts[base + 3 * label + 2] = 1;
          if (expected !== got) wrong += 1;
        }
        right[at] = wrong === 0 ? 1 : 0;
        counts[base + width - 3] = right[at]!;
        counts[base + width - 2] = wrong;
        counts[base + width - 1] = rankingPrecision(
          predictions.scores,
          row * classes,
          labels.map((name) => truth.has(name)),
        );
      }
      const summed = summing(counts, width);
      const values = (weights?: ArrayLike<number>): Float64Array => {
        const sums = summed(weights);
        const total = totalOf(rows.length, weights);
        let [hits, given, truth, all] = [0, 0, 0, 0];
        for (let label = 0; label < classes; label++) {
          const [a, b, c] = [sums[3 * label]!, sums[3 * label + 1]!, sums[3 * label + 2]!];
          hits += a;
          given += b;
          truth += c;
          all += f1Of(a, b, c);
        }
        return Float64Array.of(
          f1Of(hits, given, truth),
          all / classes,
          share(sums[width - 3]!, total),
          share(sums[width - 2]!, total * classes),
          share(sums[width - 1]!, total),
        );
      };
      return { rows, values, right };
    },
    changed(before, after, row) {
      const [a, b] = [before.answers![row] as readonly string[], after.answers![row] as readonly string[]];
      return a.length !== b.length || a.some((name) => !b.includes(name));
    },
  };
};
