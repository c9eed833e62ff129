import { expect, test } from 'vitest';
import type { Receipt } from '../contracts/index.ts';
import { receiptSummary, receiptText } from './receipt-text.ts';

const receipt = (more: Partial<Receipt> = {}): Receipt => ({
  ranOn: 'random inputs',
  runs: 3,
  kernelMs: 1.5,
  integerShare: 0.87,
  groups: [
    { kernel: 'int8 (u8×s8)', family: 'integer', nodes: 12, share: 0.87 },
    { kernel: 'float32', family: 'float', nodes: 1, share: 0.13 },
  ],
  rows: [
    {
      node: `${'a/'.repeat(60)}end`,
      op: 'Gemm',
      kernel: 'float32',
      family: 'float',
      share: 0.13,
      calls: 1,
      timeMs: 0.2,
      meant: true,
      why: 'its bias is float32',
      note: null,
    },
    {
      node: 'never',
      op: 'MatMul',
      kernel: 'float32',
      family: 'float',
      share: null,
      calls: 0,
      timeMs: 0,
      meant: false,
      why: null,
      note: 'a note',
    },
  ],
  rowsLeftOut: 0,
  unfulfilled: 1,
  instructionSets: ['avx2'],
  machine: 'AVX2 without VNNI',
  cannotPay: [{ id: 'x', what: 'float16 arithmetic', reason: 'no kernel', source: 's', techniques: {} }],
  saturation: { kind: 'exact', reason: 'no operation multiplies uint8 by int8' },
  notes: [],
  ...more,
});

test('the summary says how much runs in integers and what does not', () => {
  expect(receiptSummary(receipt())).toBe(
    '87.0 % of the time runs in integer kernels; 1 operation that is made for few bits does not run that way',
  );
  expect(receiptSummary(receipt({ unfulfilled: 0 }))).toContain('everything that was quantized runs that way');
  expect(receiptSummary(receipt({ unfulfilled: 0, rows: [], integerShare: 0 }))).toBe(
    '0 % of the time runs in integer kernels; nothing in this model is quantized',
  );
});

test('columns are aligned, long names keep their end, rows that never ran say so', () => {
  const lines = receiptText(receipt()).split('\n');
  const rows = lines.slice(lines.indexOf('Operations') + 1, lines.indexOf('Operations') + 4);
  expect(rows[1]).toMatch(/^ {2}….{40}end {2}float32 +13\.0 % {2}its bias is float32$/);
  expect(rows[2]).toMatch(/did not run {2}a note$/);
  expect(new Set(rows.map((row) => row.indexOf(row === rows[0] ? 'kernel' : 'float32'))).size).toBe(1);
  expect(lines).toContain('  none: no operation multiplies uint8 by int8');
  expect(lines).toContain('  float16 arithmetic: no kernel');
});

test('saturation: what is touched, the ways out, the proposed one, what was not looked at', () => {
  const checked = (proposed: 'uint8' | null, touched: number): string =>
    receiptText(
      receipt({
        saturation: {
          kind: 'checked',
          inputs: 8,
          rows: [{ node: 'mm', pairs: 1000, saturated: touched, outputs: 100, touched, change: 0.03 }],
          change: 0.03,
          remedies: [
            { id: 'per-tensor', what: 'one scale', cost: 'no time', error: 0.02, basis: 'computed' },
            { id: 'uint8', what: 'uint8 weights', cost: 'slower', error: 0, basis: 'exact' },
          ],
          proposed,
          unchecked: [{ node: 'lstm\u001b[2J', reason: 'cannot be seen' }],
        },
      }),
    );
  const text = checked('uint8', 5);
  expect(text).toContain('1 operation with sums that do not fit 16 bits; the products change by 3.0 % on average');
  expect(text).toMatch(/→ uint8 weights +error 0 % +slower/);
  expect(text).toContain('not looked at: lstm');
  expect(checked(null, 5)).toContain('nothing to do');
  expect(checked(null, 0)).toContain('none on these inputs');
  expect(text).not.toContain('\u001b');
});
