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
  const bytes = (weights: Map<string, Tensor>): Uint8Array[] =>
    [...weights.values()].map((tensor) => readTensorSync(tensor));
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

test('is called as the signature says: other names and types, no types, a mask from padding, positions from elsewhere', async () => {
  const weights = weightsOf(1);
  const usual = await evaluate(encoderModel(architecture, weights));
  const feeds = padded([{ ids: [2, 5, 6, 3] }, { ids: [2, 7, 3] }], 0);
  const expected = [...((await usual(feeds))['logits']!.data as Float32Array)];
  const int32 = (name: string) => ({ name, type: { kind: 'tensor', dtype: 'int32', dims: ['n', 's'] } }) as const;
  const output = { name: 'scores', type: { kind: 'tensor', dtype: 'float32', dims: ['n', 3] } } as const;
  const types = 'bert.embeddings.token_type_embeddings.weight';
  // What the first type adds to every token is nothing here.
  const still = new Map(
    [...weights].map(([name, one]) => [name, name === types ? tensor('float32', one.dims, new Float32Array(16)) : one]),
  );
  const same = [
    ...((await (await evaluate(encoderModel(architecture, still)))(feeds))['logits']!.data as Float32Array),
  ];
  const signature = {
    inputs: [int32('words')],
    ids: 'words',
    mask: null,
    types: null,
    positions: null,
    firstPosition: 0,
    padToken: 0,
    output,
  };
  still.delete(types);
  const words = Int32Array.of(2, 5, 6, 3, 2, 7, 3, 0);
  const model = encoderModel(architecture, still, signature);
  expect(checkModel(model)).toEqual([]);
  const run = await evaluate(model);
  const { scores } = await run({ words: { dtype: 'int32', dims: [2, 4], data: words } });
  for (const [i, value] of (scores!.data as Float32Array).entries()) expect(value).toBeCloseTo(same[i]!, 5);
  // Positions as an input, counted from 0 as before; and from 1, which is another answer.
  const placed = await evaluate(
    encoderModel(architecture, still, {
      ...signature,
      inputs: [...signature.inputs, int32('places')],
      positions: 'places',
    }),
  );
  const at = async (first: number): Promise<number[]> => {
    const places = Int32Array.from({ length: 8 }, (_, i) => (i % 4) + first);
    const answer = await placed({
      words: { dtype: 'int32', dims: [2, 4], data: words },
      places: { dtype: 'int32', dims: [2, 4], data: places },
    });
    return [...(answer['scores']!.data as Float32Array)];
  };
  for (const [i, value] of (await at(0)).entries()) expect(value).toBeCloseTo(same[i]!, 5);
  const later = await evaluate(encoderModel(architecture, still, { ...signature, firstPosition: 1 }));
  const counted = (await later({ words: { dtype: 'int32', dims: [2, 4], data: words } }))['scores']!
    .data as Float32Array;
  for (const [i, value] of (await at(1)).entries()) expect(value).toBeCloseTo(counted[i]!, 5);
  expect(expected).not.toEqual(same);
});

test('a factorized word table is its product with the projection', async () => {
  const narrow = { ...architecture, embedding: 3 };
  const weights = initialWeights(narrow, seeded(1, 'weights'));
  const at = 'bert.embeddings';
  const read = (name: string): Float32Array =>
    new Float32Array(readTensorSync(weights.get(`${at}.${name}.weight`)!).slice().buffer);
  const [table, projection] = [read('word_embeddings'), read('projection')];
  const whole = Float32Array.from({ length: 88 }, (_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + table[Math.floor(i / 8) * 3 + k]! * projection[k * 8 + (i % 8)]!, 0),
  );
  const wide = new Map([...weights, [`${at}.word_embeddings.weight`, tensor('float32', [11, 8], whole)] as const]);
  wide.delete(`${at}.projection.weight`);
  const feeds = padded([{ ids: [2, 5, 6, 3] }], 0);
  const [a, b] = await Promise.all(
    [encoderModel(narrow, weights), encoderModel(architecture, wide)].map(async (one) => (await evaluate(one))(feeds)),
  );
  for (const [i, value] of (a!['logits']!.data as Float32Array).entries())
    expect(value).toBeCloseTo((b!['logits']!.data as Float32Array)[i]!, 6);
});
