import { join } from 'node:path';
import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn, findAnswers, findGold, isFolder } from './find.ts';
import { folder, put, taskOf } from './testing/files.ts';

const filled = async (...names: string[]): Promise<string> => {
  const at = await folder();
  for (const name of names) await put(join(at, name), 'x\n');
  return at;
};
const gold = async (at: string, id: string): Promise<string | null> => {
  const path = findGold(taskOf(id), at, await filesIn(at));
  return path === null ? null : relative(at, path).replaceAll('\\', '/');
};
const answers = async (at: string, id: string): Promise<string | null> => {
  const path = findAnswers(taskOf(id), at, await filesIn(at));
  return path === null ? null : relative(at, path).replaceAll('\\', '/');
};

test('the folders of the official archives', async () => {
  const at = await filled('CoLA/dev.tsv', 'CoLA/train.tsv', 'CoLA/test.tsv', 'SST-2/dev.tsv', 'MNLI/dev_matched.tsv',
    'MNLI/dev_mismatched.tsv', 'MNLI/diagnostic.tsv', 'MNLI/diagnostic-full.tsv', 'STS-B/dev.tsv', 'WNLI/dev.tsv', 'RTE/test.tsv'); // prettier-ignore
  expect(await gold(at, 'glue/cola')).toBe('CoLA/dev.tsv');
  expect(await gold(at, 'glue/sst2')).toBe('SST-2/dev.tsv');
  expect(await gold(at, 'glue/mnli')).toBe('MNLI/dev_matched.tsv');
  expect(await gold(at, 'glue/mnli-mm')).toBe('MNLI/dev_mismatched.tsv');
  expect(await gold(at, 'glue/ax')).toBe('MNLI/diagnostic-full.tsv');
  expect(await gold(at, 'glue/stsb')).toBe('STS-B/dev.tsv');
  expect(await gold(at, 'glue/rte')).toBeNull();
  const other = await filled(
    'BoolQ/val.jsonl',
    'BoolQ/test.jsonl',
    'AX-b/AX-b.jsonl',
    'AX-g/AX-g.jsonl',
    'WSC/val.jsonl',
  );
  expect(await gold(other, 'superglue/boolq')).toBe('BoolQ/val.jsonl');
  expect(await gold(other, 'superglue/axb')).toBe('AX-b/AX-b.jsonl');
  expect(await gold(other, 'superglue/axg')).toBe('AX-g/AX-g.jsonl');
  expect(await gold(other, 'superglue/wsc')).toBe('WSC/val.jsonl');
});

test('the hub’s copies', async () => {
  const at = await filled('sst2/validation-00000-of-00001.parquet', 'sst2/train-00000-of-00001.parquet',
    'mnli/validation_matched-00000-of-00001.parquet', 'mnli/validation_mismatched-00000-of-00001.parquet',
    'boolq/validation/0000.parquet', 'boolq/train/0000.parquet', 'wsc.fixed/validation/0000.parquet', 'axg/test/0000.parquet',
    'adv_sst2/validation-00000-of-00001.parquet', 'qqp-validation-00000-of-00001.parquet', 'qnli-train-00000-of-00001.parquet'); // prettier-ignore
  expect(await gold(at, 'glue/sst2')).toBe('sst2/validation-00000-of-00001.parquet');
  expect(await gold(at, 'glue/mnli')).toBe('mnli/validation_matched-00000-of-00001.parquet');
  expect(await gold(at, 'glue/mnli-mm')).toBe('mnli/validation_mismatched-00000-of-00001.parquet');
  expect(await gold(at, 'superglue/boolq')).toBe('boolq/validation/0000.parquet');
  expect(await gold(at, 'superglue/wsc')).toBe('wsc.fixed/validation/0000.parquet');
  expect(await gold(at, 'superglue/axg')).toBe('axg/test/0000.parquet');
  expect(await gold(at, 'advglue/sst2')).toBe('adv_sst2/validation-00000-of-00001.parquet');
  expect(await gold(at, 'glue/qqp')).toBe('qqp-validation-00000-of-00001.parquet');
  expect(await gold(at, 'glue/qnli')).toBeNull();
});

test('one document for Adversarial GLUE', async () => {
  const at = await filled('dev.json', 'pred.json');
  expect([await gold(at, 'advglue/rte'), await answers(at, 'advglue/rte')]).toEqual(['dev.json', 'pred.json']);
});

test('answers named as submissions, or by the task', async () => {
  const at = await filled(
    'SST-2.tsv',
    'MNLI-m.tsv',
    'MNLI-mm.tsv',
    'AX.tsv',
    'AX-b.jsonl',
    'rte_val.jsonl',
    'cola/predictions.tsv',
  );
  expect(await answers(at, 'glue/sst2')).toBe('SST-2.tsv');
  expect(await answers(at, 'glue/mnli')).toBe('MNLI-m.tsv');
  expect(await answers(at, 'glue/mnli-mm')).toBe('MNLI-mm.tsv');
  expect(await answers(at, 'glue/ax')).toBe('AX.tsv');
  expect(await answers(at, 'superglue/axb')).toBe('AX-b.jsonl');
  expect(await answers(at, 'glue/rte')).toBe('rte_val.jsonl');
  expect(await answers(at, 'glue/cola')).toBe('cola/predictions.tsv');
  expect(await answers(at, 'glue/qqp')).toBeNull();
});

test('two files that fit are refused, not chosen between', async () => {
  await expect(answers(await filled('rte.jsonl', 'RTE.tsv'), 'glue/rte')).rejects.toThrow(
    '2 files may be the answers of glue/rte',
  );
});

test('a path that is not there is refused', async () => {
  await expect(isFolder('/nowhere/at/all')).rejects.toMatchObject({ code: 'score/folder' });
});
