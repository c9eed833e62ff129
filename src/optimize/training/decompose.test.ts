import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { decompose } from './decompose.ts';
import { emitter } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { operatorsOf } from './testing/same.ts';

const text = `x: float32[N, S, 4]; w: float32[4, 12]; b: float32[12]; g: float32[4]; h: float32[4];
  a = com.microsoft.Attention(x, w, b) {num_heads: 2}; n = com.microsoft.SkipLayerNormalization(a, x, g, h); e = com.microsoft.Gelu(n);
  y = com.microsoft.FusedMatMul(e, e) {transB: 1}; -> y: float32[N, S, S]`;

test('keeps names, leaves operators with a rule as they are, and is valid', () => {
  const model = parseText(text);
  const before = structuredClone(model);
  const plain = decompose(model);
  expect(model).toEqual(before);
  expect(checkModel(plain)).toEqual([]);
  const operators = operatorsOf(plain);
  expect(operators.filter((op) => op.startsWith('com.microsoft'))).toEqual(['com.microsoft.Gelu']);
  expect(operators).toContain('LayerNormalization');
  expect(plain.graph.inputs).toBe(model.graph.inputs);
  expect(new Set(plain.graph.nodes.flatMap((node) => node.outputs))).toEqual(
    new Set([...plain.graph.nodes.flatMap((node) => node.outputs), 'a', 'n', 'e', 'y']),
  );
});

test('answers the same model when there is nothing to take apart, and leaves what it does not cover', () => {
  const none = parseText('x: float32[3]; y = Neg(x); -> y: float32[3]');
  expect(decompose(none)).toBe(none);
  const packed = parseText(
    'x: float32[2, 3, 2, 3, 4]; y = com.microsoft.MultiHeadAttention(x) {num_heads: 2}; -> y: float32',
  );
  expect(decompose(packed)).toBe(packed);
});

test('Dropout in training mode gives its mask out, so that it has a gradient', () => {
  const model = parseText(
    'x: float32[3]; r = float32[] {0.5}; t = bool[] {1}; d = Dropout(x, r, t); l = ReduceSum(d) {keepdims: 0}; -> l: float32[]',
  );
  expect(() => differentiate(model, 'l', ['x'], emitter(model))).toThrow('its mask cannot be seen');
  const plain = decompose(model);
  expect(checkModel(plain)).toEqual([]);
  expect(plain.graph.nodes[0]!.outputs).toHaveLength(2);
  expect(differentiate(plain, 'l', ['x'], emitter(plain)).has('x')).toBe(true);
});

test('needs operator set 13 where it writes', () => {
  const old = parseText(
    'opset 12; x: float32[2, 4]; g: float32[4]; y = com.microsoft.SkipLayerNormalization(x, x, g); -> y: float32[2, 4]',
  );
  expect(() => decompose(old)).toThrow(expect.objectContaining({ code: 'training/opset' }));
  const plain = parseText('opset 12; x: float32[2, 4]; y = Neg(x); -> y: float32[2, 4]');
  expect(decompose(plain)).toBe(plain);
});

test('the gradient of a model taken apart computes less than that of the fused one', () => {
  const model = parseText(`${text.replace(/->.*/, 'l = ReduceSum(y) {keepdims: 0}; -> l: float32[]')}`);
  const count = (one: typeof model): number => {
    const to = emitter(one);
    differentiate(one, 'l', ['w', 'g'], to);
    return to.nodes.filter(({ op }) => op === 'MatMul' || op === 'Softmax').length;
  };
  expect(count(decompose(model))).toBeLessThan(count(model));
});
