import { expect, test } from 'vitest';
import { madeUp, weighed } from './testing/trial.ts';
import { typos } from './typos.ts';

const labels = ['a', 'b'];
const rows = Array.from({ length: 60 }, (_, at): [string, string] =>
  at % 2 === 0
    ? [`please cancel the delivery of my order ${at}`, 'a']
    : [`I would like to receive the invoice number ${at}`, 'b'],
);
const minds = {
  baseline: (text: string) => (/ca|del|ord/i.test(text) ? [1, 0] : [0, 1]),
  brittle: (text: string) => (/cancel the delivery/.test(text) ? [1, 0] : [0, 1]),
};

test('three kinds of typing errors, their mean, and less than three answers an example', async () => {
  const made = madeUp(labels, rows, minds);
  const of = await weighed(typos, made, { strength: 5, replicates: 500 });
  const slices = ['kind=typo', 'kind=misspelling', 'kind=swap'].map((slice) => of('brittle', 'typo-accuracy', slice)!);
  const mean = slices.reduce((sum, { value }) => sum + value, 0) / 3;
  expect(of('brittle', 'typo-accuracy')!.value).toBeCloseTo(mean, 12);
  expect(of('brittle', 'typo-accuracy')!.versus!.high).toBeLessThan(0);
  for (const one of slices) expect(one.versus!.evidence.kind).toBe('pairs');
  expect(made.asked.get('brittle')![0]!.length).toBeLessThan(3 * rows.length);
});

test('the keyboard can be another', async () => {
  const of = await weighed(typos, madeUp(labels, rows, minds), { keyboard: 'azerty', strength: 5, replicates: 200 });
  expect(of('baseline', 'typo-accuracy', 'kind=typo-azerty')).toBeDefined();
});

test('texts without a word to mistype claim nothing', async () => {
  const made = madeUp(
    labels,
    [
      ['12 34', 'a'],
      ['¿?', 'b'],
    ],
    minds,
  );
  expect((await weighed(typos, made, { replicates: 200 }))('baseline', 'typo-accuracy')).toBeUndefined();
  expect(made.logged[0]).toContain('change none of 2 texts');
});
