import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { context, model } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { besidePruned } from './beside.ts';

const architecture = { layers: 3, width: 16, heads: 2, ffn: 24, vocabulary: 50, positions: 12, labels: 3 };
const subject = encoderModel(architecture, initialWeights(architecture, seeded(1, 'beside')));
const beside = async (config: unknown) => ({
  ...(await context()),
  companion: (name: string) =>
    Promise.resolve(name === 'config.json' && config !== null ? Buffer.from(JSON.stringify(config)) : null),
});
const read = (files: ReadonlyMap<string, Uint8Array>): unknown =>
  JSON.parse(Buffer.from(files.get('config.json')!).toString('utf8'));

test('config.json states the sizes that the model has now', async () => {
  const before = { num_hidden_layers: 12, num_attention_heads: 4, intermediate_size: 48, hidden_size: 16, other: 1 };
  expect(read(await besidePruned(subject, await beside(before)))).toEqual({
    ...before,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    intermediate_size: 24,
  });
});

test('nothing where nothing is untrue, where there is no config.json, and where there is no transformer', async () => {
  expect((await besidePruned(subject, await beside({ num_hidden_layers: 3 }))).size).toBe(0);
  expect((await besidePruned(subject, await beside(null))).size).toBe(0);
  expect((await besidePruned(model('y = Relu(x)'), await beside({ num_hidden_layers: 9 }))).size).toBe(0);
});
