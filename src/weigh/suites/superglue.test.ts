import { expect, test } from 'vitest';
import { superglueTasks } from './superglue.ts';

test('tasks, labels in id order, metrics and rows are those of the benchmark', () => {
  const [boolean, entails] = [['False', 'True'], ['entailment', 'not_entailment']]; // prettier-ignore
  expect(
    Object.fromEntries(superglueTasks.map(({ id, labels, metrics, rows }) => [id, [labels, metrics, rows]])),
  ).toEqual({
    'superglue/boolq': [boolean, ['accuracy'], 3270],
    'superglue/cb': [['entailment', 'contradiction', 'neutral'], ['accuracy', 'f1-macro'], 56],
    'superglue/copa': [['choice1', 'choice2'], ['accuracy'], 100],
    'superglue/multirc': [boolean, ['f1a', 'em'], 4848],
    'superglue/record': [[], ['token-f1', 'em'], 10_000],
    'superglue/rte': [entails, ['accuracy'], 277],
    'superglue/wic': [boolean, ['accuracy'], 638],
    'superglue/wsc': [boolean, ['accuracy'], 104],
    'superglue/axb': [entails, ['matthews'], 1104],
    'superglue/axg': [entails, ['accuracy', 'gender-parity'], 356],
  });
});

test('what belongs together', () => {
  expect(superglueTasks.flatMap(({ id, cluster }) => (cluster === undefined ? [] : [[id, cluster]]))).toEqual([
    ['superglue/multirc', 'question'],
    ['superglue/record', 'passage'],
    ['superglue/axg', 'pair'],
  ]);
});
