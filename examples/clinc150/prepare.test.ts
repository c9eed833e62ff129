import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { overlap, readExamples } from '../../src/data/index.ts';
import { createContext } from '../../src/engine/run/context.ts';
import { openFolder } from '../../src/model/folder.ts';
import { sharedOrSkip } from '../../src/testing/shared.ts';
import { checkLabels, createTask, predict } from '../../src/weigh/tasks/index.ts';
import { prepareClinc150 } from './prepare.ts';

const real = sharedOrSkip('clinc150', 'data', 'clinc150');

test.skipIf(real === null)('prepares disjoint splits on which the model scores what its makers measured', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-clinc150-'));
  const context = createContext({ seed: 1, workFolder: folder });
  try {
    const counts = (await prepareClinc150(folder))!;
    expect(counts['holdback']).toBeGreaterThan(4900);
    expect(counts['out-of-scope']).toBeGreaterThan(490);
    expect(counts['evaluation']).toBeGreaterThan(3000);
    const columns = { id: 'id', text: 'text', label: 'intent', groups: ['domain'] };
    const read = (name: string) =>
      readExamples({ path: `${name}.jsonl`, columns }, folder, { taskKind: 'text-classification' });
    const [evaluation, holdback, train, calibration, outside] = [
      await read('evaluation'),
      await read('holdback'),
      await read('train'),
      await read('calibration'),
      await read('out-of-scope'),
    ];
    expect(overlap(evaluation.examples, holdback.examples).count).toBe(0);
    expect(train.examples.length).toBeGreaterThan(14_000);
    expect(overlap(train.examples, evaluation.examples).count).toBe(0);
    expect(overlap(train.examples, holdback.examples).count).toBe(0);
    for (const { examples } of [evaluation, holdback, train]) expect(overlap(outside.examples, examples).count).toBe(0);
    expect(overlap(train.examples, calibration.examples).count).toBe(calibration.examples.length);

    const model = await openFolder(join(folder, 'model'));
    const session = await context.open(model.modelPath);
    try {
      const task = await createTask({ id: 'text-classification', maxLength: 64 }, model, session);
      checkLabels(task.labels, holdback.examples, 'holdback.jsonl');
      const inScope = holdback.examples.filter(({ label }) => label !== 'oos');
      const { predicted, truncated } = await predict(task, session, inScope, { batchSize: 32, context });
      const right = inScope.filter(({ label }, at) => task.labels[predicted[at]!] === label).length;
      // The model's card says 0.898 on all 4,500 in-scope test texts.
      expect(right / inScope.length).toBeCloseTo(0.898, 2);
      expect(truncated).toBe(0);
    } finally {
      await session.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
