import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Feeds, Model, Technique, ValueInfo } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { compareOutputs } from '../testing/compare.ts';
import { context } from '../testing/quantized.ts';
import { attention } from './attention.ts';
import { embedLayerNormalization } from './embed-layer-normalization.ts';

const models = sharedOrSkip('attention fusions on real models', 'models', 'clinc150-bert', 'onnx');
const old = sharedOrSkip('attention fusions on old exports', 'conformance', 'onnxruntime-testdata-2020');
const files = [
  ...(models ? [{ path: join(models, 'model.onnx'), attentions: 4, embeddings: 1 }] : []),
  ...(old
    ? [
        ['bert/test_data/bert_mrpc_tensorflow2.1_opset10/TFBertForSequenceClassification_1.onnx', 12],
        ['bert/test_data/gpt2_pytorch1.4_opset11_no_past/GPT2Model.onnx', 12],
        ['testdata/transform/fusion/attention_symbolic_batch.onnx', 1],
      ].map(([name, attentions]) => ({ path: join(old, String(name)), attentions, embeddings: 0 }))
    : []),
];

const lines: string[] = [];
afterAll(() => process.stderr.write(`${lines.join('\n')}\n`));

/** The last sequence is padded; `empty`: it is nothing but padding. */
const feedsOf = (inputs: readonly ValueInfo[], batch: number, rows: number, empty: boolean): Feeds =>
  Object.fromEntries(
    inputs.map(({ name, type }) => {
      if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
      const dims = (type.dims ?? []).map((dim, i) => (typeof dim === 'number' ? dim : i === 0 ? batch : rows));
      const columns = dims.at(-1) ?? 1;
      const length = dims.reduce((product, dim) => product * dim, 1);
      const random = seeded(batch * rows, name);
      const mask = /mask|input_2/.test(name);
      const numbers = Array.from({ length }, (_, i) => {
        if (!mask) return type.dtype === 'float32' ? random.normal() : random.integer(2);
        const last = Math.floor(i / columns) === (dims[0] ?? 1) - 1;
        return last && (empty || i % columns >= Math.max(1, columns - 2)) ? 0 : 1;
      });
      const data =
        type.dtype === 'float32'
          ? Float32Array.from(numbers)
          : type.dtype === 'int32'
            ? Int32Array.from(numbers)
            : BigInt64Array.from(numbers, BigInt);
      return [name, { dtype: type.dtype, dims, data }];
    }),
  );

const check = async (path: string, technique: Technique, raw: Readonly<Record<string, unknown>>): Promise<number> => {
  const world = await context();
  const before: Model = await decodeFile(path);
  const result = await technique.apply(before, parseOptions(technique.id, technique.options, raw), world);
  const fused = result.model.graph.nodes.filter(({ domain }) => domain === 'com.microsoft').length;
  const [original, changed] = [await world.open(before), await world.open(result.model)];
  let worst = 0;
  for (const [batch, rows, empty] of [
    [2, 7, false],
    [3, 5, true],
    [1, 8, false],
    [1, 1, false],
  ] as const) {
    const feeds = feedsOf(original.inputs, batch, rows, empty);
    const { relativeError } = compareOutputs([await original.run(feeds)], [await changed.run(feeds)]);
    worst = Math.max(worst, relativeError);
  }
  await original.close();
  await changed.close();
  lines.push(`${technique.id} ${path.split('/').slice(-2).join('/')}: ${fused} fused, error ${worst.toExponential(1)}`);
  expect(worst).toBeLessThanOrEqual(1e-4);
  return fused;
};

describe.runIf(files.length > 0)('real exports answer the same', () => {
  test.each(files)('$path', { timeout: 120_000 }, async ({ path, attentions, embeddings }) => {
    expect(await check(path, attention, {})).toBe(attentions);
    if (embeddings === 0) return;
    expect(await check(path, attention, { operator: 'attention' })).toBe(attentions);
    expect(await check(path, embedLayerNormalization, {})).toBe(embeddings);
  });
});
