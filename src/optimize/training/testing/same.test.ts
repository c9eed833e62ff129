import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { decompositions } from '../decompose/table.ts';
import { decompositionError, operatorsOf } from './same.ts';

test('finds a decomposition that computes something else', async () => {
  const table = decompositions['com.microsoft'] as Record<string, unknown>;
  const right = table['FusedMatMul'];
  const text =
    'x: float32[2, 3]; b: float32[3, 2]; y = com.microsoft.FusedMatMul(x, b) {alpha: 2.0}; -> y: float32[2, 2]';
  const shapes = { x: [2, 3], b: [3, 2] };
  try {
    table['FusedMatMul'] = (at: { to: { emit(op: string, inputs: string[]): string }; input(i: number): string }) => [
      at.to.emit('MatMul', [at.input(0), at.input(1)]),
    ];
    expect(await decompositionError(text, shapes)).toBeGreaterThan(0.01);
  } finally {
    table['FusedMatMul'] = right;
  }
  expect(await decompositionError(text, shapes)).toBeLessThan(1e-5);
  await expect(decompositionError('x: float32[2]; y = Neg(x); -> y: float32[2]', { x: [2] })).rejects.toThrow(
    'nothing',
  );
});

test('names operators with their domain', () => {
  expect(operatorsOf(parseText('a = Neg(x); b = com.microsoft.Gelu(a)'))).toEqual(['Neg', 'com.microsoft.Gelu']);
});
