import { expect, test } from 'vitest';
import { glueTasks } from './glue.ts';

test('tasks, labels in id order, metrics and rows are those of the benchmark', () => {
  expect(Object.fromEntries(glueTasks.map(({ id, labels, metrics, rows }) => [id, [labels, metrics, rows]]))).toEqual({
    'glue/cola': [['unacceptable', 'acceptable'], ['matthews'], 1043],
    'glue/sst2': [['negative', 'positive'], ['accuracy'], 872],
    'glue/mrpc': [['not_equivalent', 'equivalent'], ['accuracy', 'f1'], 408],
    'glue/qqp': [['not_duplicate', 'duplicate'], ['accuracy', 'f1'], 40_430],
    'glue/stsb': [[], ['pearson', 'spearman'], 1500],
    'glue/mnli': [['entailment', 'neutral', 'contradiction'], ['accuracy'], 9815],
    'glue/mnli-mm': [['entailment', 'neutral', 'contradiction'], ['accuracy'], 9832],
    'glue/qnli': [['entailment', 'not_entailment'], ['accuracy'], 5463],
    'glue/rte': [['entailment', 'not_entailment'], ['accuracy'], 277],
    'glue/wnli': [['not_entailment', 'entailment'], ['accuracy'], 71],
    'glue/ax': [['entailment', 'neutral', 'contradiction'], ['matthews'], 1104],
  });
});

test('the official files hold every field', () => {
  for (const { id, fields, tsv } of glueTasks)
    for (const layout of tsv!) expect(Object.keys(layout.fields).toSorted(), id).toEqual(fields.toSorted());
});
