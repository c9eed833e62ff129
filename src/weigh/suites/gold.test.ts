import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { readGold } from './gold.ts';
import { folder, put, taskOf, tsv } from './testing/files.ts';

const read = async (id: string, name: string, content: string | readonly unknown[]) =>
  readGold(taskOf(id), await put(join(await folder(), name), content));
const brief = ({ rows }: Awaited<ReturnType<typeof read>>) => rows.map(({ id, label }) => [id, label]);

describe('official files of GLUE', () => {
  test('CoLA has no header, and quotes mean nothing', async () => {
    const gold = await read('glue/cola', 'dev.tsv', 'gj04\t1\t\tHe said "no.\ngj04\t0\t*\t"Them go.\n');
    expect(gold.layout).toBe('GLUE TSV');
    expect(brief(gold)).toEqual([
      ['0', 1],
      ['1', 0],
    ]);
    expect(gold.rows[1]!.fields).toEqual({ sentence: '"Them go.' });
    expect(gold.notes[0]).toBe('2 rows; the validation split of glue/cola has 1,043');
  });

  test('SST-2', async () => {
    expect(brief(await read('glue/sst2', 'dev.tsv', 'sentence\tlabel\ngood \t1\nbad \t0\n'))).toEqual([
      ['0', 1],
      ['1', 0],
    ]);
  });

  test('MRPC, with a byte order mark', async () => {
    const text = '\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t702\t703\tA "b\tC\n';
    const gold = await read('glue/mrpc', 'dev.tsv', text);
    expect(gold.rows[0]).toMatchObject({ label: 1, fields: { sentence1: 'A "b', sentence2: 'C' } });
  });

  test('QQP: rows that end early are left out and still count', async () => {
    const head = ['id', 'qid1', 'qid2', 'question1', 'question2', 'is_duplicate'];
    const gold = await read(
      'glue/qqp',
      'dev.tsv',
      tsv([head, [133, 1, 2, 'a', 'b', 0], [134, 3, 4, 'cut'], [135, 5, 6, 'c', 'd', 1]]),
    );
    expect(brief(gold)).toEqual([
      ['0', 0],
      ['2', 1],
    ]);
    expect(gold.notes[0]).toBe('rows with too few fields, left out as in the hub’s copy (1): line 3');
  });

  test('MNLI: the label is gold_label, not label1', async () => {
    const head = ['index', 'promptID', 'pairID', 'genre', 'sentence1_binary_parse', 'sentence2_binary_parse',
      'sentence1_parse', 'sentence2_parse', 'sentence1', 'sentence2', 'label1', 'label2', 'label3', 'label4', 'label5', 'gold_label']; // prettier-ignore
    const row = [0, 1, '1n', 'fiction', '(a)', '(b)', 'p', 'q', 'It rains.', 'It is wet.', 'neutral', 'entailment', 'entailment', 'neutral', 'entailment', 'entailment']; // prettier-ignore
    const gold = await read('glue/mnli', 'dev_matched.tsv', tsv([head, row]));
    expect(gold.rows[0]).toMatchObject({ label: 0, fields: { premise: 'It rains.', hypothesis: 'It is wet.' } });
  });

  test('QNLI, RTE, WNLI: the same column, other orders', async () => {
    const pair = tsv([
      ['index', 'sentence1', 'sentence2', 'label'],
      [0, 'a', 'b', 'entailment'],
    ]);
    const wnli = tsv([
      ['index', 'sentence1', 'sentence2', 'label'],
      [0, 'a', 'b', 1],
    ]);
    const qnli = tsv([
      ['index', 'question', 'sentence', 'label'],
      [0, 'a', 'b', 'not_entailment'],
    ]);
    expect(brief(await read('glue/rte', 'dev.tsv', pair))).toEqual([['0', 0]]);
    expect(brief(await read('glue/wnli', 'dev.tsv', wnli))).toEqual([['0', 1]]);
    expect(brief(await read('glue/qnli', 'dev.tsv', qnli))).toEqual([['0', 1]]);
  });

  test('a part of a file keeps the file’s own index', async () => {
    const part = tsv([['index', 'sentence1', 'sentence2', 'label'], [5, 'a', 'b', 'entailment'], [17, 'a', 'b', 'entailment']]); // prettier-ignore
    expect(brief(await read('glue/rte', 'dev.tsv', part))).toEqual([
      ['5', 0],
      ['17', 0],
    ]);
  });

  test('STS-B', async () => {
    const head = [
      'index',
      'genre',
      'filename',
      'year',
      'old_index',
      'source1',
      'source2',
      'sentence1',
      'sentence2',
      'score',
    ];
    const gold = await read('glue/stsb', 'dev.tsv', tsv([head, [0, 'g', 'f', 2012, 1, 's', 's', 'a', 'b', '3.800']]));
    expect(brief(gold)).toEqual([['0', 3.8]]);
  });

  test('the diagnostic set with labels has columns of its own', async () => {
    const head = [
      'Lexical Semantics',
      'Predicate-Argument Structure',
      'Logic',
      'Knowledge',
      'Domain',
      'Premise',
      'Hypothesis',
      'Label',
    ];
    const gold = await read(
      'glue/ax',
      'diagnostic-full.tsv',
      tsv([head, ['', '', 'Negation', '', 'News', 'a', 'b', 'contradiction']]),
    );
    expect(brief(gold)).toEqual([['0', 2]]);
  });
});

