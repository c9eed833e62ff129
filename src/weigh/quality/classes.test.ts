import { expect, test } from 'vitest';
import { tooFew } from '../../contracts/index.ts';
import { madeUp, weighed } from '../robustness/testing/trial.ts';
import { classes } from './classes.ts';

const labels = ['refund', 'delivery', 'rare'];
const rows = Array.from({ length: 104 }, (_, at): [string, string] =>
  at < 60 ? [`refund ${at}`, 'refund'] : at < 100 ? [`delivery ${at}`, 'delivery'] : [`rare ${at}`, 'rare'],
);
const scores = (label: string): number[] => labels.map((one) => (one === label ? 1 : 0));
const first = (text: string): string => text.split(' ')[0]!;
const minds = {
  baseline: (text: string) => scores(first(text)),
  // Gives up every other delivery for a refund.
  greedy: (text: string) =>
    scores(first(text) === 'delivery' && Number(text.split(' ')[1]) % 2 === 0 ? 'refund' : first(text)),
};

test('a class that is given up: found less often, and the class that took it is less often right', async () => {
  const of = await weighed(classes, madeUp(labels, rows, minds));
  const lost = of('greedy', 'class-recall', 'class=delivery')!;
  expect(lost).toMatchObject({ value: 0.5, samples: 40 });
  expect(lost.versus).toMatchObject({ value: -0.5, evidence: { onlyBaselineRight: 20, onlyCandidateRight: 0 } });
  expect(lost.versus!.high).toBeLessThan(0);
  expect(lost.versus!.method).toContain('for 2 classes together');
  expect(of('greedy', 'class-recall', 'class=refund')!.versus).toMatchObject({ value: 0 });
  expect(of('greedy', 'class-precision', 'class=refund')).toMatchObject({ value: 0.75, samples: 80 });
  // 20 answers are too few for a share.
  expect(of('greedy', 'class-precision', 'class=delivery')).toBeUndefined();
  expect(of('greedy', 'classes-compared')!.refused).toContainEqual(tooFew('class=delivery', 20, 'answer'));
  expect(of('baseline', 'class-precision', 'class=delivery')).toMatchObject({ value: 1, samples: 40 });
  expect(of('baseline', 'class-recall', 'class=delivery')!.versus).toBeUndefined();
});

test('a class that is too small is named and not reported', async () => {
  const of = await weighed(classes, madeUp(labels, rows, minds));
  expect(of('baseline', 'classes-compared')).toMatchObject({
    value: 2,
    refused: [tooFew('class=rare', 4)],
  });
  expect(of('baseline', 'class-recall', 'class=rare')).toBeUndefined();
});

test('a class that is never answered has no precision; without right answers there is nothing', async () => {
  const blind = { baseline: () => scores('refund') };
  const of = await weighed(classes, madeUp(labels, rows, blind));
  expect(of('baseline', 'class-recall', 'class=delivery')).toMatchObject({ value: 0 });
  expect(of('baseline', 'class-precision', 'class=delivery')).toBeUndefined();
  const unlabelled = await weighed(
    classes,
    madeUp(
      labels,
      rows.map(([text]) => [text, null]),
      blind,
    ),
  );
  expect(unlabelled('baseline', 'classes-compared')).toMatchObject({ value: 0, samples: 0 });
});
