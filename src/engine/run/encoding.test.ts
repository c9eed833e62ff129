import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readExamples } from '../../data/index.ts';
import { findModel } from './baseline.ts';
import { applyChain } from '../build/chain.ts';
import { createContext } from './context.ts';
import { encodings } from './encoding.ts';
import { taskOf, wantedOf } from './task.ts';

const example = fileURLToPath(new URL('../../../examples/support-desk', import.meta.url));
const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-encoding-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

test('a version with a smaller vocabulary reads the same rows with its own tokenizer, and answers the same', async () => {
  const found = await findModel(join(example, 'model'));
  const kind = 'text-classification';
  const task = await taskOf({ id: kind }, found);
  const { examples } = await readExamples(
    { path: 'data/train.jsonl', columns: { text: 'text', groups: [] }, limit: 60 },
    example,
    { taskKind: kind, labelled: false, seed: 1 },
  );
  const encode = encodings(
    {
      task,
      wanted: wantedOf(kind, found),
      found,
      compared: examples,
      calibration: examples,
      train: null,
      validation: null,
      seed: 1,
    },
    workFolder,
  );
  const plain = await encode(new Map());
  const context = createContext({
    seed: 1,
    workFolder,
    calibration: plain.calibration,
    companionFolder: found.folder.root,
  });
  const steps = [{ technique: 'trim/vocabulary', options: { form: 'rewrite' } }];
  const trimmed = await applyChain(found.model, { id: 'trimmed', steps, session: {} }, context, encode);
  if (trimmed.kind !== 'model') throw new Error(trimmed.refusal.reason);
  expect([...trimmed.companions.keys()]).toContain('tokenizer.json');

  const own = await encode(trimmed.companions);
  expect(own.task.fingerprint).not.toBe(task.fingerprint);
  expect(await encode(new Map(trimmed.companions))).toBe(own);
  expect(own.inputs).toHaveLength(plain.inputs.length);
  const [before, after] = [await context.open(found.folder.modelPath), await context.open(trimmed.model)];
  try {
    for (const [at, feeds] of plain.inputs.entries()) {
      expect(own.inputs[at]!['input_ids']!.dims).toEqual(feeds['input_ids']!.dims);
      expect(own.inputs[at]!['input_ids']!.data).not.toEqual(feeds['input_ids']!.data);
      const [expected, actual] = [await before.run(feeds), await after.run(own.inputs[at]!)];
      for (const [name, value] of Object.entries(expected.outputs)) {
        const values = actual.outputs[name]!.data as Float32Array;
        (value.data as Float32Array).forEach((one, i) => expect(values[i]).toBeCloseTo(one, 4));
      }
    }
  } finally {
    await before.close();
    await after.close();
  }
});
