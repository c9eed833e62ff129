import { expect, test } from 'vitest';
import { printLine } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { settleNames } from './settle-names.ts';

test('a new weight takes the old name where that is free', () => {
  const subject = model(
    'x: float32[N, 2]; w = float32[2, 2] {...}; w_kept = float32[2, 2] {...}; v_kept = float32[2, 2] {...}; a = MatMul(x, w); b = MatMul(a, w_kept); y = MatMul(b, v_kept)',
  );
  const settled = settleNames(
    subject,
    new Map([
      ['w_kept', 'w'],
      ['v_kept', 'v'],
      ['gone_kept', 'gone'],
    ]),
  );
  expect([...settled.graph.initializers.keys()]).toEqual(['w', 'w_kept', 'v']);
  expect(printLine(settled)).toContain('y = MatMul(b, v)');
  expect(settleNames(subject, new Map([['w_kept', 'w']]))).toBe(subject);
});
