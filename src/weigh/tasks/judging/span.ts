import { SteelyardError, type Example, type Judging, type MetricSpec, type Span } from '../../../contracts/index.ts';
import { clustersOf } from '../../../statistics/index.ts';
import { normalizeAnswer } from '../../suites/squad.ts';
import { share, totalOf, summing } from './sums.ts';

const higher = { unit: 'proportion', better: 'higher', versus: 'difference' } as const;
export const spanMetrics: readonly MetricSpec[] = [
  {
    id: 'exact-match',
    title: 'Exact match',
    ...higher,
    definition:
      'Share of questions whose answer is one of the accepted ones, without case, punctuation, articles and white space (SQuAD).',
  },
  {
    id: 'answer-f1',
    title: 'Answer F1',
    ...higher,
    definition:
      'Mean over questions of the F1 of the words that the answer shares with the nearest accepted one (SQuAD).',
  },
];

/** F1 of two answers as bags of normalized words; where one is empty: 1 when both are. Source: SQuAD 2.0’s evaluation script (Rajpurkar et al. 2018). */
export const answerF1 = (given: string, accepted: string): number => {
  const [a, b] = [normalizeAnswer(given).split(' '), normalizeAnswer(accepted).split(' ')];
  if (a[0] === '' || b[0] === '') return a[0] === b[0] ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of a) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared += 1;
  }
  return (2 * shared) / (a.length + b.length);
};

const goldOf = (example: Example): readonly string[] | null =>
  Array.isArray(example.gold) ? (example.gold as readonly string[]) : null;

/** Accepted answers that say something; none: the empty answer is the right one. */
const accepted = (gold: readonly string[]): readonly string[] => {
  const some = gold.filter((text) => normalizeAnswer(text) !== '');
  return some.length === 0 ? [''] : some;
};

/** Pieces of a text against the accepted answers; questions about one text are drawn together. `abstains`: whether "no answer" can be given.
 *  Errors: `task/gold`. */
export const judgeSpans = (abstains: boolean): Judging => ({
  metrics: spanMetrics,
  check(examples, where) {
    const lost = examples.find((example) => {
      const gold = goldOf(example);
      return gold !== null && gold.length > 0 && gold.every((text) => !(example.pair ?? '').includes(text));
    });
    if (lost !== undefined)
      throw new SteelyardError(
        'task/gold',
        `${where}: no accepted answer of example ${lost.id} stands in its text: "${(goldOf(lost)![0] ?? '').slice(0, 60)}"`,
        'answers are pieces of the text, letter for letter',
      );
  },
  judge(examples, predictions) {
    const rows = [...examples.keys()].filter((row) => goldOf(examples[row]!) !== null);
    const counts = new Float64Array(rows.length * 2);
    const right = new Uint8Array(rows.length);
    let unanswerable = 0;
    for (const [at, row] of rows.entries()) {
      const golds = accepted(goldOf(examples[row]!)!);
      if (golds[0] === '') unanswerable += 1;
      const { text } = predictions.answers![row] as Span;
      right[at] = golds.some((gold) => normalizeAnswer(gold) === normalizeAnswer(text)) ? 1 : 0;
      counts[2 * at] = right[at]!;
      counts[2 * at + 1] = Math.max(...golds.map((gold) => answerF1(text, gold)));
    }
    const clusters = clustersOf(rows.map((row) => examples[row]!.pair ?? ''));
    const summed = summing(counts, 2);
    const values = (weights?: ArrayLike<number>): Float64Array => {
      const total = totalOf(rows.length, weights);
      return summed(weights).map((sum) => share(sum, total));
    };
    return {
      rows,
      values,
      right,
      clusters,
      ...(unanswerable > 0 && !abstains
        ? {
            caveat: `${unanswerable} questions have no answer, and this task always gives one: set task.no-answer-threshold`,
          }
        : {}),
    };
  },
  changed: (before, after, row) => (before.answers![row] as Span).text !== (after.answers![row] as Span).text,
});
