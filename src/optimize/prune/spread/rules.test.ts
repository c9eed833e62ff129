import { expect, test } from 'vitest';
import { ruleFor } from './rules.ts';

const node = (op: string, domain = '') => ({ op, domain, name: '', inputs: [], outputs: [], attributes: {} });

test('rules go by domain and operator', () => {
  for (const op of ['MatMul', 'Conv', 'Reshape', 'Add', 'LayerNormalization'])
    expect(ruleFor(node(op))).toBeTypeOf('function');
  expect(ruleFor(node('Attention', 'com.microsoft'))).toBeTypeOf('function');
  expect(ruleFor(node('Attention'))).toBeUndefined();
  expect(ruleFor(node('Conv', 'custom'))).toBeUndefined();
});
