import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createContext } from '../../src/engine/run/context.ts';
import { checkModel, decodeFile } from '../../src/model/onnx/index.ts';
import { accuracyOf } from '../../src/optimize/training/index.ts';
import { makeTokenizer } from '../../src/weigh/tasks/tokenizer.ts';

const here = import.meta.dirname;
const folder = join(here, 'model');
const json = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;

test('the committed folder is small and complete', async () => {
  const names = await readdir(folder, { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'README.md'])
    expect(names).toContain(name);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(15e6);
  expect(checkModel(await decodeFile(join(folder, 'onnx', 'model.onnx')))).toEqual([]);
});

test('it is as right on the test messages as its card says: 88 to 95 %', async () => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-example-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  const config = await json('config.json');
  const label2id = config['label2id'] as Record<string, number>;
  const length = Number(config['max_position_embeddings']);
  const tokenizer = makeTokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'), '', 0);
  const lines = (await readFile(join(here, 'data', 'test.jsonl'), 'utf8')).trimEnd().split('\n');
  const examples = lines.map((line) => {
    const { text, intent } = JSON.parse(line) as { text: string; intent: string };
    return { ids: tokenizer.encode(text, undefined, length).ids, label: label2id[intent]! };
  });
  const session = await createContext({ seed: 1, workFolder }).open(join(folder, 'onnx', 'model.onnx'));
  const accuracy = await accuracyOf(session, examples, 0);
  await session.close();
  const card = await readFile(join(folder, 'README.md'), 'utf8');
  const stated = Number(/\| test \|[^|]*\| ([\d.]+) %/.exec(card)?.[1]);
  // Another processor may round a few logits the other way.
  expect(Math.abs(100 * accuracy - stated)).toBeLessThan(0.3);
  expect(accuracy).toBeGreaterThan(0.88);
  expect(accuracy).toBeLessThan(0.95);
});
