import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createContext } from '../../engine/run/context.ts';
import { parseOptions } from '../../contracts/index.ts';
import { parseText, printLine } from '../../model/graph/index.ts';
import { constantFolding } from './constant-folding.ts';

const context = createContext({ seed: 1, workFolder: mkdtempSync(join(tmpdir(), 'steelyard-fold-')) });
const run = async (text: string, raw = {}) => {
  const result = await constantFolding.apply(
    parseText(text),
    parseOptions('test', constantFolding.options, raw),
    context,
  );
  return { ...result, text: printLine(result.model) };
};

test('computes a chain of constants in the runtime', async () => {
  const { text, changes } = await run('w = float32[2] {4.0, 9.0}; a = Sqrt(w); b = Neg(a); y = Add(b, x)');
  expect(text).toBe('b_folded = float32[2] {-2.0, -3.0}; y = Add(b_folded, x)');
  expect(changes).toEqual([{ what: 'Neg has only constant inputs', nodes: ['b'] }]);
});

test('Constant nodes count as constants', async () => {
  const { text } = await run('c = Constant() {value_floats: [1.0, -2.0]}; a = Abs(c); y = Add(a, x)');
  expect(text).toBe('a_folded = float32[2] {1.0, 2.0}; y = Add(a_folded, x)');
});

test('a shape that the inputs fix becomes a weight without running anything', async () => {
  const { text } = await run('x: float32[2, 3]; s = Shape(x); y = Reshape(z, s)');
  expect(text).toContain('s_folded = int64[2] {2, 3}');
  expect(text).not.toContain('Shape(x)');
});

test('a size that only the caller knows stays', async () => {
  const model = parseText('x: float32[N, 3]; s = Shape(x); y = Reshape(z, s)');
  expect(constantFolding.check(model, { maximumGrowthBytes: 0 })?.reason).toContain('no operator');
});

test('dequantized weights stay, and the reason is given', async () => {
  const { changes, skipped } = await run(
    'q = int8[2] {1, 2}; s = float32[] {0.5}; a = DequantizeLinear(q, s); y = Add(a, x)',
  );
  expect(changes).toEqual([]);
  expect(skipped.map(({ nodes }) => nodes)).toEqual([['a']]);
});

test('bodies use the folded value', async () => {
  const { text } = await run(
    'w = float32[1] {2.0}; a = Neg(w); y = If(c) {then_branch: graph "t" { t = Neg(a) }, else_branch: graph "e" { e = Abs(a) }}',
  );
  expect(text).toContain('a_folded = float32[1] {-2.0}');
  expect(text).toContain('{ t = Neg(a_folded) }');
});
