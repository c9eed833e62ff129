import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExamples } from '../../src/data/index.ts';
import { createContext } from '../../src/engine/run/context.ts';
import { openFolder } from '../../src/model/folder.ts';
import { sharedOrSkip } from '../../src/testing/shared.ts';
import { checkLabels, createTask, predict } from '../../src/weigh/tasks/index.ts';
import { features, type FeatureLayout } from './features.ts';
import { magikaRows, prepareMagika } from './prepare.ts';

const tests = sharedOrSkip('magika', 'models', 'magika-tests');

describe.skipIf(tests === null)('magika', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steelyard-magika-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('the layout of the numbers agrees with every reference vector', async () => {
    const bytes = await readFile(join(tests!, 'reference', 'features_extraction_examples.json.gz'));
    const cases = JSON.parse(gunzipSync(bytes).toString('utf8')) as readonly {
      readonly args: FeatureLayout;
      readonly content_base64: string;
      readonly features: { readonly beg: number[]; readonly end: number[] };
    }[];
    const wrong = cases.filter(({ args, content_base64, features: expected }) => {
      const got = features(Buffer.from(content_base64, 'base64'), args);
      return got.join() !== [...expected.beg, ...expected.end].join();
    });
    expect(cases.length).toBe(9261);
    expect(wrong.length).toBe(0);
  });

  test('the model gives the reference answer on every row that has one', async () => {
    const count = await prepareMagika(folder);
    const source = {
      path: 'evaluation.jsonl',
      columns: { id: 'id', label: 'label', groups: ['origin'], tensors: { bytes: 'bytes' } },
    };
    const { examples } = await readExamples(source, folder, { taskKind: 'tensor-classification' });
    expect(examples.length).toBe(count);
    const context = createContext({ seed: 1, workFolder: folder });
    const session = await context.open(join(folder, 'model.onnx'));
    try {
      const task = await createTask(
        { id: 'tensor-classification' },
        await openFolder(join(folder, 'model.onnx')),
        session,
      );
      checkLabels(task.labels, examples, 'evaluation.jsonl');
      const { predicted } = await predict(task, session, examples, { batchSize: 16, context });
      const { rows } = (await magikaRows())!;
      const known = [...rows.entries()].filter(([, { reference }]) => reference !== null);
      const different = known
        .filter(([at, { reference }]) => task.labels[predicted[at]!] !== reference)
        .map(([, { id }]) => id);
      expect(known.filter(([, { origin }]) => origin === 'file').length).toBeGreaterThan(60);
      expect(different).toEqual([]);
      const right = examples.filter(({ label }, at) => task.labels[predicted[at]!] === label).length;
      expect(right / examples.length).toBeGreaterThan(0.95);
    } finally {
      await session.close();
    }
  });
});
