import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseOptions } from '../contracts/index.ts';
import { encodeFile } from '../model/onnx/index.ts';
import { techniques } from '../optimize/index.ts';
import { samples } from '../optimize/testing/models.ts';
import { inspectModel } from './inspect.ts';
import { createContext } from './run/context.ts';

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-inspect-test-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

test('what it says of a fusion is what the fusion does', async () => {
  const { model } = samples.find(({ name }) => name === 'encoder with a padding mask')!;
  const path = join(workFolder, 'model.onnx');
  await encodeFile(model, path);
  const { applicable } = await inspectModel(path);
  expect(applicable.map(({ technique }) => technique)).toEqual(techniques.map(({ id }) => id));
  const refusals = new Map(applicable.map(({ technique, refusal }) => [technique, refusal]));
  const context = createContext({ seed: 0, workFolder });
  for (const technique of techniques.filter(({ id }) => id.startsWith('fuse/'))) {
    const options = parseOptions(technique.id, technique.options);
    const refusal = technique.check(model, options);
    const changes = refusal === null ? (await technique.apply(model, options, context)).changes.length : 0;
    expect(refusals.get(technique.id) === null, technique.id).toBe(changes > 0);
  }
  expect(refusals.get('fuse/attention')).toBeNull();
  expect(refusals.get('fuse/group-query-attention')).toBe(
    'it changes nothing in this model: it is not certain that its mask hides everything that comes later, as the operator does',
  );
});
