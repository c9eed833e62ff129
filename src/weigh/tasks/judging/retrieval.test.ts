import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Predictions } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { judgeRetrieval, rankingOf } from './retrieval.ts';

/** Made with scikit-learn 1.9 (ndcg_score) on rankings without ties. */
const golden = (
  JSON.parse(readFileSync(new URL('./fixtures/sklearn-golden.json', import.meta.url), 'utf8')) as {
    ndcg: { grades: number[]; k: number; value: number }[];
  }
).ndcg;

test('nDCG as scikit-learn', () => {
  for (const { grades, k, value } of golden) {
    const ids = grades.map((_, at) => `d${at}`);
    expect(rankingOf(ids, Object.fromEntries(ids.map((id, at) => [id, grades[at]!])), k)[0]).toBeCloseTo(value, 10);
  }
});

test('recall and reciprocal rank look at the first k', () => {
  const grades = { a: 1, b: 2, c: 1 };
  expect(rankingOf(['x', 'a', 'y', 'b'], grades, 3).slice(1)).toEqual([1 / 3, 0.5]);
  expect(rankingOf(['x', 'y', 'z', 'b'], grades, 3)).toEqual([0, 0, 0]);
});

const documents = [
  [1, 0],
  [0, 2],
  [3, 3],
].map((_, at) => exampleOf({ id: `d${at}`, document: true, text: 'd' }));
const queries = [exampleOf({ id: 'q', text: 'q', gold: { d0: 1 } })];
const predictions: Predictions = {
  labels: [],
  predicted: new Int32Array(),
  scores: Float32Array.of(1, 0.1, 1, 0, 0, 2, 3, 3),
  sizes: Int32Array.of(2, 2, 2, 2),
  truncated: 0,
};

test('cosine looks at directions, the dot product at lengths too', () => {
  const all = [...queries, ...documents];
  const cosine = judgeRetrieval(1, 'cosine').judge(all, predictions, predictions);
  expect(cosine.rows).toEqual([0]);
  expect([...cosine.values()]).toEqual([1, 1, 1]);
  expect([...judgeRetrieval(1, 'dot').judge(all, predictions, predictions).values()]).toEqual([0, 0, 0]);
  expect([...judgeRetrieval(2, 'dot').judge(all, predictions, predictions).values()]).toEqual([
    expect.closeTo(1 / Math.log2(3), 12),
    1,
    0.5,
  ]);
});

test('refuses data without documents, and queries for which nothing can be found', () => {
  const judging = judgeRetrieval(10, 'cosine');
  judging.check([...queries, ...documents], 'data');
  expect(() => judging.check(queries, 'data')).toThrowError(/no documents/);
  expect(() => judging.check([exampleOf({ gold: { nowhere: 1 } }), ...documents], 'data')).toThrowError(/"nowhere"/);
  expect(() => judging.check([exampleOf({ gold: { d1: 0 } }), ...documents], 'data')).toThrowError(/no relevant/);
});
