import { expect, test } from 'vitest';
import type { Model, Tensor } from '../../contracts/index.ts';
import { parseText, tensorValue } from '../../model/graph/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { blockOf, liftConstants, trainableWeights, type Freezing } from './weights.ts';

const all: Freezing = { names: [], embeddings: false, blocks: 0 };
const read = async (one: Tensor): Promise<Float32Array> => toFloat32(one.dtype, readTensorSync(one));
const namesOf = async (model: Model, freezing: Partial<Freezing> = {}): Promise<string[]> => [
  ...(await trainableWeights(model, { ...all, ...freezing }, read)).keys(),
];
const architecture = { layers: 2, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const weights = initialWeights(architecture, seeded(1, 'w'));
const encoder = encoderModel(architecture, weights);

test('every weight of an encoder, and none of its other constants', async () => {
  expect(new Set(await namesOf(encoder))).toEqual(new Set(weights.keys()));
});

test('embeddings, blocks and named weights stay', async () => {
  const without = async (freezing: Partial<Freezing>): Promise<string[]> => {
    const left = new Set(await namesOf(encoder, freezing));
    return [...weights.keys()].filter((name) => !left.has(name));
  };
  expect(await without({ embeddings: true })).toEqual(
    ['word', 'position', 'token_type'].map((table) => `bert.embeddings.${table}_embeddings.weight`),
  );
  expect(await without({ blocks: 1 })).toEqual([...weights.keys()].filter((name) => name.includes('layer.0.')));
  expect(await without({ names: ['classifier.*', '/bert/pooler*'] })).toEqual([
    'bert.pooler.dense.weight',
    'bert.pooler.dense.bias',
    'classifier.weight',
    'classifier.bias',
  ]);
});

const mixed = parseText(
  `x: float32[N, 4]; w = float32[2, 4]{...}; mask = float32[2]{...}; scale = float32[2]{...}; two = float32[]{...}; half = float16[2]{...};
   t = Transpose(w) {perm: [1, 0]}; y = MatMul(x, t); a = Add(y, mask); b = Mul(a, scale); c = Div(b, two); -> c: float32[N, 2]`,
  {
    tensors: {
      w: tensor('float32', [2, 4], new Float32Array(8)),
      mask: tensor('float32', [2], Float32Array.of(0, -10000)),
      scale: tensor('float32', [2], Float32Array.of(1, 1)),
      two: tensor('float32', [], Float32Array.of(2)),
      half: tensor('float16', [2], new Uint16Array(2)),
    },
  },
);

test('behind a Transpose is a weight; masks, scalars and other types are none', async () => {
  expect(await namesOf(mixed)).toEqual(['w', 'scale']);
});

test('weights hidden in Constant nodes are lifted', async () => {
  const value = tensor('float32', [4, 2], new Float32Array(8));
  const hidden: Model = {
    ...mixed,
    graph: {
      ...mixed.graph,
      initializers: new Map(),
      nodes: [
        { name: '', op: 'Constant', domain: '', inputs: [], outputs: ['w'], attributes: { value: tensorValue(value) } },
        { name: '', op: 'MatMul', domain: '', inputs: ['x', 'w'], outputs: ['c'], attributes: {} },
      ],
    },
  };
  const lifted = liftConstants(hidden);
  expect(lifted.graph.nodes.map(({ op }) => op)).toEqual(['MatMul']);
  expect(await namesOf(lifted)).toEqual(['w']);
  expect(hidden.graph.nodes).toHaveLength(2);
  expect(liftConstants(mixed)).toBe(mixed);
});

test.each([
  ['bert.encoder.layer.3.attention.self.query.weight', 3],
  ['/model/layers.10/mlp/MatMul', 10],
  ['transformer.h.0.mlp', 0],
  ['/blocks/2/norm', 2],
  ['layer_norm.weight', null],
  ['onnx::MatMul_123', null],
])('%s is in block %s', (name, expected) => {
  expect(blockOf(name)).toBe(expected);
});

test.each<[string, Model, Partial<Freezing>]>([
  ['named "nothing*"', encoder, { names: ['nothing*'] }],
  ['no name in the model has a block number', mixed, { blocks: 1 }],
  ['no weight is left to train', mixed, { names: ['*'] }],
])('refused: %s', async (message, model, freezing) => {
  await expect(namesOf(model, freezing)).rejects.toMatchObject({
    code: 'training/settings',
    message: expect.stringContaining(message),
  });
});