describe('hidden right answers', () => {
  test.each([
    ['glue/cola', 'test.tsv', 'index\tsentence\n0\tHe go.\n'],
    ['glue/sst2', 'test.tsv', 'index\tsentence\n0\tgood\n'],
    ['glue/ax', 'AX.tsv', 'index\tsentence1\tsentence2\n0\ta\tb\n'],
    ['glue/rte', 'test.jsonl', [{ sentence1: 'a', sentence2: 'b', label: -1, idx: 0 }]],
    [
      'superglue/record',
      'test.jsonl',
      [{ idx: 0, passage: { text: 'a', entities: [] }, qas: [{ idx: 0, query: 'q' }] }],
    ],
  ])('%s %s', async (id, name, content) => {
    await expect(read(id, name, content)).rejects.toMatchObject({
      code: 'score/hidden-labels',
      hint: expect.stringMatching(id === 'glue/ax' ? /copy of this diagnostic set/ : /evaluate on validation/),
    });
  });

  test('some of them: named', async () => {
    const rows = [
      { sentence: 'a', label: 1, idx: 0 },
      { sentence: 'b', label: -1, idx: 5 },
    ];
    await expect(read('glue/sst2', 'a.jsonl', rows)).rejects.toThrow('rows without a right answer (1 of 2): idx 5');
  });
});

test('the hub’s columns as Parquet, numbers as 64-bit integers', async () => {
  const path = join(await folder(), 'validation-00000-of-00001.parquet');
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: 'sentence1', data: ['a', 'c'], type: 'STRING' },
      { name: 'sentence2', data: ['b', 'd'], type: 'STRING' },
      { name: 'label', data: [1n, 0n], type: 'INT64' },
      { name: 'idx', data: [9, 18], type: 'INT32' },
    ],
  });
  const gold = await readGold(taskOf('glue/mrpc'), path);
  expect(gold.layout).toBe('Parquet as on the hub');
  expect(brief(gold)).toEqual([
    ['9', 1],
    ['18', 0],
  ]);
});

test('the hub’s columns as CSV and TSV', async () => {
  const csv = await read('glue/mrpc', 'a.csv', 'sentence1,sentence2,label,idx\n"a, b",c,1,9\n');
  expect(csv.rows[0]).toMatchObject({ id: '9', label: 1, fields: { sentence1: 'a, b' } });
  const table = await read('glue/mrpc', 'a.tsv', 'sentence1\tsentence2\tlabel\tidx\na\tb\t1\t9\n');
  expect([table.layout, table.rows[0]!.id]).toEqual(['TSV with the hub’s columns', '9']);
});

test('one document of lists by task, as Adversarial GLUE', async () => {
  const document = JSON.stringify({ sst2: [{ idx: 0, sentence: 'a', label: 1 }], rte: [] }, null, 2);
  const gold = await read('advglue/sst2', 'dev.json', document);
  expect([gold.layout, ...brief(gold)]).toEqual(['JSON, lists by task', ['0', 1]]);
  await expect(read('advglue/sst2', 'dev.json', '{"sst2":\n [null]}')).rejects.toMatchObject({ code: 'score/gold' });
  await expect(read('advglue/qqp', 'dev.json', document)).rejects.toMatchObject({ code: 'score/gold' });
});

test('rows of minimal pairs get their pair', async () => {
  const row = (idx: number, hypothesis: string) => ({ premise: 'p', hypothesis, label: 'entailment', idx });
  const gold = await read('superglue/axg', 'AX-g.jsonl', [row(0, 'a'), row(1, 'a')]);
  expect(gold.rows.map(({ cluster }) => cluster)).toEqual(['0', '0']);
  await expect(read('superglue/axg', 'AX-g.jsonl', [row(0, 'a'), row(1, 'b')])).rejects.toMatchObject({
    code: 'score/pairs',
  });
});

test('duplicates and empty files are refused', async () => {
  const row = { sentence: 'a', label: 1, idx: 3 };
  await expect(read('glue/sst2', 'a.jsonl', [row, row])).rejects.toMatchObject({ code: 'score/duplicate-id' });
  await expect(read('glue/sst2', 'a.tsv', 'sentence\tlabel\n')).rejects.toMatchObject({ code: 'score/gold' });
  await expect(read('glue/sst2', 'a.jsonl', '')).rejects.toMatchObject({ code: 'data/empty' });
});
