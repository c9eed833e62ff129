import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { retrieval } from '../../weigh/tasks/similarity.ts';
import { textInputs, tokenizerOf } from '../../weigh/tasks/testing/text.ts';
import { loadData } from './data.ts';
import { parseScenario } from '../scenario/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-load-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const task = retrieval({ tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), output: 'h', maxLength: 8 });
const jsonl = (name: string, rows: readonly unknown[]): Promise<void> =>
  writeFile(join(folder, name), rows.map((row) => JSON.stringify(row)).join('\n'));
const scenario = (corpus: string) =>
  parseScenario(
    'scenario.yaml',
    `model: m\ntask: { type: retrieval }\ndata: { columns: { text: query }, ${corpus}evaluation: queries.jsonl }\n`,
    [
      { id: 'latency-p50', title: '', unit: 'ms', better: 'lower', versus: 'ratio', definition: '' },
      { id: 'size', title: '', unit: 'bytes', better: 'lower', versus: 'ratio', definition: '' },
    ],
  );

test('documents stand beside the queries in every split', async () => {
  await jsonl(
    'queries.jsonl',
    Array.from({ length: 20 }, (_, at) => ({ query: `order ${at}`, relevant: [`d${at % 2}`] })),
  );
  await jsonl('corpus.jsonl', [
    { id: 'd0', text: 'card' },
    { id: 'd1', text: 'box' },
  ]);
  const { evaluation, holdback } = await loadData(await scenario('corpus: corpus.jsonl, '), folder, task);
  for (const { examples } of [evaluation, holdback]) {
    expect(examples).toHaveLength(12);
    expect(examples.filter(({ document }) => document === true).map(({ id, text }) => [id, text])).toEqual([
      ['d0', 'card'],
      ['d1', 'box'],
    ]);
  }
});

test('queries without documents, and documents that are not there, are refused', async () => {
  await expect(scenario('').then((one) => loadData(one, folder, task))).rejects.toMatchObject({ code: 'task/gold' });
  await jsonl('corpus.jsonl', [{ id: 'd0', text: 'card' }]);
  await expect(scenario('corpus: corpus.jsonl, ').then((one) => loadData(one, folder, task))).rejects.toThrowError(
    /"d1", which is not in the corpus/,
  );
});
