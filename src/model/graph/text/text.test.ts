import { expect, test } from 'vitest';
import { parseText, printLine } from '../index.ts';
import { edit } from '../index.ts';
test('x', () => {
  for (const t of [
    'a = Identity(x); b = Identity(a); y = Relu(b)',
    'x: float32[2, N]; w = float32[2, 2] {1.0, 2.0, 3.0, 4.5}; y = MatMul(x, w) {a: 1, b: [1, 2], c: "x"}; -> y: float32[2, N]',
  ])
    expect(printLine(parseText(t))).toBe(t);
  const d = edit(parseText('a = Identity(x); b = Identity(a); y = Relu(b)'));
  for (const n of d.model.graph.nodes) if (n.op === 'Identity') d.bypass(n, 'x');
  expect(printLine(d.done().model)).toBe('y = Relu(x)');
});
