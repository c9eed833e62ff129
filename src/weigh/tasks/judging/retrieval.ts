import {
  SteelyardError,
  type Example,
  type Judging,
  type MetricSpec,
  type Predictions,
} from '../../../contracts/index.ts';
import { share, totalOf, summing } from './sums.ts';

const higher = { unit: 'proportion', better: 'higher', versus: 'difference' } as const;
export const retrievalMetrics: readonly MetricSpec[] = [
  {
    id: 'ndcg',
    title: 'nDCG at k',
    ...higher,
    definition:
      'Mean over queries of Σ grade ÷ log₂(rank + 1) over the first k documents, divided by the best that is possible (Järvelin & Kekäläinen 2002, grades as they are).',
  },
  {
    id: 'recall-at-k',
    title: 'Recall at k',
    ...higher,
    definition: 'Mean over queries of the share of relevant documents that are among the first k.',
  },
  {
    id: 'mrr',
    title: 'Reciprocal rank at k',
    ...higher,
    definition: 'Mean over queries of 1 ÷ rank of the first relevant document, 0 where none is among the first k.',
  },
];

const gradesOf = ({ gold, document }: Example): Readonly<Record<string, number>> | null =>
  document === true || typeof gold !== 'object' || Array.isArray(gold) || 'outputs' in gold
    ? null
    : (gold as Readonly<Record<string, number>>);

/** Where each example's vector starts, and how long all of them are. Errors: `task/output` when they differ. */
const vectorsOf = ({
  scores,
  sizes,
}: Predictions): { readonly at: (row: number) => number; readonly width: number; readonly scores: Float32Array } => {
  const width = sizes![0] ?? 0;
  if (sizes!.some((size) => size !== width)) throw new SteelyardError('task/output', 'the embeddings differ in length');
  return { at: (row) => row * width, width, scores };
};

/** The k documents most like a query, best first; of equals the first in the corpus. */
const search = (
  { scores, width, at }: ReturnType<typeof vectorsOf>,
  query: number,
  documents: readonly number[],
  norms: Float64Array,
  k: number,
): readonly number[] => {
  const best: { readonly row: number; readonly score: number }[] = [];
  const from = at(query);
  for (const row of documents) {
    const to = at(row);
    let product = 0;
    for (let i = 0; i < width; i++) product += scores[from + i]! * scores[to + i]!;
    const score = product / norms[row]!;
    if (best.length === k && score <= best[k - 1]!.score) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.score < score) place -= 1;
    best.splice(place, 0, { row, score });
    if (best.length > k) best.pop();
  }
  return best.map(({ row }) => row);
};

/** nDCG, recall and reciprocal rank of one ranking. Source: trec_eval (ndcg_cut, recall, recip_rank), with grades above 0 as relevant. */
export const rankingOf = (
  ids: readonly string[],
  grades: Readonly<Record<string, number>>,
  k: number,
): readonly [number, number, number] => {
  const relevant = Object.values(grades).filter((grade) => grade > 0);
  const discount = (rank: number): number => 1 / Math.log2(rank + 2);
  const ideal = relevant
    .toSorted((a, b) => b - a)
    .slice(0, k)
    .reduce((sum, grade, rank) => sum + grade * discount(rank), 0);
  let [gain, found, first] = [0, 0, 0];
  for (const [rank, id] of ids.slice(0, k).entries()) {
    const grade = Object.hasOwn(grades, id) ? grades[id]! : 0;
    if (grade <= 0) continue;
    gain += grade * discount(rank);
    found += 1;
    if (first === 0) first = 1 / (rank + 1);
  }
  return [share(gain, ideal), share(found, relevant.length), first];
};

/** Queries among a corpus of documents that stand in the same data. Errors: `task/gold` (no corpus, unknown or no relevant documents). */
export const judgeRetrieval = (k: number, similarity: 'cosine' | 'dot'): Judging => ({
  metrics: retrievalMetrics,
  check(examples, where) {
    const documents = new Set(examples.flatMap(({ id, document }) => (document === true ? [id] : [])));
    if (documents.size === 0)
      throw new SteelyardError(
        'task/gold',
        `${where}: there are no documents to search`,
        'name them in the scenario: data.corpus',
      );
    for (const example of examples) {
      const grades = gradesOf(example);
      if (grades === null) continue;
      const lost = Object.keys(grades).find((id) => !documents.has(id));
      if (lost !== undefined)
        throw new SteelyardError(
          'task/gold',
          `${where}: query ${example.id} names the document "${lost}", which is not in the corpus`,
          'map the corpus’s id column: data.corpus: { path: …, columns: { id: … } }',
        );
      if (!Object.values(grades).some((grade) => grade > 0))
        throw new SteelyardError(
          'task/gold',
          `${where}: query ${example.id} has no relevant document`,
          'remove it: nothing can be found for it',
        );
    }
  },
  judge(examples, predictions) {
    const rows = [...examples.keys()].filter((row) => gradesOf(examples[row]!) !== null);
    const documents = [...examples.keys()].filter((row) => examples[row]!.document === true);
    const vectors = vectorsOf(predictions);
    const norms = new Float64Array(examples.length).fill(1);
    if (similarity === 'cosine')
      for (const row of documents) {
        let sum = 0;
        for (let i = 0; i < vectors.width; i++) sum += vectors.scores[vectors.at(row) + i]! ** 2;
        norms[row] = Math.sqrt(sum) || 1;
      }
    const counts = new Float64Array(rows.length * 3);
    for (const [at, row] of rows.entries()) {
      const found = search(vectors, row, documents, norms, k).map((document) => examples[document]!.id);
      counts.set(rankingOf(found, gradesOf(examples[row]!)!, k), at * 3);
    }
    const summed = summing(counts, 3);
    return {
      rows,
      values(weights) {
        const total = totalOf(rows.length, weights);
        return summed(weights).map((sum) => share(sum, total));
      },
    };
  },
});
