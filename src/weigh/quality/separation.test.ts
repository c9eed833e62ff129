import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rank, separate } from './separation.ts';

interface Case {
  readonly name: string;
  readonly inside: number[];
  readonly outside: number[];
  readonly weights?: number[];
  readonly auroc: number;
  readonly aupr: number;
  readonly fpr95: number;
}
const { cases } = JSON.parse(readFileSync(new URL('fixtures/separation.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

test.each(cases)('golden: scikit-learn, $name', ({ inside, outside, weights, auroc, aupr, fpr95 }) => {
  const found = separate(rank(inside, outside), 0.95, weights === undefined ? undefined : Int32Array.from(weights));
  expect(found.auroc).toBeCloseTo(auroc, 12);
  expect(found.aupr).toBeCloseTo(aupr, 12);
  expect(found.fpr).toBeCloseTo(fpr95, 12);
});

test('weights count as copies would', () => {
  const [inside, outside] = [
    [0.9, 0.8, 0.4],
    [0.8, 0.3],
  ];
  const copies = separate(rank([0.9, 0.9, 0.4, 0.4, 0.4], [0.8, 0.3, 0.3]), 0.6);
  const weighted = separate(rank(inside!, outside!), 0.6, Int32Array.from([2, 0, 3, 1, 2]));
  for (const key of ['auroc', 'aupr', 'fpr'] as const) expect(weighted[key]).toBeCloseTo(copies[key], 12);
});

test('nothing above the other: half; all above: one', () => {
  expect(separate(rank([0.5, 0.5], [0.5]), 0.95)).toMatchObject({ auroc: 0.5, fpr: 1 });
  expect(separate(rank([0.9, 0.8], [0.1, 0.2]), 0.95)).toEqual({ auroc: 1, aupr: 1, fpr: 0 });
});
