import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { copies, rearrangements } from './no-ops.ts';
import type { Certain } from './no-ops.ts';

const nothing: Certain = { shape: () => null, dtype: () => null, contents: () => null, constant: () => null };
const node = (text: string) => parseText(text).graph.nodes[0] ?? expect.fail('no node');

test('without any knowledge only true copies are proven', () => {
  const proven = Object.entries({ ...copies, ...rearrangements }).filter(([op, proof]) =>
    proof(node(`y = ${op}(x, a)`), nothing, 17),
  );
  expect(proven.map(([op]) => op)).toEqual(['Identity', 'Dropout']);
});

test('Dropout by version', () => {
  const dropout = copies['Dropout'] ?? expect.fail('no rule');
  expect(dropout(node('y = Dropout(x)'), nothing, 6)).toBeNull();
  expect(dropout(node('y = Dropout(x) {is_test: 1}'), nothing, 6)).not.toBeNull();
  expect(dropout(node('y = Dropout(x)'), nothing, 7)).not.toBeNull();
  const off: Certain = { ...nothing, constant: () => tensor('bool', [], Uint8Array.of(0)) };
  const on: Certain = { ...nothing, constant: () => tensor('bool', [], Uint8Array.of(1)) };
  expect(dropout(node('y = Dropout(x, r, t)'), off, 13)).not.toBeNull();
  expect(dropout(node('y = Dropout(x, r, t)'), on, 13)).toBeNull();
});

test('old broadcasting (before opset 7) is not judged', () => {
  const one: Certain = { ...nothing, shape: () => [2], constant: () => tensor('float32', [], Float32Array.of(1)) };
  const mul = rearrangements['Mul'] ?? expect.fail('no rule');
  expect(mul(node('y = Mul(x, s)'), one, 6)).toBeNull();
  expect(mul(node('y = Mul(x, s)'), one, 7)).not.toBeNull();
});
