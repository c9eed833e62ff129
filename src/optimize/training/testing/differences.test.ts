import { expect, test } from 'vitest';
import { rules } from '../rules/index.ts';
import type { Rule } from '../types.ts';
import { gradientError } from './differences.ts';

test('a wrong rule is found', async () => {
  const table = rules as Record<string, Rule>;
  const right = table['Tanh']!;
  const check = { text: 'x: float64[3]; y = Tanh(x); -> y: float64[3]', shapes: { x: [3] } };
  try {
    // Off by one per cent.
    table['Tanh'] = (at) => [at.to.emit('Mul', [right(at)[0]!, at.scalar(1.01)])];
    expect(await gradientError(check)).toBeGreaterThan(1e-3);
    table['Tanh'] = (at) => [at.to.emit('Unsqueeze', [right(at)[0]!, at.to.integers([0])])];
    await expect(gradientError(check)).rejects.toThrow('has shape [1,3]');
  } finally {
    table['Tanh'] = right;
  }
  expect(await gradientError(check)).toBeLessThan(1e-7);
});
