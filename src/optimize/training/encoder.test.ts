import { expect, test } from 'vitest';
import type { Tensor } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { padded } from './batches.ts';
import { encoderModel, initialWeights, type Architecture } from './encoder.ts';
import { evaluate } from './testing/differences.ts';

const architecture: Architecture = { layers: 2, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const weightsOf = (seed: number): Map<string, Tensor> => initialWeights(architecture, seeded(seed, 'weights'));

test('the same seed gives the same weights, normal with deviation 0.02', () => {
  const [a, b, c] = [weightsOf(1), weightsOf(1), weightsOf(2)];
  const bytes = (weights: Map<string, Tensor>): Uint8Array[] => [...weights.values()].map(readTensorSync);
  expect(bytes(a)).toEqual(bytes(b));
  expect(bytes(a)).not.toEqual(bytes(c));
  const large = initialWeights({ ...architecture, vocabulary: 4000 }, seeded(1, 'w')).get(
    'bert.embeddings.word_embeddings.weight',
  )!;
  const values = new Float32Array(readTensorSync(large).slice().buffer);
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  expect(deviation).toBeGreaterThan(0.0195);
  expect(deviation).toBeLessThan(0.0205);
});

test('is a valid model in the form of an export', () => {
  const model = encoderModel(architecture, weightsOf(1));
  expect(checkModel(model)).toEqual([]);
  const ops = model.graph.nodes.map(({ op }) => op);
  expect(ops.filter((op) => op === 'MatMul')).toHaveLength(2 * 8);
  expect(ops.filter((op) => op === 'LayerNormalization')).toHaveLength(5);
  expect(ops.filter((op) => op === 'Erf')).toHaveLength(2);
  expect(model.graph.nodes.map(({ name }) => name)).toContain('/bert/encoder/layer.1/attention/self/query/MatMul');
  expect(model.graph.inputs.map(({ name }) => name)).toEqual(['input_ids', 'attention_mask', 'token_type_ids']);
});

test('padding changes no answer; order of tokens does', async () => {
  const loud = new Map(
    [...weightsOf(1)].map(([name, one]) => {
      if (one.dims.length < 2) return [name, one];
      const values = new Float32Array(readTensorSync(one).slice().buffer).map((x) => x * 20);
      return [name, tensor('float32', one.dims, values)];
    }),
  );
  const run = await evaluate(encoderModel(architecture, loud));
  const answer = async (...texts: number[][]): Promise<number[]> => {
    const { logits } = await run(
      padded(
        texts.map((ids) => ({ ids })),
        0,
      ),
    );
    return [...(logits!.data as Float32Array)];
  };
  const alone = await answer([2, 5, 6, 3]);
  const beside = await answer([2, 5, 6, 3], [2, 7, 8, 9, 10, 5, 3]);
  alone.forEach((x, i) => expect(beside[i]).toBeCloseTo(x, 4));
  expect(Math.abs(alone[0]! - (await answer([2, 6, 5, 3]))[0]!)).toBeGreaterThan(1e-3);
});

test.each([
  [{ width: 9 }, 'not a multiple of 2 heads'],
  [{ layers: 0 }, 'layers is 0'],
  [{ labels: 1.5 }, 'labels is 1.5'],
])('refuses %j', (change, message) => {
  const wrong = (): unknown => initialWeights({ ...architecture, ...change }, seeded(1, 'w'));
  expect(wrong).toThrow(expect.objectContaining({ code: 'training/architecture' }));
  expect(wrong).toThrow(message);
});
