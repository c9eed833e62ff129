import { expect, test } from 'vitest';
import type { Kind } from './kinds.ts';
import { answerVariants, chooseRows, makeVariants, withoutIdle } from './variants.ts';
import { madeUp } from './testing/trial.ts';

const kind = (id: string, change: (text: string) => string): Kind => ({
  id,
  meaning: 'kept',
  change: (example) => {
    const text = change(example.text!);
    return text === example.text ? null : { ...example, id: `${example.id}#${id}`, text };
  },
});
const labels = ['no', 'yes'];
const says = (text: string): readonly number[] => (text.includes('yes') ? [0, 1] : [1, 0]);
const made = (seed = 1) =>
  madeUp(
    labels,
    [
      ['yes A', 'yes'],
      ['NO b', 'no'],
      ['yes c', null],
      ['YES d', 'yes'],
    ],
    { baseline: says },
    {},
    seed,
  );

test('chooses labelled texts by seed and id, whatever their order', () => {
  const { trial, context } = made();
  expect(chooseRows(trial, 10, context)).toEqual([0, 1, 3]);
  const two = chooseRows(trial, 2, context).map((row) => trial.examples[row]!.id);
  const turned = { ...trial, examples: trial.examples.toReversed() };
  const again = chooseRows(turned, 2, context).map((row) => turned.examples[row]!.id);
  expect(again.toSorted()).toEqual(two.toSorted());
  const choices = Array.from({ length: 20 }, (_, seed) => chooseRows(trial, 1, made(seed).context)[0]);
  expect(new Set(choices).size).toBe(3);
});

test('asks every changed text once, and unchanged ones not at all', async () => {
  const { trial, context, asked } = made();
  const kinds = [
    kind('lower', (text) => text.toLowerCase()),
    kind('also lower', (text) => text.toLowerCase()),
    kind('idle', (text) => text),
  ];
  const variants = makeVariants(trial, [0, 1, 3], kinds, context);
  expect(variants.kinds.map(({ changed }) => changed)).toEqual([3, 3, 0]);
  const outcome = await answerVariants(trial, trial.baseline, variants);
  expect(asked.get('baseline')!.map((some) => some.map(({ text }) => text))).toEqual([['yes a', 'no b', 'yes d']]);
  expect([...outcome.clean]).toEqual([1, 1, 0]);
  // Small letters make the fourth right: "YES d" was not understood, "yes d" is.
  expect([...outcome.kinds[0]!.right]).toEqual([1, 1, 1]);
  expect([...outcome.kinds[0]!.kept]).toEqual([1, 1, 0]);
  expect([...outcome.kinds[2]!.right]).toEqual([1, 1, 0]);
  expect(withoutIdle(variants)).toMatchObject({
    idle: ['idle'],
    variants: { kinds: [{ id: 'lower' }, { id: 'also lower' }] },
  });
});

test('nothing changed: nothing is asked', async () => {
  const { trial, context, asked } = made();
  await answerVariants(trial, trial.baseline, makeVariants(trial, [0], [kind('idle', (text) => text)], context));
  expect(asked.size).toBe(0);
});

test('a changed example may bring its own right answer', async () => {
  const { trial, context } = made();
  const contrast: Kind = {
    id: 'contrast',
    meaning: 'changed',
    change: (example) => ({ ...example, text: 'no', label: 'no' }),
  };
  const outcome = await answerVariants(trial, trial.baseline, makeVariants(trial, [0, 1], [contrast], context));
  expect([...outcome.kinds[0]!.right]).toEqual([1, 1]);
});

test('an unknown right answer is refused', () => {
  const { trial, context } = madeUp(labels, [['x', 'maybe']], { baseline: says });
  expect(() => makeVariants(trial, [0], [], context)).toThrow(expect.objectContaining({ code: 'task/labels' }));
});
